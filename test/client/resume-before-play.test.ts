import { describe, expect, it } from '@jest/globals';
import type { Playhead } from '../../client/index.ts';
import { playhead, recorded, versionAt } from './fake-server.ts';
import { MapStorage, openRig, type Rig, startWatching, watch } from './rig.ts';

const serverKnows = ({ server }: Rig, positionMs: number, version: number) =>
  server.on('PlayheadOf', () => ({
    data: { viewer: { playhead: explained({ positionMs, version: versionAt(version) }) } },
  }));

/** What the server says beside the position. */
const explained = (at: Partial<Playhead>) => ({
  ...playhead(at),
  resumeReason: 'EXACT',
  alternative: onTablet,
});

const onTablet = {
  sessionId: 's-9',
  device: { id: 'd-9', kind: 'TABLET', name: 'The tablet' },
  positionMs: 300_000,
  resumePositionMs: 297_000,
  updatedAt: '2026-03-01T12:00:00.000Z',
  ageMs: 60_000,
};

const noReasons = { reason: null, alternative: null, isTakenOver: false };

describe('resume', () => {
  it('says what the server says, why, and where else to go on from (RES-11)', async () => {
    const rig = openRig();
    serverKnows(rig, 42_000, 3);
    expect(await rig.client.resume('mov_1')).toEqual({
      positionMs: 42_000,
      source: 'server',
      version: versionAt(3),
      degraded: false,
      reason: 'EXACT',
      alternative: onTablet,
      isTakenOver: false,
    });
  });

  it('starts where the server wants it, which is a little before the exact position (RES-3)', async () => {
    const rig = openRig();
    const at = playhead({ positionMs: 42_000, resumePositionMs: 32_000 });
    rig.server.on('PlayheadOf', () => ({ data: { viewer: { playhead: at } } }));
    expect((await rig.client.resume('mov_1')).positionMs).toBe(32_000);
  });

  it('passes on that a newer position may exist (RES-10)', async () => {
    const rig = openRig();
    const at = playhead({ freshness: { degraded: true } });
    rig.server.on('PlayheadOf', () => ({ data: { viewer: { playhead: at } } }));
    expect(await rig.client.resume('mov_1')).toMatchObject({ source: 'server', degraded: true });
  });

  it('waits 800 ms for the server, then says what this device last saw, and nothing of its reasons (RES-6)', async () => {
    const rig = openRig();
    serverKnows(rig, 42_000, 3);
    await rig.client.resume('mov_1');
    rig.server.on('PlayheadOf', () => new Promise(() => {}));
    const waiting = rig.client.resume('mov_1');
    let point: unknown;
    void waiting.then((value) => {
      point = value;
    });
    await rig.clock.advance(799);
    expect(point).toBeUndefined();
    await rig.clock.advance(1);
    expect(await waiting).toEqual({
      positionMs: 42_000,
      source: 'cache',
      version: versionAt(3),
      degraded: true,
      ...noReasons,
    });
  });

  it.each([
    ['is unreachable', 'unreachable' as const],
    ['knows nothing', { data: { viewer: { playhead: null } } }],
    ['knows nobody', { data: { viewer: null } }],
  ])('answers unknown, never zero, when the server %s (RES-1)', async (_name, reply) => {
    const rig = openRig();
    rig.server.on('PlayheadOf', () => reply);
    expect(await rig.client.resume('mov_1')).toEqual({
      positionMs: null,
      source: 'none',
      version: null,
      degraded: true,
      ...noReasons,
    });
  });

  it('never holds up play: ready after 800 ms of a server that hangs, and what was played counts', async () => {
    const rig = openRig();
    rig.server.on('PlayheadOf', () => new Promise(() => {}));
    const attachment = rig.client.attach(rig.player, { playableId: 'mov_1', resume: 'auto' });
    let isReady = false;
    void attachment.ready.then(() => {
      isReady = true;
    });
    rig.player.play();
    expect(rig.player.paused).toBe(false);
    await rig.clock.advance(799);
    expect(isReady).toBe(false);
    await rig.clock.advance(1);
    await rig.server.settle();
    expect(isReady).toBe(true);
    expect(rig.server.heartbeats.map(({ event }) => event)).toEqual(['START']);
  });

  it.each(['<h1>Sign in</h1>', '5', '{"data":{}}', '{"data":{"viewer":{"playhead":{}}}}'])(
    'is unknown after what is no answer: %s',
    async (text) => {
      const rig = openRig();
      rig.server.on('PlayheadOf', () => ({ status: 200, text }));
      expect(await rig.client.resume('mov_1')).toMatchObject({ positionMs: null, source: 'none' });
    },
  );

  it('leaves the player where it is when nobody knows (RES-1)', async () => {
    const rig = openRig();
    rig.player.currentTime = 77;
    await rig.server.settle();
    await rig.client.attach(rig.player, { playableId: 'mov_1', resume: 'auto' }).ready;
    expect(rig.player.currentTime).toBe(77);
  });

  it('ignores an answer that is older than what this device holds (LIVE-3)', async () => {
    const rig = openRig();
    await startWatching(rig);
    await watch(rig, 5_000);
    serverKnows(rig, 1_000, 2);
    expect(await rig.client.resume('mov_1')).toMatchObject({ positionMs: 5_000, source: 'cache' });
  });

  it('starts again from the beginning of what is finished', async () => {
    const rig = openRig();
    const at = playhead({ status: 'FINISHED', positionMs: 590_000, resumePositionMs: 0 });
    rig.server.on('PlayheadOf', () => ({ data: { viewer: { playhead: at } } }));
    expect(await rig.client.resume('mov_1')).toMatchObject({ positionMs: 0, source: 'server' });
  });
});

