import { describe, expect, it } from '@jest/globals';
import {
  openSession as open,
  type ReportedSession,
  type SessionOptions,
} from '../../client/reported-player.ts';
import { playhead, versionAt } from './fake-server.ts';
import { openRig, type Rig } from './rig.ts';

const events = ({ server }: Rig) =>
  server.heartbeats.map(({ event, positionMs }) => [event, positionMs]);

/** A session of an app's own player, and where that was asked to seek to. */
function openSession(rig: Rig, options: Partial<SessionOptions> = {}) {
  const sought: number[] = [];
  const session = open(rig.client, {
    playableId: 'mov_1',
    resume: 'never',
    seekTo: (positionMs) => sought.push(positionMs),
    ...options,
  });
  return { session, sought };
}

/** The app's player plays on, and tells so each second. */
async function playOn(rig: Rig, session: ReportedSession, from: { ms: number; forMs: number }) {
  for (let ms = from.ms + 1_000; ms <= from.ms + from.forMs; ms += 1_000) {
    await rig.clock.advance(1_000);
    session.progress(ms);
  }
  await rig.server.settle();
}

const stoppedAt = (rig: Rig, positionMs: number) =>
  rig.server.on('PlayheadOf', () => ({
    data: { viewer: { playhead: playhead({ positionMs, version: versionAt(7) }) } },
  }));

describe('a player that its app reports', () => {
  it('is told of like a media element: start, heartbeats of played time, pause, seek, stop', async () => {
    const rig = openRig();
    const { session, sought } = openSession(rig, { durationMs: 600_000 });
    await session.ready;
    session.play(0);
    await rig.server.settle();
    await playOn(rig, session, { ms: 0, forMs: 10_000 });
    session.pause(10_000);
    await rig.server.settle();
    for (const ms of [20_000, 30_000, 40_000]) session.seek(ms);
    await rig.clock.advance(400);
    session.play(40_000);
    await rig.server.settle();
    session.stop(41_000);
    await rig.server.settle();
    expect(events(rig)).toEqual([
      ['START', 0],
      ['HEARTBEAT', 5_000],
      ['HEARTBEAT', 10_000],
      ['PAUSE', 10_000],
      ['SEEK', 40_000],
      ['PLAY', 40_000],
      ['STOP', 41_000],
    ]);
    expect(rig.server.heartbeats[4]?.fromPositionMs).toBe(10_000);
    expect(rig.server.of('BeginSession')[0]?.variables.input.durationMs).toBe(600_000);
    expect(sought).toEqual([]);
    expect(rig.clock.pending).toBe(0);
  });

  it('is asked where to start, and begins there by itself', async () => {
    const rig = openRig();
    stoppedAt(rig, 60_000);
    const { session, sought } = openSession(rig, { resume: 'auto' });
    expect(await session.ready).toMatchObject({ positionMs: 60_000, source: 'server' });
    session.play(60_010);
    await rig.server.settle();
    expect(events(rig)).toEqual([['START', 60_010]]);
    expect(sought).toEqual([]);
    expect(rig.server.of('BeginSession')[0]?.variables.input.basedOn).toBe(versionAt(7));
  });

  it.each([
    ['says that it has sought', (session: ReportedSession) => session.seek(57_000), 57_000],
    ['plays on near there', (session: ReportedSession) => session.progress(59_000), 59_000],
  ])('is brought there when it begins elsewhere, and silent until it %s', async (_, arrive, ms) => {
    const rig = openRig();
    stoppedAt(rig, 60_000);
    const { session, sought } = openSession(rig, { resume: 'auto' });
    session.play(0);
    session.progress(300);
    await session.ready;
    await rig.server.settle();
    session.progress(600);
    await rig.server.settle();
    expect(sought).toEqual([60_000]);
    expect(events(rig)).toEqual([]);
    arrive(session);
    await rig.server.settle();
    expect(events(rig)).toEqual([['START', ms]]);
  });

  it('starts a new session for play after the end', async () => {
    const rig = openRig();
    const { session } = openSession(rig);
    await session.ready;
    session.play(596_000);
    session.finish(600_000);
    session.play(0);
    await rig.server.settle();
    expect(events(rig)).toEqual([
      ['START', 596_000],
      ['FINISH', 600_000],
      ['START', 0],
    ]);
    expect(rig.server.of('BeginSession')).toHaveLength(2);
  });

  it('says STOP when its page ends, and where it is when the page is hidden', async () => {
    const rig = openRig();
    const { session } = openSession(rig);
    await session.ready;
    session.play(0);
    await playOn(rig, session, { ms: 0, forMs: 2_000 });
    rig.page.happens('hidden');
    await rig.server.settle();
    rig.page.happens('ended');
    expect(events(rig)).toEqual([
      ['START', 0],
      ['HEARTBEAT', 2_000],
      ['STOP', 2_000],
    ]);
  });

  it('changes nothing by what it does not know, nor after the end of the session', async () => {
    const rig = openRig();
    const { session } = openSession(rig);
    await session.ready;
    session.play(5_000);
    session.progress(Number.NaN);
    session.seek(undefined as never);
    session.pause(-1);
    session.stop();
    session.play(9_000);
    session.stop();
    await rig.server.settle();
    expect(events(rig)).toEqual([
      ['START', 5_000],
      ['PAUSE', 5_000],
      ['STOP', 5_000],
    ]);
  });

  it('that cannot be right is a problem, and reports nothing', async () => {
    const rig = openRig();
    for (const options of [undefined, { playableId: 'mov_1', resume: 'auto' }]) {
      const session = open(rig.client, options as never);
      await session.ready;
      session.play(0);
      session.stop();
    }
    const broken = openSession(rig, {
      resume: 60_000,
      seekTo() {
        throw new Error('the app is broken');
      },
    });
    await broken.session.ready;
    broken.session.play(0);
    await rig.server.settle();
    expect(rig.told.problems).toEqual(['INVALID_INPUT', 'INVALID_INPUT']);
    expect(events(rig)).toEqual([]);
  });
});
