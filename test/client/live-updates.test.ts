import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import '../support/seeds.ts';
import type { Playhead } from '../../client/index.ts';
import { FakeStream, playhead, versionAt } from './fake-server.ts';
import { openRig, type Rig } from './rig.ts';

const update = (...playheads: Playhead[]) => ({
  data: { playheadUpdates: { kind: 'CHANGED', playheads } },
});

/** Watches the playheads of a rig; every subscription gets a stream of its own. */
async function watched(options: Parameters<typeof openRig>[0] = {}) {
  const rig = openRig(options);
  const streams: FakeStream[] = [];
  rig.server.on('PlayheadUpdates', () => {
    const stream = new FakeStream();
    streams.push(stream);
    return stream;
  });
  let changes = 0;
  const stop = rig.client.live.subscribe(() => {
    changes += 1;
  });
  await rig.server.settle();
  const push = async (result: object) => {
    streams.at(-1)?.push(result);
    await rig.server.settle();
  };
  return { rig, streams, stop, push, changes: () => changes };
}

const positionOf = ({ client }: Rig) => client.live.getSnapshot().get('mov_1')?.positionMs;

describe('live playheads', () => {
  it('arrive as they change, over a stream with the access token', async () => {
    const { rig, push, changes } = await watched();
    await push(update(playhead({ positionMs: 1_000 })));
    expect(positionOf(rig)).toBe(1_000);
    expect(changes()).toBe(1);
    expect(rig.server.of('PlayheadUpdates')[0]?.authorization).toBe('Bearer token-1');
  });

  it('ignore a lower version and take the newcomer of an equal one (LIVE-3)', async () => {
    const { rig, push } = await watched();
    await push(update(playhead({ version: versionAt(5), positionMs: 5_000 })));
    await push(update(playhead({ version: versionAt(4), positionMs: 4_000 })));
    expect(positionOf(rig)).toBe(5_000);
    const activeSession = {
      id: 's',
      device: { id: 'd', kind: 'TV', name: 'TV' },
      playerState: 'PAUSED',
      positionMs: 5_000,
    };
    await push(update(playhead({ version: versionAt(5), positionMs: 5_000, activeSession })));
    expect(rig.client.live.getSnapshot().get('mov_1')?.activeSession).toEqual(activeSession);
  });

  it('end the same whatever the order and repetition of arrivals', async () => {
    const arrivals = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(arrivals, async (versions) => {
        const { rig, push } = await watched();
        for (const each of versions) {
          await push(update(playhead({ version: versionAt(each), positionMs: each })));
        }
        expect(positionOf(rig)).toBe(Math.max(...versions));
      }),
      { numRuns: 20 },
    );
  });

  it('keep titles that a snapshot leaves out (LIVE-6)', async () => {
    const { rig, push } = await watched();
    await push(update(playhead()));
    await push({
      data: {
        playheadUpdates: { kind: 'SNAPSHOT', playheads: [playhead({ playableId: 'mov_2' })] },
      },
    });
    expect([...rig.client.live.getSnapshot().keys()]).toEqual(['mov_1', 'mov_2']);
  });

  it('are three hundred titles at most', async () => {
    const { rig, push } = await watched();
    const many = Array.from({ length: 350 }, (_, title) =>
      playhead({ playableId: `mov_${title}` }),
    );
    await push(update(...many));
    expect(rig.client.live.getSnapshot().size).toBe(300);
  });

  it('give the same snapshot until something changes', async () => {
    const { rig, push, changes } = await watched();
    await push(update(playhead({ version: versionAt(2) })));
    const before = rig.client.live.getSnapshot();
    await push(update(playhead({ version: versionAt(1) })));
    expect(rig.client.live.getSnapshot()).toBe(before);
    expect(changes()).toBe(1);
  });
});

