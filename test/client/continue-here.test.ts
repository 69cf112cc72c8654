import { describe, expect, it } from '@jest/globals';
// Loaded when it is needed, and here before any test: reading it takes longer than a scripted answer.
import '../../client/hand-off.ts';
import type { ResumePoint } from '../../client/index.ts';
import { openSession } from '../../client/reported-player.ts';
import { FakeStream, playhead, type Reply, versionAt } from './fake-server.ts';
import { openRig, type Rig, startWatching, watch } from './rig.ts';

const tv = 'tv-1';
const inForce = playhead({
  positionMs: 100_000,
  resumePositionMs: 97_000,
  version: versionAt(9_000_000),
});

/** What the server answers who takes over from the television; `over` overrides. */
const taken = (over: object = {}) => ({
  data: {
    takeOver: {
      from: { takenOverBy: { sessionId: 'id-3', device: { id: 'd' }, at: 'now' } },
      playhead: { ...inForce, resumeReason: 'PLAYING_ELSEWHERE', alternative: null },
      problems: [],
      ...over,
    },
  },
});

const refused = (code: string) =>
  taken({ from: null, playhead: null, problems: [{ code, message: 'No.', path: ['from'] }] });

const unavailable: Reply = {
  errors: [{ message: 'down', extensions: { code: 'STATE_UNAVAILABLE', retryable: true } }],
};

const events = ({ server }: Rig) =>
  server.heartbeats.map(({ event, positionMs }) => [event, positionMs]);

/** Begins with what the television plays. */
function continueHere(rig: Rig) {
  const options = { playableId: 'mov_1', resume: { takeOver: tv } };
  return rig.client.attach(rig.player, options);
}

/** What `point` settles to, or undefined until then. */
function noted(point: Promise<ResumePoint>) {
  const note: { point?: ResumePoint } = {};
  void point.then((value) => {
    note.point = value;
  });
  return note;
}

describe('a player that goes on with what another device plays', () => {
  it('takes over in a session that names no playhead, and starts where the answer says (HND-1)', async () => {
    const rig = openRig();
    rig.server.on('TakeOver', () => taken());
    const { ready } = continueHere(rig);
    expect(await ready).toEqual({
      positionMs: 97_000,
      source: 'server',
      version: versionAt(9_000_000),
      degraded: false,
      reason: 'PLAYING_ELSEWHERE',
      alternative: null,
      isTakenOver: true,
    });
    const [session] = rig.server.of('BeginSession');
    expect(session?.variables.input).not.toHaveProperty('basedOn');
    const input = { session: `token of ${session?.variables.input.sessionId}`, from: tv };
    expect(rig.server.of('TakeOver')[0]?.variables).toEqual({ input: { ...input, elapsedMs: 0 } });
    rig.player.play();
    await rig.server.settle();
    expect(events(rig)).toEqual([['START', 97_000]]);
    expect(rig.server.of('BeginSession')).toHaveLength(1);
    expect(rig.server.of('PlayheadOf')).toEqual([]);
  });

  it('reports nothing of where it was before, though it plays already (POS-7)', async () => {
    const rig = openRig();
    let answer = (_: Reply) => {};
    rig.server.on('TakeOver', () => new Promise((resolve) => (answer = resolve)));
    rig.player.play();
    continueHere(rig);
    await rig.server.settle();
    expect(events(rig)).toEqual([]);
    answer(taken());
    await rig.server.settle();
    expect(events(rig)).toEqual([['START', 97_000]]);
  });

  it.each(['NOT_FOUND', 'INVALID_INPUT', 'SESSION_INVALID'])(
    'plays where the playhead is when it is told %s (HND-6)',
    async (code) => {
      const rig = openRig();
      rig.server.on('TakeOver', () => refused(code));
      rig.server.on('PlayheadOf', () => ({ data: { viewer: { playhead: inForce } } }));
      const point = await continueHere(rig).ready;
      expect(point).toMatchObject({ positionMs: 97_000, source: 'server', isTakenOver: false });
      rig.player.play();
      await rig.server.settle();
      expect(events(rig)).toEqual([['START', 97_000]]);
      expect(rig.told.problems).toEqual([code]);
      expect(rig.server.of('TakeOver')).toHaveLength(1);
    },
  );

  it('says so when the other one was not told, because its viewer acted since (HND-5)', async () => {
    const rig = openRig();
    rig.server.on('TakeOver', () => taken({ from: { takenOverBy: null } }));
    expect(await continueHere(rig).ready).toMatchObject({ positionMs: 97_000, isTakenOver: false });
    expect(rig.told.problems).toEqual([]);
  });

  it('asks once more where the server could not answer, from the same moment (HND-9, HND-11)', async () => {
    const rig = openRig();
    rig.server.on('TakeOver', () => unavailable);
    const { ready } = continueHere(rig);
    await rig.server.settle();
    rig.server.on('TakeOver', () => taken());
    await rig.clock.advance(500);
    expect(await ready).toMatchObject({ positionMs: 97_000, isTakenOver: true });
    const asked = rig.server.of('TakeOver').map(({ variables }) => variables);
    expect(asked).toHaveLength(2);
    expect(asked[1]).toEqual(asked[0]);
  });

  it('waits 800 ms, then plays what it last saw; a late answer moves nobody (HND-11)', async () => {
    const rig = openRig();
    rig.server.on('PlayheadOf', () => ({
      data: { viewer: { playhead: playhead({ positionMs: 60_000, version: versionAt(5) }) } },
    }));
    await rig.client.resume('mov_1');
    let answer = (_: Reply) => {};
    rig.server.on('TakeOver', () => new Promise((resolve) => (answer = resolve)));
    const note = noted(continueHere(rig).ready);
    await rig.server.settle();
    await rig.clock.advance(799);
    expect(note.point).toBeUndefined();
    await rig.clock.advance(1);
    await rig.server.settle();
    expect(note.point).toMatchObject({ positionMs: 60_000, source: 'cache', isTakenOver: false });
    answer(taken());
    await rig.server.settle();
    expect(rig.player.currentTime).toBe(60);
    expect(rig.client.live.getSnapshot().get('mov_1')?.positionMs).toBe(100_000);
  });

  it('stays where it is when nobody answers, and asks no longer once it is detached (RES-1)', async () => {
    const rig = openRig();
    rig.player.currentTime = 30;
    for (const asks of ['BeginSession', 'PlayheadOf']) rig.server.on(asks, () => 'unreachable');
    const attachment = continueHere(rig);
    await rig.server.settle();
    await rig.clock.advance(800);
    expect(await attachment.ready).toMatchObject({ positionMs: null, isTakenOver: false });
    expect(rig.player.currentTime).toBe(30);
    attachment.detach();
    rig.server.on('TakeOver', () => taken());
    rig.server.restore('BeginSession');
    await rig.clock.advance(60_000);
    await rig.server.settle();
    expect(rig.server.of('TakeOver')).toEqual([]);
  });
});

