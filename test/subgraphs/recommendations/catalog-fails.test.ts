import { afterEach, describe, expect, it } from '@jest/globals';
import { readConfig } from '../../../runtime/config.ts';
import { serveSubgraph } from '../../../runtime/serve.ts';
import { openStatementSigner, openSubgraphVerifier } from '../../../runtime/signed-identity.ts';
import { openCatalog } from '../../../subgraphs/catalog/main.ts';
import { createCatalogCache } from '../../../subgraphs/recommendations/catalog-cache.ts';
import type {
  CatalogClient,
  TitleFacts,
} from '../../../subgraphs/recommendations/catalog-client.ts';
import { createHttpCatalog } from '../../../subgraphs/recommendations/catalog-client.ts';
import { ManualClock, noonMs } from '../../support/manual-clock.ts';
import { transition } from '../../support/transitions.ts';
import { until } from '../../support/until.ts';
import { film, hourMs, minuteMs } from './shows.ts';
import { openWorld, silent, type World } from './world.ts';

const waitMs = 50;

describe('a row while the catalog', () => {
  // What breaks: the catalog answers errors, or not at all, or does not know a title.
  // How: a switch between the subgraph and the real catalog.
  // What must hold: there is a row, of what is known; it says that it is degraded; no title is called
  // unknown because of it.
  let mode: 'up' | 'down' | 'hung' = 'up';
  let world: World;

  async function open(initial: typeof mode): Promise<void> {
    mode = initial;
    world = await openWorld({
      catalog: (real) => ({
        async facts(ids) {
          if (mode === 'down') throw new Error('catalog is down');
          if (mode === 'hung') return new Promise(() => {});
          return real.facts(ids);
        },
      }),
    });
    const at = (agoMs: number) => ({ occurredAtMs: world.clock.nowMs() - agoMs });
    await world.happened(
      transition({ kind: 'FINISH', title: 'ep_tideline_s1e1', ...at(hourMs) }),
      transition({ kind: 'PAUSE', title: 'ep_tideline_s1e2', ...at(0) }),
      transition({ kind: 'PAUSE', title: 'mov_sintel', ...at(2 * hourMs) }),
      transition({ kind: 'PAUSE', title: 'ser_tideline', ...at(3 * hourMs) }),
    );
  }
  afterEach(() => world.close());

  it('is up drops what it does not know, a series among them', async () => {
    await open('up');
    expect(await world.cards()).toEqual(['RESUME ep_tideline_s1e2', 'RESUME mov_sintel']);
    expect((await world.row()).degraded).toBe(false);
  });

  it('was never up keeps what is unfinished, by its id', async () => {
    await open('down');
    expect(await world.cards()).toEqual([
      'RESUME ep_tideline_s1e2',
      'RESUME mov_sintel',
      'RESUME ser_tideline',
    ]);
    expect((await world.row()).degraded).toBe(true);
  });

  it('went down goes on with what is known', async () => {
    await open('up');
    const before = await world.cards();
    mode = 'down';
    await world.clock.advance(2 * minuteMs);
    await world.row();
    await world.clock.advance(0);
    const row = await world.row();
    expect(row.degraded).toBe(true);
    expect(row.edges.map(({ node }) => `${node.kind} ${node.playableId}`)).toEqual(before);
  });

  it('comes back is whole again', async () => {
    await open('down');
    await world.row();
    mode = 'up';
    await world.clock.advance(1_000);
    expect(await world.cards()).toEqual(['RESUME ep_tideline_s1e2', 'RESUME mov_sintel']);
    expect((await world.row()).degraded).toBe(false);
  });

  it('hangs waits no longer than it must', async () => {
    await open('hung');
    const timersBefore = world.clock.pending;
    const row = world.row();
    await until(() => world.clock.pending > timersBefore, { what: 'the row waits' });
    let isAnswered = false;
    void row.then(() => {
      isAnswered = true;
    });
    await world.clock.advance(waitMs - 1);
    expect(isAnswered).toBe(false);
    await world.clock.advance(1);
    expect((await row).degraded).toBe(true);
  });
});