describe('the stream of live updates', () => {
  it('is open while someone watches, once for all of them', async () => {
    const { rig, streams, stop } = await watched();
    const stopOther = rig.client.live.subscribe(() => {});
    await rig.server.settle();
    expect(streams).toHaveLength(1);
    stop();
    stop();
    expect(streams[0]?.isLeft).toBe(false);
    stopOther();
    expect(streams[0]?.isLeft).toBe(true);
    rig.client.live.subscribe(() => {});
    await rig.server.settle();
    expect(streams).toHaveLength(2);
  });

  it.each(['complete', 'break'] as const)('is opened again after a %s (LIVE-7)', async (end) => {
    const { rig, streams } = await watched();
    streams[0]?.[end]();
    await rig.server.settle();
    expect(streams).toHaveLength(1);
    await rig.clock.advance(1_000);
    await rig.server.settle();
    expect(streams).toHaveLength(2);
  });

  it('is not opened again without a wait by a server that completes at once (LIVE-7)', async () => {
    const { rig, streams } = await watched();
    for (let minutes = 0; minutes < 10; minutes += 1) {
      streams.at(-1)?.complete();
      await rig.server.settle();
      await rig.clock.advance(60_000);
      await rig.server.settle();
    }
    expect(streams.length).toBeLessThanOrEqual(12);
    const before = streams.length;
    streams.at(-1)?.complete();
    await rig.server.settle();
    await rig.clock.advance(29_000);
    expect(streams).toHaveLength(before);
  });

  it('is opened again after a wait by a server that does not say what was asked', async () => {
    const { rig, streams } = await watched();
    streams.at(-1)?.push({ data: { ok: true } });
    await rig.server.settle();
    expect(streams).toHaveLength(1);
    await rig.clock.advance(1_000);
    await rig.server.settle();
    expect(streams).toHaveLength(2);
  });

  it('is opened again no sooner than the server says (OUT-4)', async () => {
    const { rig, streams } = await watched();
    const extensions = { code: 'RATE_LIMITED', retryable: true, retryAfterMs: 45_000 };
    streams.at(-1)?.push({ errors: [{ message: 'Too much.', extensions }] });
    await rig.server.settle();
    await rig.clock.advance(44_999);
    await rig.server.settle();
    expect(streams).toHaveLength(1);
    await rig.clock.advance(1);
    await rig.server.settle();
    expect(streams).toHaveLength(2);
  });

  it('waits little again once something has arrived', async () => {
    const { rig, streams, push } = await watched();
    for (let ends = 0; ends < 5; ends += 1) {
      streams.at(-1)?.complete();
      await rig.server.settle();
      await rig.clock.advance(60_000);
      await rig.server.settle();
    }
    await push(update(playhead()));
    const before = streams.length;
    streams.at(-1)?.complete();
    await rig.server.settle();
    await rig.clock.advance(1_000);
    await rig.server.settle();
    expect(streams).toHaveLength(before + 1);
  });

  it('that is refused is opened again, with a fresh token', async () => {
    const { rig, streams, push } = await watched();
    await push({ errors: [{ message: 'no', extensions: { code: 'UNAUTHENTICATED' } }] });
    await rig.clock.advance(1_000);
    await rig.server.settle();
    expect(streams[0]?.isLeft).toBe(true);
    expect(rig.server.of('PlayheadUpdates')[1]?.authorization).toBe('Bearer token-2');
  });

  it('is let go while nobody can see the page, and opened when it is seen again (LIVE-8)', async () => {
    const { rig, streams } = await watched();
    rig.page.happens('hidden');
    expect(streams[0]?.isLeft).toBe(true);
    await rig.clock.advance(60_000);
    await rig.server.settle();
    expect(streams).toHaveLength(1);
    rig.page.happens('visible');
    await rig.server.settle();
    rig.page.happens('visible');
    await rig.server.settle();
    expect(streams).toHaveLength(2);
  });

  it('is replaced when the network is back: the old one may be dead without knowing (LIVE-8)', async () => {
    const { rig, streams } = await watched();
    rig.page.happens('online');
    await rig.server.settle();
    expect(streams.map(({ isLeft }) => isLeft)).toEqual([true, false]);
  });

  it('outlives the comments that keep it alive', async () => {
    const { rig, streams, push } = await watched();
    streams[0]?.keepAlive();
    await push(update(playhead({ positionMs: 3_000 })));
    expect(positionOf(rig)).toBe(3_000);
    expect(streams).toHaveLength(1);
  });

  it('ends with the client', async () => {
    const { rig, streams } = await watched();
    await rig.client.close();
    expect(streams[0]?.isLeft).toBe(true);
    expect(rig.clock.pending).toBe(0);
  });
});

describe('the live Continue Watching row', () => {
  const row = (rankingId: string, ...ids: string[]) => ({
    data: {
      continueWatchingUpdates: {
        viewer: {
          continueWatching: {
            rankingId,
            rankedAt: '2026-11-23T17:00:00.000Z',
            ranker: 'recency',
            degraded: false,
            continuationProbability: null,
            edges: ids.map((id) => ({
              node: {
                id,
                kind: 'RESUME',
                playableId: id,
                score: null,
                reasons: [],
                playable: null,
              },
            })),
          },
        },
      },
    },
  });

  async function watchedRow() {
    const rig = openRig();
    const stream = new FakeStream();
    rig.server.on('ContinueWatchingUpdates', () => stream);
    rig.client.continueWatching.subscribe(() => {});
    await rig.server.settle();
    const push = async (result: object) => {
      stream.push(result);
      await rig.server.settle();
    };
    return { rig, push, row: () => rig.client.continueWatching.getSnapshot() };
  }

  it('is unknown at first, then as the server ranks it for this device', async () => {
    const { rig, push, row: now } = await watchedRow();
    expect(now()).toBeNull();
    expect(rig.server.of('ContinueWatchingUpdates')[0]?.variables).toEqual({
      first: 20,
      deviceKind: 'TV',
    });
    await push(row('r1', 'a', 'b'));
    await push(row('r2', 'b', 'a'));
    expect(now()).toMatchObject({ rankingId: 'r2', ranker: 'recency', degraded: false });
    expect(now()?.items.map(({ id }) => id)).toEqual(['b', 'a']);
  });

  it('stays as it was while the row is down', async () => {
    const { push, row: now } = await watchedRow();
    await push(row('r1', 'a'));
    await push({
      data: { continueWatchingUpdates: { viewer: { continueWatching: null } } },
      errors: [{ message: 'down', extensions: { code: 'RANKING_UNAVAILABLE' } }],
    });
    expect(now()?.rankingId).toBe('r1');
  });

  it('does without the kind of device for a server that does not know it', async () => {
    const { rig, push } = await watchedRow();
    await push({ errors: [{ message: 'DeviceKind?', extensions: { code: 'BAD_USER_INPUT' } }] });
    await rig.clock.advance(1_000);
    await rig.server.settle();
    expect(rig.server.of('ContinueWatchingUpdates')[1]?.variables).toEqual({ first: 20 });
  });
});
