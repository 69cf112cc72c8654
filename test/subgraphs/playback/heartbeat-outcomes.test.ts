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
  tv = playback.device({ id: 'tv', kind: 'TV' });
  phone = playback.device({ id: 'phone', kind: 'PHONE' });
});

describe('the outcome of a heartbeat', () => {
  it('is ACCEPTED when it became the playhead in force', async () => {
    await tv.begin();
    const recorded = await tv.report('START', 0);
    expect(recorded).toMatchObject({ outcome: 'ACCEPTED', problems: [] });
    expect(recorded.playhead).toMatchObject({
      playableId: 'film',
      positionMs: 0,
      status: 'IN_PROGRESS',
      version: expect.stringMatching(/^[0-9]{16}[0-9a-f]{8}$/),
      updatedAt: new Date(playback.clock.nowMs()).toISOString(),
      device: { id: 'tv', kind: 'TV' },
      freshness: { source: 'HOT', degraded: false },
    });
  });

  it('is SUPERSEDED when a newer activity is in force, and shows that one', async () => {
    await tv.begin();
    const late = tv.observe('HEARTBEAT', 5 * minuteMs);
    await playback.clock.advance(secondMs);
    await phone.play(minuteMs);

    const recorded = await tv.send(late);
    expect(recorded).toMatchObject({ outcome: 'SUPERSEDED', problems: [] });
    expect(recorded.playhead).toMatchObject({ positionMs: minuteMs, device: { id: 'phone' } });
  });

  it('is DUPLICATE when it was seen before, and changes nothing', async () => {
    await tv.begin();
    const heartbeat = tv.observe('HEARTBEAT', minuteMs);
    const first = await tv.send(heartbeat);
    await playback.clock.advance(hourMs);
    const again = await tv.send(heartbeat);
    expect(again.outcome).toBe('DUPLICATE');
    expect(again.playhead).toMatchObject({
      version: first.playhead?.version,
      positionMs: minuteMs,
      updatedAt: first.playhead?.updatedAt,
    });
  });

  it('is REFUSED when nothing of the request could be used, and stores nothing', async () => {
    await tv.begin();
    expect(await tv.report('HEARTBEAT', -1)).toMatchObject({
      outcome: 'REFUSED',
      playhead: null,
      durability: 'NONE',
      problems: [{ code: 'POSITION_OUT_OF_RANGE' }],
    });
    expect((await playback.playhead()).status).toBe('NOT_STARTED');
  });

  it('is that of the newest heartbeat that was not refused', async () => {
    await tv.begin();
    const recorded = await tv.send(
      tv.observe('START', 0),
      tv.observe('HEARTBEAT', 5 * secondMs),
      tv.observe('HEARTBEAT', -1),
    );
    expect(recorded).toMatchObject({
      outcome: 'ACCEPTED',
      playhead: { positionMs: 5 * secondMs },
      problems: [{ code: 'POSITION_OUT_OF_RANGE', path: ['heartbeats', '2', 'positionMs'] }],
    });
  });

  it('is SUPERSEDED for a whole batch whose newest came too late', async () => {
    await tv.begin();
    const batch = [tv.observe('START', 0), tv.observe('PAUSE', secondMs)];
    await playback.clock.advance(secondMs);
    const { playhead } = await phone.play(minuteMs);
    const recorded = await tv.send(...batch);
    expect(recorded.outcome).toBe('SUPERSEDED');
    expect(recorded.playhead?.version).toBe(playhead?.version);
  });

  it('is ACCEPTED for a batch that overtakes in its middle what is in force', async () => {
    await tv.begin();
    const before = tv.observe('HEARTBEAT', minuteMs);
    await playback.clock.advance(secondMs);
    await phone.play(hourMs);
    await playback.clock.advance(secondMs);
    const recorded = await tv.send(before, tv.observe('HEARTBEAT', 2 * minuteMs));
    expect(recorded).toMatchObject({
      outcome: 'ACCEPTED',
      playhead: { positionMs: 2 * minuteMs, device: { id: 'tv' } },
    });
  });

  it('counts a title that the catalog may not know like any other', async () => {
    await tv.begin({ playableId: 'nobody-knows-this' });
    expect(await tv.report('HEARTBEAT', minuteMs)).toMatchObject({
      outcome: 'ACCEPTED',
      playhead: { playableId: 'nobody-knows-this', playable: { id: 'nobody-knows-this' } },
    });
  });
});