describe('catalog facts', () => {
  interface Asked {
    ids: readonly string[];
    answer(facts: TitleFacts | null): void;
    fail(): void;
  }
  function setUp() {
    const clock = new ManualClock();
    const asked: Asked[] = [];
    const client: CatalogClient = {
      facts: (ids) =>
        new Promise((resolve, reject) => {
          asked.push({
            ids,
            answer: (facts) => resolve(new Map(ids.map((id) => [id, facts]))),
            fail: () => reject(new Error('down')),
          });
        }),
    };
    return { clock, asked, cache: createCatalogCache(client, { clock, log: silent }) };
  }

  it('are asked for once while they are on their way, and kept for a minute', async () => {
    const { clock, asked, cache } = setUp();
    const both = [cache.lookUp(['a', 'b']), cache.lookUp(['b', 'c'])];
    expect(asked.map(({ ids }) => ids)).toEqual([['a', 'b'], ['c']]);
    for (const one of asked) one.answer(film());
    for (const known of await Promise.all(both)) expect(known.isComplete).toBe(true);
    await clock.advance(minuteMs - 1);
    await cache.lookUp(['a', 'b', 'c']);
    expect(asked).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  it('are asked for a hundred at a time', async () => {
    const { asked, cache } = setUp();
    const ids = Array.from({ length: 250 }, (_, index) => `t${index}`);
    const known = cache.lookUp(ids);
    expect(asked.map((one) => one.ids.length)).toEqual([100, 100, 50]);
    for (const one of asked) one.answer(null);
    expect((await known).facts.size).toBe(250);
  });

  it('that are a little old are fetched behind the row, not before it', async () => {
    const { clock, asked, cache } = setUp();
    const first = cache.lookUp(['a']);
    asked[0]?.answer(film());
    await first;
    await clock.advance(minuteMs);
    expect(await cache.lookUp(['a'])).toMatchObject({ isComplete: true });
    expect(asked).toHaveLength(2);
  });

  it('that are very old are waited for', async () => {
    const { clock, asked, cache } = setUp();
    const first = cache.lookUp(['a']);
    asked[0]?.answer(null);
    await first;
    await clock.advance(10 * minuteMs);
    const again = cache.lookUp(['a']);
    asked[1]?.answer(film());
    expect((await again).facts.get('a')).toEqual(film());
  });

  it('that come too late serve the next row', async () => {
    const { clock, asked, cache } = setUp();
    const first = cache.lookUp(['a']);
    await clock.advance(waitMs);
    expect(await first).toMatchObject({ isComplete: false });
    asked[0]?.answer(film());
    await clock.advance(0);
    expect((await cache.lookUp(['a'])).facts.get('a')).toEqual(film());
    expect(asked).toHaveLength(1);
  });

  it('are not asked for again within a second of a failure', async () => {
    const { clock, asked, cache } = setUp();
    const first = cache.lookUp(['a']);
    asked[0]?.fail();
    expect(await first).toMatchObject({ isComplete: false });
    await clock.advance(999);
    expect(await cache.lookUp(['a'])).toMatchObject({ isComplete: false });
    expect(asked).toHaveLength(1);
    await clock.advance(1);
    void cache.lookUp(['a']);
    expect(asked).toHaveLength(2);
  });
});

describe('the catalog over HTTP', () => {
  it('says the same as the catalog in the process', async () => {
    const clock = new ManualClock(noonMs);
    const config = readConfig({ IDENTITY_KEY: 'a secret that only this test knows' });
    const verifier = await openSubgraphVerifier(config, clock);
    const signer = await openStatementSigner(config, clock);
    const catalog = await openCatalog({ config, clock, log: silent, verifier });
    const served = await serveSubgraph(catalog, { host: '127.0.0.1', port: 0, log: silent });
    const stranger = createHttpCatalog(served.url, { sign: () => 'Bearer a.b.c' });
    await expect(stranger.facts(['mov_sintel'])).rejects.toMatchObject({
      code: 'CATALOG_UNAVAILABLE',
    });
    const ids = ['mov_sintel', 'ep_tideline_s2e2', 'ep_tideline_s2e3', 'nobody'];
    const facts = await createHttpCatalog(served.url, signer).facts(ids);
    await served.close();
    await catalog.close();
    expect([...facts]).toEqual([
      ['mov_sintel', { kind: 'film', durationMs: 888_000 }],
      [
        'ep_tideline_s2e2',
        {
          kind: 'episode',
          durationMs: 240_000,
          seriesId: 'ser_tideline',
          next: {
            id: 'ep_tideline_s2e3',
            seasonNumber: 2,
            episodeNumber: 3,
            availableFromMs: Date.UTC(2021, 2, 20, 6),
          },
        },
      ],
      [
        'ep_tideline_s2e3',
        { kind: 'episode', durationMs: 240_000, seriesId: 'ser_tideline', next: null },
      ],
      ['nobody', null],
    ]);
    await expect(createHttpCatalog(served.url, signer).facts(['mov_sintel'])).rejects.toMatchObject(
      {
        code: 'CATALOG_UNAVAILABLE',
      },
    );
  });
});