describe('what a device last saw', () => {
  const broken = () => ({ status: 503, text: '' });

  it('is kept between page loads, for each profile on its own', async () => {
    const first = openRig({ profile: 'ada' });
    serverKnows(first, 42_000, 3);
    await first.client.resume('mov_1');

    const parts = { storage: first.storage };
    const again = openRig({ profile: 'ada' }, parts);
    const other = openRig({ profile: 'bob' }, parts);
    for (const { server } of [again, other]) server.on('PlayheadOf', broken);
    expect(await again.client.resume('mov_1')).toMatchObject({
      positionMs: 42_000,
      source: 'cache',
    });
    expect(await other.client.resume('mov_1')).toMatchObject({ source: 'none' });
  });

  it('is not kept when the app does not name the profile', async () => {
    const rig = openRig();
    serverKnows(rig, 42_000, 3);
    await rig.client.resume('mov_1');
    expect([...rig.storage.keys()]).toEqual(['playhead/device-id']);
  });

  it('is a hundred titles, the newest ones', async () => {
    const rig = openRig({ profile: 'ada' });
    for (let title = 0; title < 130; title += 1) {
      const at = playhead({ playableId: `mov_${title}` });
      rig.server.on('PlayheadOf', () => ({ data: { viewer: { playhead: at } } }));
      await rig.client.resume(`mov_${title}`);
    }
    const kept = JSON.parse(rig.storage.get('playhead/playheads/ada') ?? '[]');
    expect(kept).toHaveLength(100);
    expect(kept.at(-1).playableId).toBe('mov_129');
  });

  it.each(['', '{', '"text"', '[1, {}, null]', '[{"playableId":"mov_1"}]'])(
    'counts as nothing when it reads %s',
    async (text) => {
      const storage = new MapStorage([['playhead/playheads/ada', text]]);
      const rig = openRig({ profile: 'ada' }, { storage });
      rig.server.on('PlayheadOf', broken);
      expect(await rig.client.resume('mov_1')).toMatchObject({ source: 'none' });
    },
  );
});

describe('the id of a device', () => {
  it('is made once and kept', () => {
    const first = openRig();
    const again = openRig({}, { storage: first.storage });
    expect(again.client.deviceId).toBe(first.client.deviceId);
  });

  it('is made anew when what was kept cannot be an id', () => {
    const storage = new MapStorage([['playhead/device-id', 'no:such id']]);
    expect(openRig({}, { storage }).client.deviceId).toBe('id-1');
  });

  it('lives in memory where storage is refused', async () => {
    const refusing = {
      getItem(): string | null {
        throw new Error('private window');
      },
      setItem() {
        throw new Error('quota exceeded');
      },
    };
    const rig = openRig({ profile: 'ada', storage: refusing });
    serverKnows(rig, 42_000, 3);
    await rig.client.resume('mov_1');
    await startWatching(rig);
    expect(rig.server.of('BeginSession')[0]?.variables.input.deviceId).toBe(rig.client.deviceId);
    expect(rig.told.problems).toEqual([]);
  });
});

describe('a late answer', () => {
  it('never moves the viewer, and is right for the next question (RES-7)', async () => {
    const rig = openRig();
    let answer = () => {};
    rig.server.on(
      'PlayheadOf',
      () =>
        new Promise((resolve) => {
          const at = playhead({ positionMs: 99_000, version: versionAt(4) });
          answer = () => resolve({ data: { viewer: { playhead: at } } });
        }),
    );
    rig.server.on('RecordHeartbeats', () => recorded());
    const { ready } = rig.client.attach(rig.player, { playableId: 'mov_1', resume: 'auto' });
    rig.player.play();
    await rig.clock.advance(800);
    await ready;
    answer();
    await rig.server.settle();
    expect(rig.player.currentTime).toBe(0);
    rig.server.on('PlayheadOf', () => 'unreachable');
    expect(await rig.client.resume('mov_1')).toMatchObject({ positionMs: 99_000 });
  });
});
