import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  hourMs,
  minuteMs,
  secondMs,
  sharePlayback,
  type TestDevice,
} from '../../support/playback.ts';

const playback = sharePlayback();
/** Plays in the living room. */
let tv: TestDevice;
/** Has just begun a session of the same film. */
let phone: TestDevice;
const tvAtMs = 20 * minuteMs;
const tvIs = { id: 'tv', name: 'Living room', kind: 'TV' };
const phoneIs = { id: 'phone', name: null, kind: 'PHONE' };

beforeEach(async () => {
  tv = playback.device({ id: 'tv', kind: 'TV', name: 'Living room' });
  phone = playback.device({ id: 'phone', kind: 'PHONE' });
  await tv.play(tvAtMs, 10 * secondMs);
  await playback.clock.advance(3 * secondMs);
  await phone.begin();
});

const sessionFields = `id playerState positionMs takenOverBy { sessionId at device { id name kind } }`;
const takeOverMutation = `mutation ($input: TakeOverInput!) { takeOver(input: $input) {
  from { ${sessionFields} } playhead { positionMs resumePositionMs resumeReason version }
  problems { code message path } } }`;

async function takeOver(input: object = {}, profileId?: string) {
  const whole = { session: phone.session, from: tv.sessionId, elapsedMs: 0, ...input };
  return (await playback.data(takeOverMutation, { input: whole }, profileId)).takeOver;
}

/** A report whose answer is asked who took the session over. */
async function tell(device: TestDevice, event: string, positionMs: number) {
  const variables = {
    input: { session: device.session, heartbeats: [device.observe(event, positionMs)] },
  };
  const { recordHeartbeats } = await playback.data(
    `mutation ($input: RecordHeartbeatsInput!) { recordHeartbeats(input: $input) { outcome durability
      playhead { positionMs device { id } } takenOverBy { sessionId device { id name kind } } } }`,
    variables,
  );
  return recordHeartbeats;
}

async function activeSessions() {
  const { viewer } = await playback.data(`{ viewer { activeSessions { ${sessionFields} } } }`);
  return viewer.activeSessions as { id: string; takenOverBy: unknown }[];
}

describe('"continue here"', () => {
  it('answers where to go on: exactly where the other device is (HND-1)', async () => {
    expect(await takeOver()).toMatchObject({
      from: { id: tv.sessionId, takenOverBy: { sessionId: phone.sessionId, device: phoneIs } },
      playhead: {
        positionMs: tvAtMs + 10 * secondMs,
        resumePositionMs: tvAtMs + 10 * secondMs,
        resumeReason: 'PLAYING_ELSEWHERE',
      },
      problems: [],
    });
  });

  it('moves nothing by itself: nobody has watched anything here yet (HND-1)', async () => {
    const before = await playback.playhead();
    await takeOver();
    expect((await playback.playhead()).version).toBe(before.version);
  });

  it('is told to the other device in its next answer, also to a PING (HND-2)', async () => {
    await takeOver();
    const told = { takenOverBy: { sessionId: phone.sessionId, device: phoneIs } };
    const held = { ...told, outcome: 'SUPERSEDED', durability: 'NONE' };
    await phone.report('START', tvAtMs);
    expect(await tell(tv, 'HEARTBEAT', tvAtMs + 13 * secondMs)).toMatchObject(held);
    expect(await tell(tv, 'PING', tvAtMs + 13 * secondMs)).toMatchObject(held);
  });

  it('is told to nobody else', async () => {
    await takeOver();
    expect(await tell(phone, 'START', tvAtMs)).toMatchObject({
      outcome: 'ACCEPTED',
      takenOverBy: null,
    });
    const tablet = playback.device({ id: 'tablet', kind: 'TABLET' });
    await phone.report('PAUSE', tvAtMs);
    await playback.clock.advance(secondMs);
    await tablet.play(minuteMs);
    expect(await tell(phone, 'STOP', tvAtMs)).toMatchObject({
      outcome: 'SUPERSEDED',
      takenOverBy: null,
    });
  });
});

