import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  hourMs,
  minuteMs,
  secondMs,
  sharePlayback,
  type TestDevice,
} from '../../support/playback.ts';
import { type Follower, follow } from './follow.ts';

const playback = sharePlayback();
let tv: TestDevice;
let phone: TestDevice;
const followers: Follower[] = [];

beforeEach(async () => {
  tv = playback.device({ id: 'tv', kind: 'TV' });
  phone = playback.device({ id: 'phone', kind: 'PHONE' });
});
afterEach(async () => {
  for (const follower of followers.splice(0)) await follower.leave();
});

async function subscriber(of: Parameters<typeof follow>[1] = {}): Promise<Follower> {
  const follower = await follow(playback, of);
  followers.push(follower);
  return follower;
}

/** A subscriber that has read its snapshot. */
async function reader(of: Parameters<typeof follow>[1] = {}): Promise<Follower> {
  const follower = await subscriber(of);
  await follower.next();
  return follower;
}

describe('the first update', () => {
  it('is a snapshot of what was started, most recent first', async () => {
    await tv.begin({ playableId: 'older' });
    await tv.report('PAUSE', minuteMs);
    await playback.clock.advance(secondMs);
    await tv.begin({ playableId: 'newer' });
    await tv.report('PAUSE', 2 * minuteMs);
    await playback.change('hidePlayhead', { playableId: 'never-started' });
    await playback.clock.advance(minuteMs);

    const { kind, playheads } = await (await subscriber()).next();
    expect(kind).toBe('SNAPSHOT');
    expect(playheads).toMatchObject([
      { playableId: 'newer', positionMs: 2 * minuteMs, resumeReason: 'REWOUND_AFTER_PAUSE' },
      { playableId: 'older', positionMs: minuteMs },
    ]);
    expect(playheads[0]).toEqual(await playback.playhead('newer'));
  });

  it('is a snapshot of 50 at most (LIVE-6)', async () => {
    for (let index = 0; index < 51; index += 1) {
      await tv.begin({ playableId: `film-${index}` });
      await playback.clock.advance(1);
      await tv.report('HEARTBEAT', minuteMs);
    }
    const { playheads } = await (await subscriber()).next();
    expect(playheads).toHaveLength(50);
    expect(playheads[0]?.playableId).toBe('film-50');
    expect(playheads.at(-1)?.playableId).toBe('film-1');
  });

  it('is empty for who never watched anything, and whole for the one title asked for', async () => {
    expect(await (await subscriber()).next()).toEqual({ kind: 'SNAPSHOT', playheads: [] });
    expect(await (await subscriber({ playableId: 'film' })).next()).toMatchObject({
      kind: 'SNAPSHOT',
      playheads: [{ playableId: 'film', status: 'NOT_STARTED', activeSession: null }],
    });
  });

  it('holds what was written between listening and reading', async () => {
    const follower = await subscriber();
    await tv.begin();
    playback.hot.interrupt('after', 'onChanged', () => tv.report('HEARTBEAT', minuteMs));
    expect((await follower.next()).playheads).toMatchObject([{ positionMs: minuteMs }]);
  });

  it('is followed by what was written between reading and answering', async () => {
    await tv.play(minuteMs);
    const follower = await subscriber();
    playback.hot.interrupt('after', 'read', () => tv.report('HEARTBEAT', 2 * minuteMs));
    expect((await follower.next()).playheads).toMatchObject([{ positionMs: minuteMs }]);
    expect(await follower.next()).toMatchObject({
      kind: 'CHANGED',
      playheads: [{ positionMs: 2 * minuteMs }],
    });
  });

  it('is followed by a title started for the first time between reading and answering', async () => {
    const follower = await subscriber();
    await tv.begin();
    playback.hot.interrupt('after', 'read', () => tv.report('HEARTBEAT', minuteMs));
    await follower.next();
    expect((await follower.next()).playheads).toMatchObject([{ positionMs: minuteMs }]);
  });

  it('is followed by what was forgotten altogether between reading and answering', async () => {
    await tv.play(minuteMs);
    const follower = await subscriber();
    playback.hot.interrupt('after', 'read', () => playback.forgetAll());
    expect((await follower.next()).playheads).toMatchObject([{ status: 'IN_PROGRESS' }]);
    expect((await follower.next()).playheads).toMatchObject([{ status: 'NOT_STARTED' }]);
  });
});

