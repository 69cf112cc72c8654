import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readConfig } from '../../../runtime/config.ts';
import { mintDevelopmentToken } from '../../../runtime/identity.ts';
import { openCatalog } from '../../../subgraphs/catalog/main.ts';
import { openPlayback } from '../../../subgraphs/playback/main.ts';
import { openRecommendations } from '../../../subgraphs/recommendations/main.ts';
import { type Answer, ask } from '../../support/ask.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { minuteMs } from './shows.ts';
import { rowQuery, silent } from './world.ts';

/** All three subgraphs, as one process runs them: what playback tells the row, and the row makes of it. */
async function openProduct() {
  const dataDir = await mkdtemp(join(tmpdir(), 'playhead-remove-'));
  const config = readConfig({ DATA_DIR: dataDir, PLAYBACK_PARTITIONS: '4' });
  const clock = new ManualClock();
  const parts = { config, clock, log: silent };
  const catalog = await openCatalog(parts);
  const playback = await openPlayback(parts);
  const row = await openRecommendations({ ...parts, catalog, events: playback.events });
  const authorization = async () =>
    `Bearer ${await mintDevelopmentToken(config, { profileId: 'demo', nowMs: clock.nowMs() })}`;
  return {
    clock,
    playback: async (query: string, variables = {}): Promise<Answer> =>
      ask(playback, query, { variables, authorization: await authorization() }),
    /** `kind playableId` of each card, and when the view has taken in everything. */
    async cards(): Promise<string[]> {
      await clock.advance(0);
      const { data } = await ask(row, rowQuery, { authorization: await authorization() });
      return data.viewer.continueWatching.edges.map(
        ({ node }: { node: { kind: string; playableId: string } }) =>
          `${node.kind} ${node.playableId}`,
      );
    },
    async close() {
      await row.close();
      await playback.close();
      await catalog.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

let product: Awaited<ReturnType<typeof openProduct>>;
beforeEach(async () => {
  product = await openProduct();
});
afterEach(() => product.close());

interface Step {
  event: string;
  positionMs: number;
}

/** Watches a title in a session of its own, a second between two events. */
async function watch(playableId: string, ...steps: Step[]): Promise<void> {
  await product.clock.advance(minuteMs);
  const sessionId = `session-${product.clock.nowMs()}`;
  const input = { playableId, sessionId, deviceId: 'tv', deviceKind: 'TV', elapsedMs: 0 };
  const begun = await product.playback(
    'mutation ($input: BeginSessionInput!) { beginSession(input: $input) { session } }',
    { input },
  );
  const { session } = begun.data.beginSession;
  await product.clock.advance(steps.length * 1_000);
  const heartbeats = steps.map((step, sequence) => ({
    ...step,
    sequence,
    elapsedMs: sequence * 1_000,
    durationMs: 100 * minuteMs,
  }));
  const recorded = await product.playback(
    'mutation ($input: RecordHeartbeatsInput!) { recordHeartbeats(input: $input) { outcome } }',
    { input: { session, heartbeats } },
  );
  expect(recorded).toMatchObject({ data: { recordHeartbeats: { outcome: 'ACCEPTED' } } });
}

async function press(mutation: string, playableId: string): Promise<void> {
  await product.clock.advance(minuteMs);
  const { data } = await product.playback(
    `mutation ($input: PlayheadInput!) { ${mutation}(input: $input) { problems { code } } }`,
    { input: { playableId } },
  );
  expect(data[mutation]).toEqual({ problems: [] });
}

async function positionMs(playableId: string): Promise<number> {
  const { data } = await product.playback(
    'query ($id: ID!) { viewer { playhead(playableId: $id) { positionMs } } }',
    { id: playableId },
  );
  return data.viewer.playhead.positionMs;
}

const start = { event: 'START', positionMs: 0 };
const pause = (atMs: number) => ({ event: 'PAUSE', positionMs: atMs });

describe('removing a card', () => {
  it('takes a film out of the row, keeps its position, and can be undone', async () => {
    await watch('mov_sintel', start, pause(5 * minuteMs));
    expect(await product.cards()).toEqual(['RESUME mov_sintel']);
    await press('hidePlayhead', 'mov_sintel');
    expect(await product.cards()).toEqual([]);
    expect(await positionMs('mov_sintel')).toBe(5 * minuteMs);
    await press('unhidePlayhead', 'mov_sintel');
    expect(await product.cards()).toEqual(['RESUME mov_sintel']);
    expect(await positionMs('mov_sintel')).toBe(5 * minuteMs);
  });

  it('works on a card whose episode was never started, and can be undone', async () => {
    await watch('ep_tideline_s1e1', start, { event: 'FINISH', positionMs: 3 * minuteMs });
    expect(await product.cards()).toEqual(['NEXT_EPISODE ep_tideline_s1e2']);
    await press('hidePlayhead', 'ep_tideline_s1e2');
    expect(await product.cards()).toEqual([]);
    await press('unhidePlayhead', 'ep_tideline_s1e2');
    expect(await product.cards()).toEqual(['NEXT_EPISODE ep_tideline_s1e2']);
  });

  it('lasts until any episode of the series is deliberately played', async () => {
    await watch('ep_tideline_s1e1', start, pause(3 * minuteMs));
    await press('hidePlayhead', 'ep_tideline_s1e1');
    expect(await product.cards()).toEqual([]);
    await watch('ep_tideline_s1e2', start, pause(2 * minuteMs));
    expect(await product.cards()).toEqual(['RESUME ep_tideline_s1e2']);
  });
});

describe('what is done by hand', () => {
  it('moves a series on when an episode is marked as watched', async () => {
    await press('finishPlayhead', 'ep_tideline_s1e3');
    expect(await product.cards()).toEqual(['NEXT_EPISODE ep_tideline_s2e1']);
  });

  it('takes a title out when it is forgotten, and all of them when all is', async () => {
    await watch('mov_sintel', start, pause(5 * minuteMs));
    await watch('mov_spring', start, pause(5 * minuteMs));
    await press('forgetPlayhead', 'mov_spring');
    expect(await product.cards()).toEqual(['RESUME mov_sintel']);
    await product.clock.advance(minuteMs);
    await product.playback('mutation { forgetAllPlayheads { forgottenAt } }');
    expect(await product.cards()).toEqual([]);
    await watch('mov_charge', start, pause(2 * minuteMs));
    expect(await product.cards()).toEqual(['RESUME mov_charge']);
  });

  it('takes a film out when it is put back to its beginning', async () => {
    await watch('mov_sintel', start, pause(5 * minuteMs));
    await press('restartPlayhead', 'mov_sintel');
    expect(await product.cards()).toEqual([]);
  });
});
