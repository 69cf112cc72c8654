import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  filmMs,
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

describe('the newest position, not the furthest', () => {
  it('is kept after a seek back on purpose', async () => {
    await tv.play(hourMs);
    await playback.clock.advance(secondMs);
    await tv.report('SEEK', 10 * minuteMs, { fromPositionMs: hourMs });
    await playback.clock.advance(5 * secondMs);
    const { outcome } = await tv.report('HEARTBEAT', 10 * minuteMs + 5 * secondMs);
    expect(outcome).toBe('ACCEPTED');
    expect((await playback.playhead()).positionMs).toBe(10 * minuteMs + 5 * secondMs);
  });

  it('is kept when another device begins further back', async () => {
    await tv.play(hourMs);
    await playback.clock.advance(minuteMs);
    await phone.play(minuteMs);
    expect(await playback.playhead()).toMatchObject({
      positionMs: minuteMs,
      device: { id: 'phone' },
    });
  });

  it('is kept all the way back to the start', async () => {
    await tv.play(hourMs);
    await playback.clock.advance(secondMs);
    await tv.report('SEEK', 0);
    expect(await playback.playhead()).toMatchObject({ positionMs: 0, status: 'IN_PROGRESS' });
  });

  it('is kept when it jumps ahead, too', async () => {
    await tv.play(0);
    await playback.clock.advance(secondMs);
    await tv.report('SEEK', hourMs);
    expect((await playback.playhead()).positionMs).toBe(hourMs);
  });
});

describe('a length', () => {
  it('that a heartbeat names is kept; one that it does not name is its session’s', async () => {
    await tv.begin({ durationMs: null });
    expect((await tv.report('START', 0)).playhead).toMatchObject({
      durationMs: null,
      progress: null,
    });
    const named = await tv.report('HEARTBEAT', minuteMs, { durationMs: 10 * minuteMs });
    expect(named.playhead).toMatchObject({ durationMs: 10 * minuteMs, progress: 0.1 });
    await tv.begin({ durationMs: filmMs });
    await playback.clock.advance(secondMs);
    expect((await tv.report('HEARTBEAT', hourMs)).playhead).toMatchObject({
      durationMs: filmMs,
      progress: 0.5,
    });
  });

  it('never makes more than all of the progress', async () => {
    await tv.begin({ durationMs: hourMs });
    const { playhead } = await tv.report('HEARTBEAT', hourMs + 5 * secondMs);
    expect(playhead?.progress).toBe(1);
  });
});