describe('a device that was taken over', () => {
  it('moves nothing any more, before the other has said a word (HND-3)', async () => {
    await takeOver();
    const { version } = await playback.playhead();
    for (const event of ['HEARTBEAT', 'BUFFER', 'PAUSE', 'STOP']) {
      expect(await tell(tv, event, hourMs)).toMatchObject({ outcome: 'SUPERSEDED' });
    }
    expect((await playback.playhead()).version).toBe(version);
  });

  it('pauses because it was told, is closed at last, and the phone keeps its place (HND-3)', async () => {
    await takeOver();
    await phone.report('START', tvAtMs);
    await tv.report('PAUSE', tvAtMs + 15 * secondMs);
    await playback.clock.advance(secondMs);
    await phone.report('SEEK', hourMs);
    await playback.clock.advance(hourMs);
    await tv.report('STOP', tvAtMs + 15 * secondMs);
    expect(await playback.playhead()).toMatchObject({
      positionMs: hourMs,
      device: { id: 'phone' },
    });
  });

  it.each(['PLAY', 'SEEK'])('is back by %s: its viewer is there (HND-4)', async (event) => {
    await takeOver();
    await phone.report('START', tvAtMs);
    await playback.clock.advance(secondMs);
    await tv.report('PAUSE', tvAtMs);
    await playback.clock.advance(minuteMs);
    expect(await tell(tv, event, tvAtMs)).toMatchObject({ outcome: 'ACCEPTED', takenOverBy: null });
    expect(await tell(tv, 'HEARTBEAT', tvAtMs)).toMatchObject({ outcome: 'ACCEPTED' });
    expect(await tell(phone, 'HEARTBEAT', hourMs)).toMatchObject({
      outcome: 'SUPERSEDED',
      takenOverBy: null,
    });
  });

  it('takes over itself, and so is back too', async () => {
    await takeOver();
    await phone.report('START', tvAtMs);
    const back = { session: tv.session, from: phone.sessionId, elapsedMs: 14 * secondMs };
    await playback.clock.advance(secondMs);
    expect(await takeOver(back)).toMatchObject({ problems: [] });
    await playback.clock.advance(secondMs);
    expect(await tell(phone, 'HEARTBEAT', tvAtMs)).toMatchObject({
      outcome: 'SUPERSEDED',
      takenOverBy: { sessionId: tv.sessionId, device: tvIs },
    });
    expect(await tell(tv, 'HEARTBEAT', tvAtMs)).toMatchObject({ outcome: 'ACCEPTED' });
  });

  it('is shown as one, wherever the sessions are', async () => {
    await takeOver();
    await phone.report('START', tvAtMs);
    const sessions = new Map((await activeSessions()).map((one) => [one.id, one.takenOverBy]));
    expect(sessions.get(tv.sessionId)).toMatchObject({ sessionId: phone.sessionId });
    expect(sessions.get(phone.sessionId)).toBeNull();
    const { viewer } = await playback.data(
      '{ viewer { playhead(playableId: "film") { activeSession { id } } } }',
    );
    expect(viewer.playhead.activeSession.id).toBe(phone.sessionId);
  });

  it('forgets it when the hot store does: then whoever acted last counts, no more (HND-9)', async () => {
    // Breaks: the hot store's memory. Holds: the phone plays on, and the television’s end moves nothing.
    await takeOver();
    await phone.report('START', tvAtMs);
    await phone.report('SEEK', hourMs);
    await playback.drain();
    await playback.kill();
    await playback.playhead();
    expect(await tell(tv, 'STOP', tvAtMs)).toMatchObject({
      outcome: 'SUPERSEDED',
      takenOverBy: null,
    });
    expect((await playback.playhead()).positionMs).toBe(hourMs);
  });
});

describe('while the hot store is away', () => {
  it('nothing can be taken over, and the request may be sent again (HND-9)', async () => {
    // Breaks: every call to the hot store. Holds: nobody is told that somebody pauses who is not told.
    playback.hot.isDown = true;
    await expect(takeOver()).rejects.toThrow('STATE_UNAVAILABLE');
    playback.hot.isDown = false;
    await playback.clock.advance(2 * secondMs);
    expect(await takeOver()).toMatchObject({ problems: [] });
  });
});

describe('taking over again', () => {
  it('changes nothing when the request is repeated, also after the other one ended (HND-5)', async () => {
    const first = await takeOver();
    await tv.report('STOP', tvAtMs);
    expect((await takeOver()).from.takenOverBy).toEqual(first.from.takenOverBy);
  });

  it('does not take back what its viewer did on the other device since (HND-5)', async () => {
    await takeOver();
    await phone.report('START', tvAtMs);
    await playback.clock.advance(secondMs);
    await tv.report('PLAY', tvAtMs);
    expect(await takeOver()).toMatchObject({ from: { takenOverBy: null }, problems: [] });
    await playback.clock.advance(5 * secondMs);
    expect(await tell(tv, 'HEARTBEAT', tvAtMs)).toMatchObject({ outcome: 'ACCEPTED' });
  });
});

describe('what cannot be taken over is a problem that says what to do (HND-6)', () => {
  const refused = (code: string, ...path: string[]) => ({
    ...{ from: null, playhead: null },
    problems: [{ code, path, message: expect.any(String) }],
  });

  it('a session that nobody knows', async () => {
    expect(await takeOver({ from: 'nobody' })).toEqual(refused('NOT_FOUND', 'from'));
  });

  it('a session that is over', async () => {
    await tv.report('STOP', tvAtMs);
    expect(await takeOver()).toEqual(refused('NOT_FOUND', 'from'));
  });

  it('a session of another profile, which is told from none by nobody', async () => {
    const guest = playback.device({ id: 'guest', profileId: playback.guestId });
    await guest.play(minuteMs);
    const foreign = await takeOver({ from: guest.sessionId });
    expect(foreign).toEqual(refused('NOT_FOUND', 'from'));
    expect(foreign).toEqual(await takeOver({ from: 'nobody' }));
  });

  it('a session of another title', async () => {
    const tablet = playback.device({ id: 'tablet' });
    await tablet.begin({ playableId: 'other-film' });
    await tablet.report('START', 0);
    expect(await takeOver({ from: tablet.sessionId })).toEqual(refused('INVALID_INPUT', 'from'));
  });

  it('the session itself', async () => {
    expect(await takeOver({ from: phone.sessionId })).toEqual(refused('INVALID_INPUT', 'from'));
  });

  it('no id at all', async () => {
    expect(await takeOver({ from: 'a|b' })).toEqual(refused('INVALID_INPUT', 'from'));
  });

  it.each([
    ['no token', () => ({ session: 'nonsense' })],
    ['a forged one', () => ({ session: `${phone.session}x` })],
  ])('with %s', async (_what, input) => {
    expect(await takeOver(input())).toEqual(refused('SESSION_INVALID', 'session'));
  });

  it('with a session of another profile', async () => {
    const answer = await takeOver({}, playback.guestId);
    expect(answer).toEqual(refused('SESSION_INVALID', 'session'));
  });

  it.each([
    ['that runs ahead', hourMs, 'SESSION_INVALID'],
    ['below zero', -1, 'INVALID_INPUT'],
  ])('with a session clock %s', async (_what, elapsedMs, code) => {
    expect(await takeOver({ elapsedMs })).toEqual(refused(code, 'elapsedMs'));
  });
});
