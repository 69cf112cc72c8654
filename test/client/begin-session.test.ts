import { describe, expect, it } from '@jest/globals';
import { begun, playhead, versionAt } from './fake-server.ts';
import { openRig, startWatching, watch } from './rig.ts';

describe('a session', () => {
  it('begins once, when play is pressed, with what the server needs to know (SES-1)', async () => {
    const rig = openRig();
    rig.client.attach(rig.player, {
      playableId: 'mov_1',
      resume: 'never',
      durationMs: 600_000,
      creditsStartMs: 540_000,
    });
    await rig.server.settle();
    expect(rig.server.seen).toEqual([]);
    rig.player.play();
    await watch(rig, 15_000);
    const [begin, ...others] = rig.server.of('BeginSession');
    expect(others).toEqual([]);
    expect(begin?.variables.input).toEqual({
      playableId: 'mov_1',
      sessionId: expect.any(String),
      deviceId: rig.client.deviceId,
      deviceKind: 'TV',
      deviceName: 'Living room TV',
      elapsedMs: 0,
      durationMs: 600_000,
      creditsStartMs: 540_000,
    });
  });

  it.each([
    '<h1>Sign in to the hotel</h1>',
    '5',
    '{"data":{}}',
    '{"data":{"beginSession":null}}',
    '{"data":{"beginSession":{"ok":true}}}',
  ])('is asked for again after what is no answer: %s', async (text) => {
    const rig = openRig();
    rig.server.on('BeginSession', () => ({ status: 200, text }));
    await startWatching(rig);
    rig.server.restore('BeginSession');
    await rig.clock.advance(1_000);
    await rig.server.settle();
    expect(rig.server.heartbeats.map(({ event }) => event)).toEqual(['START']);
    expect(rig.told.problems).toEqual([]);
  });

  it('keeps heartbeats until it is there (SES-5)', async () => {
    const rig = openRig();
    let answer: (reply: ReturnType<typeof begun>) => void = () => {};
    rig.server.on(
      'BeginSession',
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    await startWatching(rig);
    await watch(rig, 500);
    rig.player.pause();
    await rig.server.settle();
    expect(rig.server.heartbeats).toEqual([]);
    answer(begun());
    await rig.server.settle();
    expect(rig.server.heartbeats.map(({ event }) => event)).toEqual(['START', 'PAUSE']);
    expect(rig.server.of('RecordHeartbeats')).toHaveLength(1);
  });

  it('is asked for again when the answer took over a second, with the clock as it is then (CLK-2)', async () => {
    const rig = openRig();
    const slow = [1_500, 200];
    rig.server.on('BeginSession', async ({ variables }) => {
      await rig.clock.advance(slow.shift() ?? 0);
      return begun({ session: `after ${variables.input.elapsedMs}` });
    });
    await startWatching(rig);
    expect(rig.server.of('BeginSession').map(({ variables }) => variables.input.elapsedMs)).toEqual(
      [0, 1_500],
    );
    expect(rig.server.of('RecordHeartbeats')[0]?.variables.input.session).toBe('after 1500');
  });

  it('takes the quickest of three answers when all are slow (CLK-2)', async () => {
    const rig = openRig();
    const slow = [4_000, 1_200, 3_000];
    rig.server.on('BeginSession', async () => {
      const tookMs = slow.shift() ?? 0;
      await rig.clock.advance(tookMs);
      return begun({ session: `in ${tookMs}` });
    });
    await startWatching(rig);
    expect(rig.server.of('BeginSession')).toHaveLength(3);
    expect(rig.server.of('RecordHeartbeats')[0]?.variables.input.session).toBe('in 1200');
  });

  it('is tried again with what every server knows when its input is refused (ERR-6)', async () => {
    const rig = openRig();
    rig.server.on('BeginSession', ({ variables }) =>
      variables.input.deviceKind === 'OTHER'
        ? begun()
        : { errors: [{ message: 'DeviceKind?', extensions: { code: 'BAD_USER_INPUT' } }] },
    );
    await startWatching(rig);
    const [, second] = rig.server.of('BeginSession').map(({ variables }) => variables.input);
    expect(Object.keys(second).sort()).toEqual([
      'deviceId',
      'deviceKind',
      'elapsedMs',
      'playableId',
      'sessionId',
    ]);
    expect(rig.server.heartbeats.map(({ event }) => event)).toEqual(['START']);
  });

  it('is not asked for again and again when it is refused for good, until play is pressed (SES-12)', async () => {
    const rig = openRig();
    const problem = { code: 'INVALID_INPUT', message: 'No such thing.', path: ['playableId'] };
    rig.server.on('BeginSession', () => begun({ session: null, problems: [problem] }));
    await startWatching(rig);
    await watch(rig, 60_000);
    expect(rig.told.problems).toEqual(['INVALID_INPUT']);
    expect(rig.server.of('BeginSession')).toHaveLength(1);
    rig.player.pause();
    rig.player.play();
    await rig.server.settle();
    expect(rig.server.of('BeginSession')).toHaveLength(2);
  });

  it('says what the player started from (SES-8)', async () => {
    const rig = openRig();
    const known = playhead({ positionMs: 60_000, version: versionAt(5) });
    rig.server.on('PlayheadOf', () => ({ data: { viewer: { playhead: known } } }));
    await rig.client.attach(rig.player, { playableId: 'mov_1', resume: 'auto' }).ready;
    rig.player.play();
    await rig.server.settle();
    expect(rig.server.of('BeginSession')[0]?.variables.input.basedOn).toBe(versionAt(5));
  });

  it('says that it started from nothing when nobody knew, so that it cannot overwrite (SES-8)', async () => {
    const rig = openRig();
    rig.server.on('PlayheadOf', () => 'unreachable');
    await rig.client.attach(rig.player, { playableId: 'mov_1', resume: 'auto' }).ready;
    rig.player.play();
    await rig.server.settle();
    expect(rig.server.of('BeginSession')[0]?.variables.input.basedOn).toBe(versionAt(0));
  });

  it('says nothing of the kind when the viewer chose where to start (SES-8)', async () => {
    const rig = openRig();
    await startWatching(rig);
    expect(rig.server.of('BeginSession')[0]?.variables.input).not.toHaveProperty('basedOn');
  });

  it('tells the app, once, that a newer position is in force elsewhere (STL-5)', async () => {
    const rig = openRig();
    const elsewhere = playhead({ positionMs: 300_000, version: versionAt(9) });
    rig.server.on('BeginSession', () => begun({ stale: true, playhead: elsewhere }));
    rig.server.on('RecordHeartbeats', () => ({
      data: {
        recordHeartbeats: {
          outcome: 'SUPERSEDED',
          durability: 'HOT',
          nextHeartbeatInMs: 5_000,
          problems: [],
          playhead: elsewhere,
        },
      },
    }));
    await startWatching(rig);
    await watch(rig, 20_000);
    expect(rig.told.superseded).toEqual([300_000]);
    rig.server.restore('RecordHeartbeats');
    await watch(rig, 5_000);
    rig.server.on('RecordHeartbeats', () => ({
      data: {
        recordHeartbeats: {
          outcome: 'SUPERSEDED',
          durability: 'HOT',
          nextHeartbeatInMs: 5_000,
          problems: [],
          playhead: playhead({ positionMs: 400_000, version: versionAt(9_999_999) }),
        },
      },
    }));
    await watch(rig, 5_000);
    expect(rig.told.superseded).toEqual([300_000, 400_000]);
  });
});
