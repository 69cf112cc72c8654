import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  hourMs,
  minuteMs,
  secondMs,
  sharePlayback,
  type TestDevice,
} from '../../support/playback.ts';

const playback = sharePlayback();
/** Paused at ten minutes, and left alone. */
let tv: TestDevice;
/** Went on from there, to fifty. */
let phone: TestDevice;
const tvAtMs = 10 * minuteMs;
const phoneAtMs = 50 * minuteMs;

beforeEach(async () => {
  tv = playback.device({ id: 'tv', kind: 'TV', name: 'Living room' });
  phone = playback.device({ id: 'phone', kind: 'PHONE' });
  await tv.play(tvAtMs, 10 * secondMs);
  await tv.report('PAUSE', tvAtMs);
  await playback.clock.advance(minuteMs);
  await phone.play(tvAtMs);
  await playback.clock.advance(minuteMs);
  await phone.report('SEEK', phoneAtMs);
  await playback.clock.advance(minuteMs);
});

async function expectPhoneInForce(positionMs = phoneAtMs): Promise<void> {
  expect(await playback.playhead()).toMatchObject({ positionMs, device: { id: 'phone' } });
}

describe('a television that was left on pause while somebody went on elsewhere', () => {
  it('is closed at last, and the phone’s position stays (STL-6)', async () => {
    await phone.report('STOP', phoneAtMs);
    await playback.clock.advance(2 * hourMs);
    expect(await tv.report('STOP', tvAtMs)).toMatchObject({
      outcome: 'SUPERSEDED',
      durability: 'NONE',
      problems: [],
      playhead: { positionMs: phoneAtMs, device: { id: 'phone' } },
    });
    await expectPhoneInForce();
  });

  it.each(['PING', 'PAUSE', 'FINISH'])(
    'moves nothing by %s: nothing played there, and nobody did anything',
    async (event) => {
      expect((await tv.report(event, tvAtMs)).outcome).toBe('SUPERSEDED');
      await expectPhoneInForce();
    },
  );

  it.each(['PLAY', 'SEEK'])('takes over by %s, and plays on from there', async (event) => {
    expect((await tv.report(event, tvAtMs)).outcome).toBe('ACCEPTED');
    await playback.clock.advance(5 * secondMs);
    expect((await tv.report('HEARTBEAT', tvAtMs + 5 * secondMs)).outcome).toBe('ACCEPTED');
    await playback.clock.advance(5 * secondMs);
    expect((await tv.report('STOP', tvAtMs)).outcome).toBe('ACCEPTED');
  });

  it('plays on, and is the most recently active one', async () => {
    expect((await tv.report('HEARTBEAT', tvAtMs)).outcome).toBe('ACCEPTED');
    await playback.clock.advance(secondMs);
    expect((await phone.report('HEARTBEAT', hourMs)).outcome).toBe('ACCEPTED');
    await playback.clock.advance(secondMs);
    expect((await tv.report('STOP', tvAtMs + secondMs)).outcome).toBe('ACCEPTED');
  });

  it('is near the phone by chance, and takes nothing over by that', async () => {
    await playback.clock.advance(secondMs);
    expect((await tv.report('STOP', phoneAtMs - secondMs)).outcome).toBe('SUPERSEDED');
    await expectPhoneInForce();
  });

  it('is not written to the durable store either', async () => {
    await tv.report('STOP', tvAtMs);
    await playback.drain();
    await playback.kill();
    await expectPhoneInForce();
  });

  it('does not bring back by its STOP what was forgotten by hand meanwhile', async () => {
    await playback.change('forgetPlayhead');
    await playback.clock.advance(minuteMs);
    expect((await tv.report('STOP', tvAtMs)).outcome).toBe('SUPERSEDED');
    expect((await playback.playhead()).status).toBe('NOT_STARTED');
  });

  it('is doubted while nobody knows who acted when: a closing says nothing new', async () => {
    // Breaks: the hot store's memory, and with it who was there. Holds: an end moves nothing then.
    await phone.report('STOP', phoneAtMs);
    await playback.kill();
    await playback.playhead();
    expect((await tv.report('STOP', tvAtMs)).outcome).toBe('SUPERSEDED');
    await expectPhoneInForce();
  });
});

describe('a player that plays', () => {
  it('keeps its last seconds when it is closed, though somebody tidied up by hand', async () => {
    await tv.report('PLAY', tvAtMs);
    await playback.clock.advance(secondMs);
    await playback.change('restartPlayhead');
    await playback.clock.advance(secondMs);
    expect((await tv.report('STOP', tvAtMs + 2 * secondMs)).outcome).toBe('ACCEPTED');
  });

  it('is believed while nobody knows who acted when', async () => {
    await playback.kill();
    await playback.playhead();
    expect((await phone.report('HEARTBEAT', hourMs)).outcome).toBe('ACCEPTED');
  });

  it('goes on in a new session of the same device as if nothing had been', async () => {
    await phone.begin({ elapsedMs: hourMs });
    expect((await phone.report('HEARTBEAT', hourMs)).outcome).toBe('ACCEPTED');
  });
});

describe('what an overtaken session watched', () => {
  it('is kept as history, each once, and moves nothing that follows the event stream', async () => {
    const before = await playback.told();
    const stop = tv.observe('STOP', tvAtMs);
    await tv.send(stop);
    await tv.send(stop);
    const [history, ...more] = (await playback.told()).slice(before.length);
    expect(history).toMatchObject({ kind: 'STOP', positionMs: tvAtMs, isHistory: true });
    expect(more).toEqual([]);
  });
});
