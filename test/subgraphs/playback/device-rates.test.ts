import { describe, expect, it } from '@jest/globals';
import { sharePlayback, type TestDevice } from '../../support/playback.ts';

const record = `mutation ($a: RecordHeartbeatsInput!, $b: RecordHeartbeatsInput!) {
  a: recordHeartbeats(input: $a) { outcome }
  b: recordHeartbeats(input: $b) { outcome }
}`;

const single =
  'mutation ($a: RecordHeartbeatsInput!) { a: recordHeartbeats(input: $a) { outcome } }';

describe('what one device may send', () => {
  const playback = sharePlayback({ deviceRate: '1:5' });
  async function playing(id = 'tv'): Promise<TestDevice> {
    const device = playback.device({ id });
    await device.begin();
    return device;
  }
  const inputOf = (device: TestDevice, positionMs: number) => ({
    session: device.session,
    heartbeats: [device.observe('HEARTBEAT', positionMs)],
  });
  async function sendMany(device: TestDevice, count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) await device.report('HEARTBEAT', index);
  }

  it('is five requests at once, however many heartbeats are in them (LIM-21)', async () => {
    const device = await playing();
    for (let request = 0; request < 5; request += 1) {
      await playback.clock.advance(100);
      const heartbeats = Array.from({ length: 100 }, (_, index) =>
        device.observe('HEARTBEAT', request * 100 + index),
      );
      expect(await device.send(...heartbeats)).toMatchObject({ problems: [] });
    }
  });

  it('is no sixth one: it is told when to come again, and nothing of it is stored (LIM-21)', async () => {
    const device = await playing();
    await sendMany(device, 5);
    const { data, errors } = await playback.ask(single, { a: inputOf(device, 9_999) });
    expect(data).toEqual({ a: null });
    expect(errors).toMatchObject([
      {
        path: ['a'],
        extensions: { code: 'RATE_LIMITED', retryable: true, retryAfterMs: 1_000 },
      },
    ]);
    expect(await playback.playhead()).toMatchObject({ positionMs: 4 });
    await playback.clock.advance(999);
    expect((await playback.ask(single, { a: inputOf(device, 9_999) })).errors).toHaveLength(1);
    await playback.clock.advance(1);
    expect(await device.report('HEARTBEAT', 10_000)).toMatchObject({ outcome: 'ACCEPTED' });
  });

  it('counts each field of a request, and refuses those alone that are too many (LIM-21)', async () => {
    const device = await playing();
    await sendMany(device, 4);
    const variables = { a: inputOf(device, 100), b: inputOf(device, 101) };
    const { data, errors } = await playback.ask(record, variables);
    expect(data).toEqual({ a: { outcome: 'ACCEPTED' }, b: null });
    expect(errors).toMatchObject([{ path: ['b'], extensions: { code: 'RATE_LIMITED' } }]);
  });

  it('is one heartbeat a second for as long as one likes', async () => {
    const device = await playing();
    await sendMany(device, 5);
    for (let second = 1; second <= 60; second += 1) {
      await playback.clock.advance(1_000);
      expect(await device.report('HEARTBEAT', second * 1_000)).toMatchObject({ problems: [] });
    }
  });

  it('is counted for all of its sessions together, and for no other device', async () => {
    const device = await playing();
    await sendMany(device, 5);
    const again = await playing();
    expect((await playback.ask(single, { a: inputOf(again, 1) })).errors).toHaveLength(1);
    const phone = await playing('phone');
    expect(await phone.report('HEARTBEAT', 1)).toMatchObject({ problems: [] });
  });

  it('is not touched by whoever only knows its name', async () => {
    const device = await playing();
    for (let tries = 0; tries < 10; tries += 1) {
      const forged = { ...inputOf(device, 1), session: `${device.session}x` };
      expect((await playback.ask(single, { a: forged })).errors).toEqual([]);
    }
    const profileId = playback.guestId;
    const guest = playback.device({ id: 'tv', profileId });
    await guest.begin();
    await sendMany(guest, 5);
    expect(await device.report('HEARTBEAT', 1)).toMatchObject({ problems: [] });
  });

  it('is shown to operators as a number', async () => {
    const lines = (await playback.subgraph.metrics?.())?.split('\n');
    expect(lines).toContainEqual(
      expect.stringMatching(/^playhead_rate_limited_total\{kind="device"\} [1-9]\d*$/),
    );
  });
});