describe('a player that is there already', () => {
  const stoppedAtAMinute = { positionMs: 60_000, version: versionAt(5) };

  async function attached(rig: Rig, resume: 'auto' | 'never' = 'never') {
    rig.server.on('TakeOver', () => taken());
    rig.server.on('PlayheadOf', () => ({
      data: { viewer: { playhead: playhead(stoppedAtAMinute) } },
    }));
    const attachment = rig.client.attach(rig.player, { playableId: 'mov_1', resume });
    await attachment.ready;
    return attachment;
  }

  it('is brought there before it starts, and nothing else is reported (EVT-7)', async () => {
    const rig = openRig();
    const attachment = await attached(rig);
    expect(await attachment.takeOver(tv)).toMatchObject({ positionMs: 97_000, isTakenOver: true });
    expect(rig.player.paused).toBe(true);
    await rig.server.settle();
    rig.player.play();
    await rig.server.settle();
    expect(events(rig)).toEqual([['START', 97_000]]);
  });

  it('goes there by a seek of its viewer where it was played, in the same session', async () => {
    const rig = openRig();
    const attachment = await attached(rig);
    rig.player.play();
    await watch(rig, 2_000);
    expect(await attachment.takeOver(tv)).toMatchObject({ isTakenOver: true });
    await rig.server.settle();
    await rig.clock.advance(400);
    await rig.server.settle();
    expect(events(rig)).toEqual([
      ['START', 0],
      ['SEEK', 97_000],
    ]);
    expect(rig.server.of('TakeOver')[0]?.variables.input.elapsedMs).toBe(2_000);
    expect(rig.server.of('BeginSession')).toHaveLength(1);
  });

  it('begins without the playhead that it was to start from, and wherever its viewer sought (HND-1)', async () => {
    const rig = openRig();
    const waiting = attached(rig, 'auto');
    rig.player.currentTime = 200;
    const attachment = await waiting;
    await attachment.takeOver(tv);
    await rig.server.settle();
    rig.player.play();
    await rig.server.settle();
    expect(events(rig)).toEqual([['START', 97_000]]);
    expect(rig.server.of('BeginSession')[0]?.variables.input).not.toHaveProperty('basedOn');
  });

  it('is not brought back by what it asked before', async () => {
    const rig = openRig();
    rig.server.on('TakeOver', () => taken());
    let answer = (_: Reply) => {};
    rig.server.on('PlayheadOf', () => new Promise((resolve) => (answer = resolve)));
    const attachment = rig.client.attach(rig.player, { playableId: 'mov_1', resume: 'auto' });
    const going = attachment.takeOver(tv);
    const note = noted(going);
    await rig.server.settle();
    expect(note.point).toBeUndefined();
    answer({ data: { viewer: { playhead: playhead(stoppedAtAMinute) } } });
    await going;
    await rig.server.settle();
    expect(rig.player.currentTime).toBe(97);
  });

  it('is not moved any more once it is let go', async () => {
    const rig = openRig();
    const attachment = await attached(rig);
    let answer = (_: Reply) => {};
    rig.server.on('TakeOver', () => new Promise((resolve) => (answer = resolve)));
    const going = attachment.takeOver(tv);
    await rig.server.settle();
    attachment.detach();
    answer(taken());
    await going;
    expect(rig.player.currentTime).toBe(0);
  });

  it('takes back what was taken from it (HND-4)', async () => {
    const rig = openRig();
    const attachment = await attached(rig);
    rig.player.play();
    await rig.server.settle();
    const by = { sessionId: 'tv-1', device: { id: 'tv', kind: 'TV', name: null }, at: 'then' };
    rig.server.on('RecordHeartbeats', () => ({
      data: {
        recordHeartbeats: {
          ...{ outcome: 'SUPERSEDED', durability: 'NONE', nextHeartbeatInMs: 5_000 },
          ...{ problems: [], playhead: null, takenOverBy: by },
        },
      },
    }));
    await watch(rig, 5_000);
    expect(attachment.takenOverBy.getSnapshot()).toEqual(by);
    await attachment.takeOver(tv);
    expect(attachment.takenOverBy.getSnapshot()).toBeNull();
  });

  it('of an app that reports it is asked to seek there', async () => {
    const rig = openRig();
    rig.server.on('TakeOver', () => taken());
    const sought: number[] = [];
    const seekTo = (positionMs: number) => sought.push(positionMs);
    const session = openSession(rig.client, { playableId: 'mov_1', resume: 'never', seekTo });
    await session.ready;
    expect(await session.takeOver(tv)).toMatchObject({ isTakenOver: true });
    session.play(0);
    session.seek(97_000);
    await rig.server.settle();
    expect(sought).toEqual([97_000]);
    expect(events(rig)).toEqual([['START', 97_000]]);
  });

  it('that is detached, or was never right, takes nothing over', async () => {
    const rig = openRig();
    const attachment = await attached(rig);
    attachment.detach();
    expect(await attachment.takeOver(tv)).toMatchObject({ positionMs: null, isTakenOver: false });
    for (const resume of [null, {}]) {
      const wrong = rig.client.attach(rig.player, { playableId: 'mov_1', resume } as never);
      expect(await wrong.takeOver(tv)).toMatchObject({ positionMs: null, isTakenOver: false });
      expect(wrong.takenOverBy.getSnapshot()).toBeNull();
    }
    await rig.server.settle();
    expect(rig.told.problems).toEqual(['INVALID_INPUT', 'INVALID_INPUT']);
    expect(rig.server.seen).toEqual([]);
  });
});

describe('active sessions', () => {
  it('are pushed while somebody watches them, unknown at first and when nobody knows (HND-7)', async () => {
    const rig = openRig();
    const stream = new FakeStream();
    rig.server.on('ActiveSessionUpdates', () => stream);
    const { activeSessions } = rig.client;
    expect(activeSessions.getSnapshot()).toBeNull();
    const stop = activeSessions.subscribe(() => {});
    await rig.server.settle();
    const push = async (sessions: object[] | null) => {
      stream.push({ data: { activeSessionUpdates: { sessions } } });
      await rig.server.settle();
    };
    await push([{ id: tv, takenOverBy: null }]);
    expect(activeSessions.getSnapshot()).toEqual([{ id: tv, takenOverBy: null }]);
    await push([]);
    expect(activeSessions.getSnapshot()).toEqual([]);
    await push(null);
    expect(activeSessions.getSnapshot()).toBeNull();
    stop();
    expect(stream.isLeft).toBe(true);
    await startWatching(rig);
    expect(rig.told.problems).toEqual([]);
  });
});
