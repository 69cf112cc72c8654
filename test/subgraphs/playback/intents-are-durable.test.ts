import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  hourMs,
  minuteMs,
  secondMs,
  sharePlayback,
  type TestDevice,
} from '../../support/playback.ts';

const intents = ['PAUSE', 'SEEK', 'STOP', 'FINISH'];
const plain = ['START', 'HEARTBEAT', 'PLAY', 'BUFFER'];

const playback = sharePlayback({ writeBehindMs: 2 * secondMs });
let tv: TestDevice;
let phone: TestDevice;

beforeEach(async () => {
  tv = playback.device({ id: 'tv', kind: 'TV' });
  phone = playback.device({ id: 'phone', kind: 'PHONE' });
});

describe('an intent', () => {
  it.each(intents)('%s is in the durable store before its answer', async (event) => {
    await tv.begin();
    expect(await tv.report(event, minuteMs)).toMatchObject({
      outcome: 'ACCEPTED',
      durability: 'DURABLE',
    });
    await playback.kill();
    expect(await playback.playhead()).toMatchObject({
      positionMs: minuteMs,
      device: { id: 'tv', kind: 'TV' },
    });
  });

  it('makes its whole batch durable, wherever in it it stands', async () => {
    await tv.begin();
    const batch = [tv.observe('PAUSE', minuteMs), tv.observe('HEARTBEAT', 2 * minuteMs)];
    expect((await tv.send(...batch)).durability).toBe('DURABLE');
    await playback.kill();
    expect((await playback.playhead()).positionMs).toBe(2 * minuteMs);
  });

  it('is written even if something newer is in force: the durable store may not have that yet', async () => {
    await tv.begin();
    const late = tv.observe('PAUSE', minuteMs);
    await playback.clock.advance(secondMs);
    await phone.play(hourMs);

    expect(await tv.send(late)).toMatchObject({ outcome: 'SUPERSEDED', durability: 'DURABLE' });
    expect((await playback.playhead()).positionMs).toBe(hourMs);
    await playback.kill();
    expect((await playback.playhead()).positionMs).toBe(minuteMs);
  });

  it('is HOT while the durable store is down, and durable once it is back', async () => {
    // Breaks: the durable store. How: every call fails. Holds: nothing is lost or answered wrongly.
    await tv.begin();
    playback.durable.isDown = true;
    expect(await tv.report('PAUSE', minuteMs)).toMatchObject({
      outcome: 'ACCEPTED',
      durability: 'HOT',
      problems: [],
    });
    playback.durable.isDown = false;
    await playback.clock.advance(minuteMs);
    await playback.kill();
    expect((await playback.playhead()).positionMs).toBe(minuteMs);
  });

  it('of a batch may lift what was hidden, durably as well', async () => {
    await tv.play(0);
    await playback.change('hidePlayhead');
    await playback.clock.advance(secondMs);
    await tv.send(tv.observe('PLAY', minuteMs), tv.observe('PAUSE', 2 * minuteMs));
    await playback.kill();
    expect(await playback.playhead()).toMatchObject({ hidden: false, positionMs: 2 * minuteMs });
  });
});

describe('a plain heartbeat', () => {
  it.each(plain)('%s is HOT, and costs the durable store nothing', async (event) => {
    await tv.begin();
    playback.durable.forgetCalls();
    expect(await tv.report(event, minuteMs)).toMatchObject({
      outcome: 'ACCEPTED',
      durability: 'HOT',
    });
    expect(playback.durable.calls('write')).toBe(0);
  });

  it('reaches the durable store behind the viewer: once for many', async () => {
    await tv.begin();
    await playback.drain();
    playback.durable.forgetCalls();
    for (let second = 0; second < 10; second += 1) {
      await tv.report('HEARTBEAT', second * secondMs);
    }
    await playback.clock.advance(2.5 * secondMs);
    expect(playback.durable.calls('write')).toBe(1);
    await playback.kill();
    expect((await playback.playhead()).positionMs).toBe(9 * secondMs);
  });

  it('is one round trip to the hot store when its answer asks for no playhead', async () => {
    await tv.play(0);
    playback.hot.forgetCalls();
    const input = { session: tv.session, heartbeats: [tv.observe('HEARTBEAT', minuteMs)] };
    await playback.data(
      'mutation ($input: RecordHeartbeatsInput!) { recordHeartbeats(input: $input) { outcome } }',
      { input },
    );
    expect([playback.hot.calls('merge'), playback.hot.calls('read')]).toEqual([1, 0]);
  });
});

describe('a request that stores nothing', () => {
  it.each([
    ['a PING', { event: 'PING', positionMs: minuteMs }],
    ['a refused heartbeat', { event: 'HEARTBEAT', positionMs: -1 }],
  ])('%s says so: NONE', async (_what, { event, positionMs }) => {
    await tv.begin();
    expect((await tv.report(event, positionMs)).durability).toBe('NONE');
    expect((await playback.playhead()).status).toBe('NOT_STARTED');
  });

  it('fails, retryably, when no store answers, and the session stays good', async () => {
    // Breaks: both stores. How: every call fails. Holds: a code of the list, and the retry works.
    await tv.begin();
    const heartbeats = [tv.observe('PAUSE', minuteMs)];
    playback.hot.isDown = true;
    playback.durable.isDown = true;
    const { data, errors } = await playback.ask(
      'mutation ($input: RecordHeartbeatsInput!) { recordHeartbeats(input: $input) { outcome } }',
      { input: { session: tv.session, heartbeats } },
    );
    expect(data).toEqual({ recordHeartbeats: null });
    expect(errors).toMatchObject([
      {
        path: ['recordHeartbeats'],
        extensions: { code: 'STATE_UNAVAILABLE', retryable: true, retryAfterMs: 1_000 },
      },
    ]);
    playback.hot.isDown = false;
    playback.durable.isDown = false;
    expect(await tv.send(...heartbeats)).toMatchObject({
      outcome: 'ACCEPTED',
      durability: 'DURABLE',
    });
  });
});

describe('a change by hand', () => {
  it.each([
    ['finishPlayhead', { status: 'FINISHED' }],
    ['restartPlayhead', { status: 'IN_PROGRESS', positionMs: 0 }],
    ['hidePlayhead', { hidden: true, positionMs: minuteMs }],
    ['forgetPlayhead', { status: 'NOT_STARTED' }],
  ] as const)('%s is in the durable store before its answer', async (field, expected) => {
    await tv.begin();
    await tv.report('PAUSE', minuteMs);
    await playback.change(field);
    await playback.kill();
    expect(await playback.playhead()).toMatchObject(expected);
  });

  it('forgetAllPlayheads too', async () => {
    await tv.begin();
    await tv.report('PAUSE', minuteMs);
    await playback.forgetAll();
    await playback.kill();
    expect(await playback.playhead()).toMatchObject({ status: 'NOT_STARTED', positionMs: 0 });
  });

  it('is kept hot while the durable store is down, and drained once it is back', async () => {
    // Breaks: the durable store. How: every call fails. Holds: the change applies and survives.
    await tv.play(minuteMs);
    playback.durable.isDown = true;
    expect((await playback.change('finishPlayhead')).playhead?.status).toBe('FINISHED');
    playback.durable.isDown = false;
    await playback.clock.advance(minuteMs);
    await playback.kill();
    expect((await playback.playhead()).status).toBe('FINISHED');
  });
});
