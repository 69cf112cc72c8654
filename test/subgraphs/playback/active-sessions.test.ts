import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  hourMs,
  minuteMs,
  secondMs,
  sharePlayback,
  type TestDevice,
} from '../../support/playback.ts';

const playback = sharePlayback();
let tv: TestDevice;
let phone: TestDevice;

beforeEach(async () => {
  tv = playback.device({ id: 'tv', kind: 'TV', name: 'Living room' });
  phone = playback.device({ id: 'phone', kind: 'PHONE' });
});

async function activeSessions(profileId?: string): Promise<Record<string, unknown>[]> {
  const query = `{ viewer { activeSessions { id device { id name kind } playableId playable { id }
    playerState positionMs startedAt lastHeartbeatAt } } }`;
  return (await playback.data(query, {}, profileId)).viewer.activeSessions;
}

/** Devices whose sessions are alive, the last heard of first. */
async function playing(): Promise<string[]> {
  const sessions = await activeSessions();
  return sessions.map(({ device }) => (device as { id: string }).id);
}

describe('a session that is alive', () => {
  it('is shown whole', async () => {
    const beganAtMs = playback.clock.nowMs();
    await tv.begin();
    await playback.clock.advance(secondMs);
    await tv.report('HEARTBEAT', minuteMs);
    expect(await activeSessions()).toEqual([
      {
        id: tv.sessionId,
        device: { id: 'tv', name: 'Living room', kind: 'TV' },
        playableId: 'film',
        playable: { id: 'film' },
        playerState: 'PLAYING',
        positionMs: minuteMs,
        startedAt: new Date(beganAtMs).toISOString(),
        lastHeartbeatAt: new Date(beganAtMs + secondMs).toISOString(),
      },
    ]);
  });

  it('is there from its first heartbeat on, not from its begin', async () => {
    await tv.begin();
    expect(await playing()).toEqual([]);
    await tv.report('START', 0);
    expect(await playing()).toEqual(['tv']);
  });

  it.each([
    ['START', 'PLAYING'],
    ['HEARTBEAT', 'PLAYING'],
    ['PLAY', 'PLAYING'],
    ['PAUSE', 'PAUSED'],
    ['PING', 'PAUSED'],
    ['BUFFER', 'BUFFERING'],
  ])('after %s is %s', async (event, playerState) => {
    await tv.begin();
    await tv.report(event, minuteMs);
    expect(await activeSessions()).toMatchObject([{ playerState }]);
  });

  it.each(['STOP', 'FINISH'])('is over at once after %s', async (event) => {
    await tv.play(minuteMs);
    await tv.report(event, minuteMs);
    expect(await playing()).toEqual([]);
    expect((await playback.playhead()).activeSession).toBeNull();
  });

  it('stands among others with the last heard of first, and only in its own profile', async () => {
    await tv.play(minuteMs);
    await playback.clock.advance(secondMs);
    await phone.begin({ playableId: 'other-film' });
    await phone.report('START', 0);
    expect(await playing()).toEqual(['phone', 'tv']);
    await playback.clock.advance(secondMs);
    await tv.report('HEARTBEAT', minuteMs);
    expect(await playing()).toEqual(['tv', 'phone']);
    expect(await activeSessions(playback.guestId)).toEqual([]);
  });

  it('keeps what it did last in a batch, though a seek came after it', async () => {
    await tv.play(minuteMs);
    const batch = [tv.observe('PAUSE', minuteMs), tv.observe('SEEK', hourMs)];
    const recorded = await tv.send(...batch);
    expect(await activeSessions()).toMatchObject([{ playerState: 'PAUSED', positionMs: hourMs }]);
    expect(recorded.nextHeartbeatInMs).toBe(minuteMs);
  });

  it('is not brought back by a heartbeat that comes late or twice', async () => {
    await tv.begin();
    const late = tv.observe('HEARTBEAT', minuteMs);
    const stop = tv.observe('STOP', minuteMs);
    await tv.send(stop);
    await tv.send(late);
    await tv.send(stop);
    expect(await playing()).toEqual([]);
  });
});

describe('the liveness window', () => {
  it.each([
    ['HEARTBEAT', 12.5 * secondMs],
    ['BUFFER', 12.5 * secondMs],
    ['PAUSE', 2.5 * minuteMs],
    ['PING', 2.5 * minuteMs],
  ])('after %s is %i ms long, to the millisecond', async (event, lengthMs) => {
    await tv.begin();
    await tv.report(event, minuteMs);
    await playback.clock.advance(lengthMs - 1);
    expect(await playing()).toEqual(['tv']);
    await playback.clock.advance(1);
    expect(await playing()).toEqual([]);
  });

  it('begins again with each heartbeat, the late one counting from when it was made', async () => {
    await tv.play(minuteMs);
    await playback.clock.advance(10 * secondMs);
    const slow = tv.observe('HEARTBEAT', minuteMs);
    await playback.clock.advance(10 * secondMs);
    await tv.send(slow);
    await playback.clock.advance(2.5 * secondMs - 1);
    expect(await playing()).toEqual(['tv']);
    await playback.clock.advance(1);
    expect(await playing()).toEqual([]);
  });

  it('of a paused session ends after half an hour, however often it pings', async () => {
    await tv.begin();
    await tv.report('PAUSE', minuteMs);
    for (let minute = 1; minute < 30; minute += 1) {
      await playback.clock.advance(minuteMs);
      await tv.report('PING', minuteMs);
    }
    expect(await playing()).toEqual(['tv']);
    await playback.clock.advance(minuteMs);
    await tv.report('PING', minuteMs);
    expect(await playing()).toEqual([]);
  });
});

describe('beginSession', () => {
  it('names the other sessions that are alive, never its own', async () => {
    await tv.play(minuteMs);
    const begun = await phone.begin();
    expect(begun.otherSessions).toEqual([{ id: tv.sessionId, playerState: 'PLAYING' }]);
    const again = await tv.begin({ sessionId: tv.sessionId });
    expect(again.otherSessions).toEqual([]);
  });
});

describe('the session that plays a title', () => {
  it('is shown with the playhead, whoever holds it', async () => {
    await tv.play(minuteMs);
    expect(await playback.playhead()).toMatchObject({
      activeSession: { id: tv.sessionId, playerState: 'PLAYING', device: { id: 'tv' } },
    });
    expect((await playback.playhead('other-film')).activeSession).toBeNull();
  });

  it('is nobody while its only session is paused (LIVE-11)', async () => {
    await tv.play(minuteMs);
    await tv.report('PAUSE', minuteMs);
    expect((await playback.playhead()).activeSession).toBeNull();
  });
});