describe('the outcome of a heartbeat that meets a store which lost its memory', () => {
  it('is SUPERSEDED when the durable store knows of a newer activity', async () => {
    await tv.begin();
    const late = tv.observe('HEARTBEAT', 5 * minuteMs);
    await playback.clock.advance(secondMs);
    await phone.begin();
    await phone.report('PAUSE', hourMs);
    await playback.kill();

    const recorded = await tv.send(late);
    expect(recorded).toMatchObject({
      outcome: 'SUPERSEDED',
      playhead: { positionMs: hourMs, device: { id: 'phone' } },
    });
  });

  it('is ACCEPTED when what the durable store knows is older', async () => {
    await phone.begin();
    await phone.report('PAUSE', hourMs);
    await tv.begin();
    await playback.kill();
    await playback.clock.advance(secondMs);
    expect(await tv.report('HEARTBEAT', minuteMs)).toMatchObject({
      outcome: 'ACCEPTED',
      playhead: { positionMs: minuteMs },
    });
  });

  it('is what the hot store made of it while the durable store is down', async () => {
    await tv.begin();
    playback.durable.isDown = true;
    await playback.kill();
    expect(await tv.report('HEARTBEAT', minuteMs)).toMatchObject({
      outcome: 'ACCEPTED',
      playhead: { positionMs: minuteMs, freshness: { degraded: true } },
    });
  });
});

describe('a PING', () => {
  it('answers DUPLICATE while its session holds the playhead, and stores nothing', async () => {
    await tv.begin();
    const { playhead } = await tv.report('PAUSE', minuteMs);
    await playback.clock.advance(minuteMs);
    const ping = await tv.report('PING', minuteMs);
    expect(ping).toMatchObject({ outcome: 'DUPLICATE', durability: 'NONE' });
    expect(ping.playhead?.version).toBe(playhead?.version);
  });

  it('answers SUPERSEDED once somebody else went on', async () => {
    await tv.begin();
    await tv.report('PAUSE', minuteMs);
    await playback.clock.advance(minuteMs);
    await phone.play(minuteMs);
    expect(await tv.report('PING', minuteMs)).toMatchObject({
      outcome: 'SUPERSEDED',
      durability: 'NONE',
      playhead: { device: { id: 'phone' } },
    });
  });

  it('leaves the outcome of a batch to the heartbeats that can move a playhead', async () => {
    await tv.begin();
    const recorded = await tv.send(
      tv.observe('HEARTBEAT', minuteMs),
      tv.observe('PING', 2 * minuteMs),
    );
    expect(recorded).toMatchObject({
      outcome: 'ACCEPTED',
      durability: 'HOT',
      playhead: { positionMs: minuteMs },
    });
  });

  it('of a title that was never started makes no playhead', async () => {
    await tv.begin();
    const { outcome, playhead } = await tv.report('PING', minuteMs);
    expect(outcome).toBe('DUPLICATE');
    expect(playhead).toMatchObject({ status: 'NOT_STARTED', positionMs: 0, updatedAt: null });
  });
});

describe('the next heartbeat', () => {
  it.each([
    ['START', 5 * secondMs],
    ['HEARTBEAT', 5 * secondMs],
    ['PLAY', 5 * secondMs],
    ['BUFFER', 5 * secondMs],
    ['PAUSE', minuteMs],
    ['PING', minuteMs],
  ])('is wanted after %s in %i ms', async (event, nextHeartbeatInMs) => {
    await tv.begin();
    expect(await tv.report(event, minuteMs)).toMatchObject({ nextHeartbeatInMs });
  });
});
