import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  dayMs,
  hourMs,
  minuteMs,
  secondMs,
  sharePlayback,
  type TestDevice,
} from '../../support/playback.ts';

const playback = sharePlayback({ writeBehindMs: 300_000 });
let tv: TestDevice;
let phone: TestDevice;

beforeEach(async () => {
  tv = playback.device({ id: 'tv', kind: 'TV' });
  phone = playback.device({ id: 'phone', kind: 'PHONE' });
});

describe('where to start after a pause', () => {
  it.each([
    [0, 0],
    [10 * secondMs - 1, 0],
    [10 * secondMs, 3 * secondMs],
    [minuteMs - 1, 3 * secondMs],
    [minuteMs, 10 * secondMs],
    [30 * minuteMs - 1, 10 * secondMs],
    [30 * minuteMs, 20 * secondMs],
    [dayMs, 20 * secondMs],
  ])('of %i ms: %i ms back', async (pausedForMs, rewindMs) => {
    await tv.begin();
    await tv.report('PAUSE', hourMs);
    await playback.clock.advance(pausedForMs);
    const expected = {
      positionMs: hourMs,
      resumePositionMs: hourMs - rewindMs,
      resumeReason: rewindMs === 0 ? 'EXACT' : 'REWOUND_AFTER_PAUSE',
    };
    expect(await playback.playhead()).toMatchObject(expected);
    expect((await phone.begin()).playhead).toMatchObject(expected);
  });

  it('is never before the start', async () => {
    await tv.begin();
    await tv.report('PAUSE', 4 * secondMs);
    await playback.clock.advance(hourMs);
    expect(await playback.playhead()).toMatchObject({
      resumePositionMs: 0,
      resumeReason: 'REWOUND_AFTER_PAUSE',
    });
  });

  it('is exact at the very start, and for what was never started', async () => {
    await tv.begin();
    await tv.report('PAUSE', 0);
    await playback.clock.advance(hourMs);
    const exact = { resumePositionMs: 0, resumeReason: 'EXACT' };
    expect(await playback.playhead()).toMatchObject(exact);
    expect(await playback.playhead('other-film')).toMatchObject(exact);
  });
});

describe('where to start while another device plays on', () => {
  it('is exactly where that one is: no rewind on a live hand-off', async () => {
    await tv.play(hourMs);
    await playback.clock.advance(12 * secondMs);
    expect((await phone.begin()).playhead).toMatchObject({
      resumePositionMs: hourMs,
      resumeReason: 'PLAYING_ELSEWHERE',
      activeSession: { device: { id: 'tv' } },
    });
  });

  it('is told as long as that one buffers, and no longer than it is alive', async () => {
    await tv.play(hourMs);
    await tv.report('BUFFER', hourMs);
    expect((await phone.begin()).playhead?.resumeReason).toBe('PLAYING_ELSEWHERE');
    await playback.clock.advance(12.5 * secondMs);
    expect((await phone.begin()).playhead).toMatchObject({
      resumeReason: 'REWOUND_AFTER_PAUSE',
      activeSession: null,
    });
  });

  it('is not elsewhere for the session that plays it', async () => {
    await tv.play(hourMs);
    const { playhead } = await tv.report('HEARTBEAT', hourMs);
    expect(playhead).toMatchObject({
      resumeReason: 'EXACT',
      activeSession: { id: tv.sessionId },
    });
    expect((await tv.begin({ sessionId: tv.sessionId })).playhead?.resumeReason).toBe('EXACT');
  });

  it('is not elsewhere once that one paused', async () => {
    await tv.play(hourMs);
    await tv.report('PAUSE', hourMs);
    expect((await phone.begin()).playhead?.resumeReason).toBe('EXACT');
  });

  it('is from the start when that one finished it', async () => {
    await tv.play(hourMs);
    await playback.change('finishPlayhead');
    expect((await phone.begin()).playhead).toMatchObject({
      resumePositionMs: 0,
      resumeReason: 'FINISHED_SO_FROM_START',
    });
  });
});

describe('resuming on another device', () => {
  it('starts at most one heartbeat behind a player that vanished', async () => {
    await tv.play(0, 60 * secondMs);
    await playback.clock.advance(4 * secondMs);
    const { playhead } = await phone.begin();
    expect(playhead?.resumePositionMs).toBeGreaterThanOrEqual(64 * secondMs - 5 * secondMs);
  });

  it('goes to and fro between devices, each where the last one stopped', async () => {
    let device = tv;
    let other = phone;
    let positionMs = 0;
    for (let turn = 1; turn <= 6; turn += 1) {
      const { playhead } = await device.begin();
      expect(playhead?.positionMs).toBe(positionMs);
      await device.report('START', positionMs);
      await playback.clock.advance(minuteMs);
      positionMs += minuteMs;
      expect((await device.report('STOP', positionMs)).outcome).toBe('ACCEPTED');
      [device, other] = [other, device];
    }
  });
});
