import type { GatewayRuntime } from '@graphql-hive/gateway-runtime';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { embeddedExecutor, embeddedTransports } from '../../gateway/embedded-executor.ts';
import { openGateway } from '../../gateway/supergraph.ts';
import { openTokenVerifier } from '../../runtime/identity.ts';
import { createLog } from '../../runtime/log.ts';
import type { Closable } from '../../runtime/shutdown.ts';
import { openCatalog } from '../../subgraphs/catalog/main.ts';
import { openRecommendations } from '../../subgraphs/recommendations/main.ts';
import { minuteMs, openTestPlayback, secondMs, type TestPlayback } from '../support/playback.ts';
import { until } from '../support/until.ts';

const films = ['mov_sintel', 'mov_tears_of_steel', 'mov_big_buck_bunny'];
const watchedMs = 5 * minuteMs;
const log = createLog({ level: 'silent', part: 'test' });

/** The same counts as over toys, down to the stores of the real playback subgraph. */
describe('reads of the hot store for one request', () => {
  let playback: TestPlayback;
  let gateway: GatewayRuntime;
  let others: readonly Closable[];
  beforeAll(async () => {
    playback = await openTestPlayback();
    const parts = { config: playback.config, clock: playback.clock, log };
    const catalog = await openCatalog(parts);
    const { events } = playback.subgraph;
    const recommendations = await openRecommendations({ ...parts, catalog, events });
    others = [recommendations, catalog];
    gateway = await openGateway({
      connections: embeddedTransports({
        catalog: embeddedExecutor(catalog, log),
        playback: embeddedExecutor(playback.subgraph, log),
        recommendations: embeddedExecutor(recommendations, log),
      }),
      verifier: await openTokenVerifier(playback.config, playback.clock),
      clock: playback.clock,
      log,
      isProduction: false,
      // Fifty lists cost twice what is allowed: what is counted here is reads.
      costMax: 10_000,
    });
    await watchAll();
  });
  beforeEach(() => playback.hot.forgetCalls());
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    for (const other of others) await other.close();
    await playback.close();
  });

  async function watchAll() {
    for (const title of films) {
      const tv = playback.device();
      await tv.begin({ playableId: title });
      await tv.report('START', 0);
      await playback.clock.advance(watchedMs);
      await tv.report('PAUSE', watchedMs);
    }
    const row = '{ viewer { continueWatching { edges { node { playableId } } } } }';
    await until(
      async () => {
        // Recommendations follow the event stream by this clock.
        await playback.clock.advance(secondMs);
        return (await ask(row)).viewer.continueWatching.edges.length === films.length;
      },
      { what: 'the row has every film' },
    );
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests look into results by hand, field after field.
  async function ask(query: string): Promise<any> {
    const response = await gateway.fetch('http://gateway/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: await playback.authorization(),
      },
      body: JSON.stringify({ query }),
    });
    const { data, errors } = await response.json();
    expect(errors).toBeUndefined();
    return data;
  }

  it.each([
    [
      'playheads of one viewer',
      (title: string) => `playhead(playableId: "${title}") { positionMs }`,
    ],
    ['the list in progress', () => 'inProgress { edges { node { positionMs } } }'],
  ])('is one for 50 aliases: %s', async (_what, field) => {
    const aliases = Array.from(
      { length: 50 },
      (_, index) => `a${index}: ${field(films[index % films.length] as string)}`,
    );
    const { viewer } = await ask(`{ viewer { ${aliases.join(' ')} } }`);
    expect(Object.keys(viewer)).toHaveLength(50);
    expect(playback.hot.calls('read')).toBe(1);
  });

  it('is one for a home page', async () => {
    const { viewer } = await ask(`{ viewer { id continueWatching(first: 20) { edges { node {
      kind reasons { text } playable { __typename id title artworkUrl
        playhead { progress resumePositionMs resumeReason } }
    } } } } }`);
    expect(viewer.continueWatching.edges).toHaveLength(films.length);
    expect(playback.hot.calls('read')).toBe(1);
  });
});