describe('a change', () => {
  it.each([
    ['a heartbeat', () => tv.report('HEARTBEAT', hourMs), { positionMs: hourMs }],
    ['finishing', () => playback.change('finishPlayhead'), { status: 'FINISHED' }],
    ['restarting', () => playback.change('restartPlayhead'), { positionMs: 0 }],
    ['hiding', () => playback.change('hidePlayhead'), { hidden: true }],
    ['unhiding', () => playback.change('unhidePlayhead'), { hidden: false }],
    ['forgetting', () => playback.change('forgetPlayhead'), { status: 'NOT_STARTED' }],
    ['forgetting all', () => playback.forgetAll(), { status: 'NOT_STARTED' }],
  ])('by %s is pushed whole', async (_what, act, expected) => {
    await tv.play(minuteMs);
    await playback.clock.advance(secondMs);
    const follower = await reader();
    await act();
    const { kind, playheads } = await follower.next();
    expect(kind).toBe('CHANGED');
    expect(playheads).toEqual([await playback.playhead()]);
    expect(playheads).toMatchObject([expected]);
    expect(await follower.isQuiet()).toBe(true);
  });

  it('of another profile, or of another title than the one followed, is not pushed', async () => {
    const whole = await reader();
    const film = await reader({ playableId: 'film' });
    await playback.device({ profileId: playback.guestId }).play(minuteMs);
    await tv.begin({ playableId: 'other-film' });
    await tv.report('HEARTBEAT', minuteMs);
    expect((await whole.next()).playheads).toMatchObject([{ playableId: 'other-film' }]);
    expect(await whole.isQuiet()).toBe(true);
    expect(await film.isQuiet()).toBe(true);
  });

  it('of everything reaches who follows one title', async () => {
    await tv.play(minuteMs);
    const film = await reader({ playableId: 'film' });
    await playback.forgetAll();
    expect((await film.next()).playheads).toMatchObject([{ status: 'NOT_STARTED' }]);
  });

  it('that was superseded, repeated or refused is not pushed', async () => {
    await tv.begin();
    const [late, newest] = [tv.observe('HEARTBEAT', minuteMs), tv.observe('HEARTBEAT', hourMs)];
    await tv.send(newest);
    const follower = await reader();
    await tv.send(late);
    await tv.send(newest);
    await tv.report('HEARTBEAT', -1);
    expect(await follower.isQuiet()).toBe(true);
  });

  it('that the durable store told of is pushed as well', async () => {
    await tv.begin();
    await tv.report('PAUSE', minuteMs);
    await playback.kill();
    playback.durable.isDown = true;
    const follower = await subscriber();
    expect((await follower.next()).playheads).toEqual([]);
    playback.durable.isDown = false;
    await playback.playhead('other-film');
    expect((await follower.next()).playheads).toMatchObject([{ positionMs: minuteMs }]);
  });
});

