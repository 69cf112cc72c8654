import { beforeEach, describe, expect, it } from '@jest/globals';
import { minuteMs, secondMs, sharePlayback, type TestDevice } from '../../support/playback.ts';
import { followSessions, type SessionsFollower } from './follow-sessions.ts';

const playback = sharePlayback();
let tv: TestDevice;
let phone: TestDevice;
let screen: SessionsFollower;

beforeEach(async () => {
  tv = playback.device({ id: 'tv', kind: 'TV', name: 'Living room' });
  phone = playback.device({ id: 'phone', kind: 'PHONE' });
});

describe('where a profile is playing, live', () => {
  it('is a snapshot first, and then each change, always whole (HND-7)', async () => {
    screen = await followSessions(playback);
    expect(await screen.next()).toEqual({ kind: 'SNAPSHOT', sessions: [] });
    await tv.play(minuteMs);
    expect(await screen.next()).toMatchObject({
      kind: 'CHANGED',
      sessions: [{ id: tv.sessionId, playerState: 'PLAYING', positionMs: minuteMs }],
    });
    await playback.clock.advance(secondMs);
    await phone.begin({ playableId: 'other-film' });
    await phone.report('START', 0);
    expect(await screen.next()).toMatchObject({
      sessions: [{ id: phone.sessionId }, { id: tv.sessionId }],
    });
    await screen.leave();
  });

  it('tells of a pause, of an end, and of a device that falls silent', async () => {
    await tv.play(minuteMs);
    await phone.play(minuteMs);
    screen = await followSessions(playback);
    expect((await screen.next()).sessions).toHaveLength(2);
    await tv.report('PAUSE', minuteMs);
    const paused = (await screen.next()).sessions ?? [];
    expect(paused.find(({ id }) => id === tv.sessionId)).toMatchObject({ playerState: 'PAUSED' });
    await tv.report('STOP', minuteMs);
    expect(await screen.next()).toMatchObject({ sessions: [{ id: phone.sessionId }] });
    expect(await screen.isQuiet()).toBe(true);
    await playback.clock.advance(13 * secondMs);
    expect(await screen.next()).toEqual({ kind: 'CHANGED', sessions: [] });
    await screen.leave();
  });

  it('says that a session was taken over, and that its viewer is back', async () => {
    await tv.play(minuteMs);
    await phone.begin();
    screen = await followSessions(playback);
    await screen.next();
    const input = { session: phone.session, from: tv.sessionId, elapsedMs: 0 };
    await playback.data(
      'mutation ($input: TakeOverInput!) { takeOver(input: $input) { problems { code } } }',
      { input },
    );
    const takenOverBy = { sessionId: phone.sessionId, device: { id: 'phone' } };
    expect(await screen.next()).toMatchObject({ sessions: [{ id: tv.sessionId, takenOverBy }] });
    await playback.clock.advance(secondMs);
    await tv.report('PLAY', minuteMs);
    expect(await screen.next()).toMatchObject({
      sessions: [{ id: tv.sessionId, takenOverBy: null }],
    });
    await screen.leave();
  });

  it('is told the latest, once, when it reads slowly', async () => {
    screen = await followSessions(playback);
    await screen.next();
    await tv.play(0, 10 * minuteMs);
    expect(await screen.next()).toMatchObject({ sessions: [{ positionMs: 10 * minuteMs }] });
    expect(await screen.isQuiet()).toBe(true);
    await screen.leave();
  });

  it('is not told twice what did not change', async () => {
    await tv.play(minuteMs);
    screen = await followSessions(playback);
    await screen.next();
    await playback.change('finishPlayhead', { playableId: 'other-film' });
    expect(await screen.isQuiet()).toBe(true);
    await screen.leave();
  });

  it('is told to its own profile only', async () => {
    screen = await followSessions(playback, playback.guestId);
    await screen.next();
    await tv.play(minuteMs);
    expect(await screen.isQuiet()).toBe(true);
    await screen.leave();
  });

  it('costs nothing any more once its reader left, whatever it was waiting for', async () => {
    const before = playback.listeners;
    screen = await followSessions(playback);
    await screen.next();
    expect(playback.listeners).toBe(before + 1);
    screen.ask();
    await screen.leave();
    expect(playback.listeners).toBe(before);
  });

  it('is unknown while the one store that knows does not answer, never nobody', async () => {
    await tv.play(minuteMs);
    screen = await followSessions(playback);
    await screen.next();
    playback.hot.isDown = true;
    await playback.clock.advance(13 * secondMs);
    expect(await screen.next()).toEqual({ kind: 'CHANGED', sessions: null });
    playback.hot.isDown = false;
    await playback.clock.advance(2 * secondMs);
    expect(await screen.next()).toEqual({ kind: 'CHANGED', sessions: [] });
    await screen.leave();
  });
});
