import { beforeEach, describe, expect, it } from '@jest/globals';
import { activityTimeMs } from '../../../domain/version.ts';
import {
  dayMs,
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

describe('a device', () => {
  it('has nowhere to say what its wall clock shows (CLK-9)', async () => {
    const { __type } = await playback.data(`{ __type(name: "HeartbeatInput") {
      inputFields { name } } }`);
    const fields = __type.inputFields.map(({ name }: { name: string }) => name);
    expect(fields.sort()).toEqual(
      ['durationMs', 'elapsedMs', 'event', 'fromPositionMs', 'positionMs', 'sequence'].sort(),
    );
  });

  it('with a session clock an hour ahead is refused, never clamped, and begins again', async () => {
    await tv.begin();
    const recorded = await tv.report('HEARTBEAT', minuteMs, { elapsedMs: hourMs });
    expect(recorded).toMatchObject({
      outcome: 'REFUSED',
      durability: 'NONE',
      problems: [{ code: 'SESSION_INVALID', path: ['heartbeats', '0', 'elapsedMs'] }],
    });
    expect((await playback.playhead()).status).toBe('NOT_STARTED');
    await phone.play(hourMs);
    await playback.clock.advance(secondMs);
    await tv.begin();
    expect((await tv.report('HEARTBEAT', minuteMs)).outcome).toBe('ACCEPTED');
  });

  it('whose clock runs a second in a minute fast is ahead by 6 s at most', async () => {
    await tv.begin();
    const outcomes = [];
    for (let minute = 1; minute <= 8; minute += 1) {
      await playback.clock.advance(minuteMs);
      const elapsedMs = minute * (minuteMs + secondMs);
      outcomes.push((await tv.report('HEARTBEAT', minute * minuteMs, { elapsedMs })).outcome);
    }
    expect(outcomes).toEqual([...Array(6).fill('ACCEPTED'), 'REFUSED', 'REFUSED']);
    const { version } = await playback.playhead();
    expect(activityTimeMs(version) - playback.clock.nowMs()).toBeLessThanOrEqual(6 * secondMs);
  });

  it('whose clock runs slow only loses to who is on time', async () => {
    await tv.begin();
    await playback.clock.advance(hourMs);
    expect((await tv.report('HEARTBEAT', minuteMs, { elapsedMs: minuteMs })).outcome).toBe(
      'ACCEPTED',
    );
    await phone.play(hourMs);
    await playback.clock.advance(minuteMs);
    expect((await tv.report('HEARTBEAT', 2 * minuteMs, { elapsedMs: 2 * minuteMs })).outcome).toBe(
      'SUPERSEDED',
    );
  });

  it('that thinks it is years further cannot win for ever', async () => {
    await tv.begin();
    for (const elapsedMs of [dayMs, 365 * dayMs, Number.MAX_SAFE_INTEGER]) {
      expect((await tv.report('HEARTBEAT', minuteMs, { elapsedMs })).outcome).toBe('REFUSED');
    }
    expect((await phone.play(hourMs)).outcome).toBe('ACCEPTED');
  });

  it('that says how long it has been playing is taken at its word, back in time only', async () => {
    await phone.play(hourMs);
    await playback.clock.advance(secondMs);
    await tv.begin({ elapsedMs: hourMs });
    const at = (elapsedMs: number) => tv.report('HEARTBEAT', minuteMs, { elapsedMs });
    expect((await at(0)).outcome).toBe('SUPERSEDED');
    expect((await at(hourMs)).outcome).toBe('ACCEPTED');
    expect((await at(hourMs + 6 * secondMs + 1)).outcome).toBe('REFUSED');
  });
});

describe('servers whose clocks differ', () => {
  it('keep the order of what was seen: an act comes after what its player started from', async () => {
    // What was seen carries a time that this server has not reached.
    await tv.begin();
    const seen = await tv.report('HEARTBEAT', minuteMs, { elapsedMs: 2 * secondMs - 1 });
    expect((await phone.begin({ basedOn: seen.playhead?.version })).stale).toBe(false);
    expect(await phone.report('HEARTBEAT', minuteMs)).toMatchObject({
      outcome: 'ACCEPTED',
      playhead: { device: { id: 'phone' } },
    });
  });

  it('keep it also for a player that waited for the answer', async () => {
    await tv.begin();
    await tv.report('HEARTBEAT', minuteMs, { elapsedMs: 2 * secondMs - 1 });
    await phone.begin();
    expect((await phone.report('HEARTBEAT', minuteMs)).outcome).toBe('ACCEPTED');
  });

  it('are forgiven 3 s and no more: beyond that the clock is wrong, not the order', async () => {
    await tv.begin();
    const ahead = await tv.report('HEARTBEAT', minuteMs, { elapsedMs: 3 * secondMs + 1 });
    await phone.begin({ basedOn: ahead.playhead?.version });
    expect((await phone.report('HEARTBEAT', minuteMs)).outcome).toBe('SUPERSEDED');
  });
});
