import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  dayMs,
  type HeartbeatInput,
  hourMs,
  minuteMs,
  secondMs,
  sharePlayback,
  type TestDevice,
} from '../../support/playback.ts';

const playback = sharePlayback({ writeBehindMs: 300_000 });
let plane: TestDevice;
let tv: TestDevice;

beforeEach(async () => {
  plane = playback.device({ id: 'tablet', kind: 'TABLET' });
  tv = playback.device({ id: 'tv', kind: 'TV' });
});

/** Heartbeats as a player without a network made them: from `sinceMs` ago, one every `everyMs`. */
function flight(of: { length: number; sinceMs: number; everyMs: number; fromMs?: number }) {
  const { length, sinceMs, everyMs, fromMs = 0 } = of;
  const heartbeats: HeartbeatInput[] = Array.from({ length }, (_, sequence) => ({
    sequence,
    event: sequence === 0 ? 'START' : 'HEARTBEAT',
    elapsedMs: sequence * everyMs,
    positionMs: fromMs + sequence * everyMs,
  }));
  return { heartbeats, elapsedMs: sinceMs };
}

describe('what was watched offline', () => {
  it('arrives when the device is back: nothing is lost', async () => {
    const { heartbeats, elapsedMs } = flight({
      length: 60,
      sinceMs: 3 * hourMs,
      everyMs: minuteMs,
    });
    await plane.begin({ elapsedMs });
    expect(await plane.send(...heartbeats)).toMatchObject({
      outcome: 'ACCEPTED',
      problems: [],
      playhead: {
        positionMs: 59 * minuteMs,
        updatedAt: new Date(playback.clock.nowMs() - 3 * hourMs + 59 * minuteMs).toISOString(),
      },
    });
  });

  it('never overwrites what happened later, on another device (CLK-8)', async () => {
    await playback.clock.advance(5 * hourMs);
    const later = await tv.play(hourMs);
    const { heartbeats, elapsedMs } = flight({
      length: 60,
      sinceMs: 3 * hourMs,
      everyMs: minuteMs,
    });
    await playback.clock.advance(minuteMs);
    await plane.begin({ elapsedMs });
    expect(await plane.send(...heartbeats)).toMatchObject({
      outcome: 'SUPERSEDED',
      problems: [],
      playhead: { version: later.playhead?.version, positionMs: hourMs },
    });
  });

  it('overwrites what happened before it, though that arrived first', async () => {
    await tv.play(hourMs);
    await playback.clock.advance(5 * hourMs);
    const { heartbeats, elapsedMs } = flight({ length: 3, sinceMs: hourMs, everyMs: minuteMs });
    await plane.begin({ elapsedMs });
    expect(await plane.send(...heartbeats)).toMatchObject({
      outcome: 'ACCEPTED',
      playhead: { positionMs: 2 * minuteMs, device: { id: 'tablet' } },
    });
  });

  it('in an outbox of five requests ends at its newest, in whatever order they come', async () => {
    const { heartbeats, elapsedMs } = flight({
      length: 500,
      sinceMs: dayMs,
      everyMs: 5 * secondMs,
    });
    await plane.begin({ elapsedMs });
    for (const from of [300, 0, 400, 100, 200]) {
      const { problems } = await plane.send(...heartbeats.slice(from, from + 100));
      expect(problems).toEqual([]);
    }
    expect((await playback.playhead()).positionMs).toBe(499 * 5 * secondMs);
  });

  it('keeps its place in history between what others did before and after', async () => {
    const begunAtMs = playback.clock.nowMs();
    const titles = ['before', 'offline', 'after'];
    await playback.clock.advance(hourMs);
    await tv.begin({ playableId: 'before' });
    await tv.report('STOP', minuteMs);
    await playback.clock.advance(4 * hourMs);
    await tv.begin({ playableId: 'after' });
    await tv.report('STOP', minuteMs);
    await plane.begin({
      playableId: 'offline',
      elapsedMs: playback.clock.nowMs() - begunAtMs - 2 * hourMs,
    });
    await plane.send({ sequence: 0, event: 'STOP', elapsedMs: minuteMs, positionMs: minuteMs });

    const { viewer } = await playback.data(
      '{ viewer { history { edges { node { playableId } } } } }',
    );
    const listed = viewer.history.edges.map(({ node }: { node: { playableId: string } }) => node);
    expect(listed).toEqual(titles.toReversed().map((playableId) => ({ playableId })));
  });

  it('is accepted up to 30 days, and refused one by one beyond', async () => {
    await plane.begin({ elapsedMs: 30 * dayMs + minuteMs });
    const recorded = await plane.send(
      { sequence: 0, event: 'START', elapsedMs: 0, positionMs: 0 },
      { sequence: 1, event: 'HEARTBEAT', elapsedMs: minuteMs - 1, positionMs: secondMs },
      { sequence: 2, event: 'HEARTBEAT', elapsedMs: minuteMs, positionMs: minuteMs },
    );
    expect(recorded).toMatchObject({
      outcome: 'ACCEPTED',
      playhead: { positionMs: minuteMs },
      problems: [
        { code: 'HEARTBEAT_TOO_OLD', path: ['heartbeats', '0', 'elapsedMs'] },
        { code: 'HEARTBEAT_TOO_OLD', path: ['heartbeats', '1', 'elapsedMs'] },
      ],
    });
  });

  it('from a session that began before the network went counts as when it happened', async () => {
    await plane.begin();
    await plane.report('START', 0);
    await playback.clock.advance(hourMs);
    const offline = [plane.observe('HEARTBEAT', hourMs), plane.observe('STOP', hourMs + secondMs)];
    await playback.clock.advance(hourMs);
    await tv.play(minuteMs);
    await playback.clock.advance(10 * dayMs);
    expect(await plane.send(...offline)).toMatchObject({
      outcome: 'SUPERSEDED',
      durability: 'DURABLE',
      playhead: { positionMs: minuteMs },
    });
  });

  it('does not look as if it were being watched now', async () => {
    const { heartbeats, elapsedMs } = flight({
      length: 100,
      sinceMs: 3 * hourMs,
      everyMs: 5 * secondMs,
    });
    await plane.begin({ elapsedMs });
    await plane.send(...heartbeats);
    expect(await playback.playhead()).toMatchObject({
      activeSession: null,
      resumeReason: 'REWOUND_AFTER_PAUSE',
      resumePositionMs: 495 * secondMs - 20 * secondMs,
    });
    const { viewer } = await playback.data('{ viewer { activeSessions { id } } }');
    expect(viewer.activeSessions).toEqual([]);
  });

  it('is not held back as stale where it began before the other device did', async () => {
    const seen = await tv.play(minuteMs);
    await playback.clock.advance(hourMs);
    const leftAtMs = playback.clock.nowMs();
    await playback.clock.advance(5 * hourMs);
    const elapsedMs = playback.clock.nowMs() - leftAtMs;
    const begun = await plane.begin({ elapsedMs, basedOn: seen.playhead?.version });
    expect(begun.stale).toBe(false);
    const { heartbeats } = flight({ length: 10, sinceMs: 0, everyMs: minuteMs, fromMs: hourMs });
    expect((await plane.send(...heartbeats)).outcome).toBe('ACCEPTED');
  });
});