describe('a slow reader', () => {
  it('gets the latest state of each title once (LIVE-10)', async () => {
    await tv.begin({ playableId: 'film' });
    await phone.begin({ playableId: 'other-film' });
    const follower = await reader();
    playback.hot.forgetCalls();
    for (let step = 1; step <= 20; step += 1) {
      await playback.clock.advance(secondMs);
      await tv.report('HEARTBEAT', step * secondMs);
      await phone.report('HEARTBEAT', step * minuteMs);
    }
    const readsBefore = playback.hot.calls('read');
    const { playheads } = await follower.next();
    expect(playheads).toMatchObject([
      { playableId: 'film', positionMs: 20 * secondMs },
      { playableId: 'other-film', positionMs: 20 * minuteMs },
    ]);
    expect(playback.hot.calls('read') - readsBefore).toBe(1);
    expect(await follower.isQuiet()).toBe(true);
  });

  it('never gets an older version than it was sent', async () => {
    // Breaks: the hot store, at the moment of reading. Holds: the durable store's older state is kept back.
    await tv.begin();
    await tv.report('PAUSE', minuteMs);
    await playback.clock.advance(secondMs);
    await tv.report('PLAY', hourMs);
    await phone.begin();
    const follower = await reader();
    playback.hot.interrupt('before', 'read', async () => {
      playback.hot.isDown = true;
    });
    playback.durable.interrupt('after', 'read', async () => {
      playback.hot.isDown = false;
    });
    follower.ask();
    const ping = phone.observe('PING', 0);
    await playback.data(
      'mutation ($input: RecordHeartbeatsInput!) { recordHeartbeats(input: $input) { outcome } }',
      { input: { session: phone.session, heartbeats: [ping] } },
    );
    await playback.clock.advance(2 * secondMs);
    // It looks again once the hot store is back: at what it had sent before.
    expect((await follower.next()).playheads).toMatchObject([{ positionMs: hourMs }]);
    expect(await follower.isQuiet()).toBe(true);
    await tv.report('HEARTBEAT', hourMs + secondMs);
    expect((await follower.next()).playheads).toMatchObject([{ positionMs: hourMs + secondMs }]);
  });
});

describe('a session', () => {
  it('that begins is pushed with its title, at an equal version', async () => {
    const { playhead } = await tv.play(minuteMs);
    await tv.report('PAUSE', minuteMs);
    await playback.clock.advance(hourMs);
    const follower = await reader();
    await phone.begin({ elapsedMs: 2 * hourMs });
    await phone.send({
      sequence: 0,
      event: 'START',
      elapsedMs: 2 * hourMs - secondMs,
      positionMs: 0,
    });
    const update = await follower.next();
    expect(update.playheads).toMatchObject([{ activeSession: { id: phone.sessionId } }]);
    expect(update.playheads[0]!.version > playhead!.version).toBe(true);
  });

  it('that begins stale moves nothing and is pushed all the same', async () => {
    const first = await tv.play(minuteMs);
    await playback.clock.advance(minuteMs);
    const inForce = await tv.report('PAUSE', hourMs);
    const follower = await reader();
    await phone.begin({ basedOn: first.playhead?.version });
    await phone.report('START', minuteMs);
    expect((await follower.next()).playheads).toMatchObject([
      {
        version: inForce.playhead?.version,
        positionMs: hourMs,
        activeSession: { id: phone.sessionId, positionMs: minuteMs },
      },
    ]);
  });

  it('that stops is pushed', async () => {
    await tv.play(minuteMs);
    const follower = await reader();
    await tv.report('STOP', minuteMs);
    expect((await follower.next()).playheads).toMatchObject([{ activeSession: null }]);
  });

  it('that falls silent is pushed as gone when its liveness window ends (LIVE-11)', async () => {
    await tv.play(minuteMs);
    const follower = await reader();
    await playback.clock.advance(12_499);
    expect(await follower.isQuiet()).toBe(true);
    await playback.clock.advance(1);
    expect((await follower.next()).playheads).toMatchObject([
      { positionMs: minuteMs, activeSession: null },
    ]);
    await playback.clock.advance(hourMs);
    expect(await follower.isQuiet()).toBe(true);
  });

  it('that falls silent beside one that is paused is pushed as gone just then', async () => {
    await tv.play(minuteMs);
    await playback.clock.advance(secondMs);
    await phone.begin();
    await phone.report('PAUSE', minuteMs);
    const follower = await subscriber();
    expect((await follower.next()).playheads).toMatchObject([
      { activeSession: { id: tv.sessionId } },
    ]);
    await playback.clock.advance(12 * secondMs);
    expect((await follower.next()).playheads).toMatchObject([{ activeSession: null }]);
  });

  it('that goes on reporting is never pushed as gone', async () => {
    await tv.play(minuteMs);
    const follower = await reader();
    for (let step = 1; step <= 6; step += 1) {
      await playback.clock.advance(10 * secondMs);
      await tv.report('HEARTBEAT', minuteMs + step);
      expect((await follower.next()).playheads).toMatchObject([
        { positionMs: minuteMs + step, activeSession: { id: tv.sessionId } },
      ]);
    }
  });
});
