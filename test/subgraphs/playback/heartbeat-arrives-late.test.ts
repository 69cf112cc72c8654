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

describe('two devices that interleave', () => {
  it('leave the position of the one that was active last, heartbeat by heartbeat', async () => {
    await tv.begin();
    await phone.begin();
    for (let step = 1; step <= 5; step += 1) {
      await playback.clock.advance(secondMs);
      await tv.report('HEARTBEAT', step * minuteMs);
      expect((await playback.playhead()).device?.id).toBe('tv');
      await playback.clock.advance(secondMs);
      await phone.report('HEARTBEAT', hourMs + step * minuteMs);
      expect((await playback.playhead()).device?.id).toBe('phone');
    }
    expect((await playback.playhead()).positionMs).toBe(hourMs + 5 * minuteMs);
  });

  it('keep the later observation whatever the arrival order', async () => {
    await tv.begin();
    await phone.begin();
    const observed = [];
    for (let step = 1; step <= 4; step += 1) {
      await playback.clock.advance(secondMs);
      observed.push({ from: tv, heartbeat: tv.observe('HEARTBEAT', step * minuteMs) });
      await playback.clock.advance(secondMs);
      observed.push({
        from: phone,
        heartbeat: phone.observe('HEARTBEAT', hourMs + step * minuteMs),
      });
    }
    const outcomes = [];
    for (const index of [5, 2, 7, 0, 6, 1, 4, 3]) {
      const { from, heartbeat } = observed[index]!;
      outcomes.push((await from.send(heartbeat)).outcome);
    }
    const [accepted, superseded] = ['ACCEPTED', 'SUPERSEDED'];
    expect(outcomes).toEqual([
      accepted,
      superseded,
      accepted,
      ...Array.from({ length: 5 }, () => superseded),
    ]);
    expect((await playback.playhead()).positionMs).toBe(hourMs + 4 * minuteMs);
  });

  it('never touch one another’s titles, nor other profiles', async () => {
    const guest = playback.device({ id: 'tv', profileId: playback.guestId });
    await tv.begin({ playableId: 'film' });
    await phone.begin({ playableId: 'other-film' });
    await guest.begin({ playableId: 'film' });
    await tv.report('HEARTBEAT', minuteMs);
    await phone.report('HEARTBEAT', 2 * minuteMs);
    await guest.report('HEARTBEAT', 3 * minuteMs);
    expect((await playback.playhead('film')).positionMs).toBe(minuteMs);
    expect((await playback.playhead('other-film')).positionMs).toBe(2 * minuteMs);
    expect((await playback.playhead('film', playback.guestId)).positionMs).toBe(3 * minuteMs);
  });
});

describe('a retry', () => {
  it.each([0, 1, secondMs, minuteMs, hourMs, dayMs, 29 * dayMs])(
    'after %i ms has the version it always had',
    async (delayMs) => {
      await tv.begin();
      await playback.clock.advance(secondMs);
      const heartbeat = tv.observe('PAUSE', minuteMs);
      const { playhead } = await tv.send(heartbeat);
      await playback.clock.advance(delayMs);
      const again = await tv.send(heartbeat);
      expect(again.outcome).toBe('DUPLICATE');
      expect(again.playhead?.version).toBe(playhead?.version);
      expect(again.durability).toBe('DURABLE');
    },
  );

  it('never becomes newer than what another device did meanwhile', async () => {
    await tv.begin();
    const heartbeat = tv.observe('PAUSE', minuteMs);
    await tv.send(heartbeat);
    await playback.clock.advance(secondMs);
    await phone.play(hourMs);
    await playback.clock.advance(hourMs);
    expect(await tv.send(heartbeat)).toMatchObject({
      outcome: 'SUPERSEDED',
      playhead: { positionMs: hourMs },
    });
  });

  it('whose first try was stored without an answer stores nothing twice', async () => {
    await tv.begin();
    const batch = [tv.observe('START', 0), tv.observe('PAUSE', minuteMs)];
    playback.durable.interrupt('after', 'write', async () => {
      throw new Error('The connection is gone.');
    });
    const first = await tv.send(...batch);
    const again = await tv.send(...batch);
    expect(again.outcome).toBe('DUPLICATE');
    expect(again.playhead?.version).toBe(first.playhead?.version);
  });

  it('of a whole batch after the last heartbeat of it changes nothing', async () => {
    await tv.begin();
    const batch = [tv.observe('START', 0), tv.observe('HEARTBEAT', 5 * secondMs)];
    await tv.send(...batch);
    const newer = await tv.report('HEARTBEAT', 10 * secondMs);
    const again = await tv.send(...batch);
    expect(again.outcome).toBe('SUPERSEDED');
    expect(again.playhead?.version).toBe(newer.playhead?.version);
  });
});

describe('heartbeats of one session', () => {
  it('that overtake each other on the way end at the newest', async () => {
    await tv.begin();
    const first = tv.observe('HEARTBEAT', minuteMs);
    const second = tv.observe('SEEK', hourMs, { fromPositionMs: minuteMs });
    const third = tv.observe('PAUSE', hourMs + secondMs);
    await Promise.all([tv.send(third), tv.send(first), tv.send(second)]);
    expect((await playback.playhead()).positionMs).toBe(hourMs + secondMs);
  });

  it('within one millisecond keep their order', async () => {
    await tv.begin();
    await tv.send(
      tv.observe('HEARTBEAT', minuteMs),
      tv.observe('SEEK', hourMs),
      tv.observe('PAUSE', hourMs),
    );
    expect(await playback.playhead()).toMatchObject({ positionMs: hourMs });
  });
});

describe('a batch of 100', () => {
  it('is recorded whole: its newest is in force, its intents are told', async () => {
    await tv.begin();
    const batch = [];
    for (let index = 0; index < 100; index += 1) {
      await playback.clock.advance(5 * secondMs);
      batch.push(tv.observe(index === 0 ? 'START' : 'HEARTBEAT', index * 5 * secondMs));
    }
    expect(await tv.send(...batch)).toMatchObject({
      outcome: 'ACCEPTED',
      problems: [],
      playhead: { positionMs: 495 * secondMs },
    });
  });

  it('that arrives twice, the second time after its session ended, moves nothing', async () => {
    await tv.begin();
    const batch = [];
    for (let index = 0; index < 100; index += 1) {
      await playback.clock.advance(secondMs);
      batch.push(tv.observe('HEARTBEAT', index * secondMs));
    }
    await tv.send(...batch);
    const stopped = await tv.report('STOP', 100 * secondMs);
    await playback.clock.advance(dayMs);
    const again = await tv.send(...batch);
    expect(again.outcome).toBe('SUPERSEDED');
    expect(again.playhead?.version).toBe(stopped.playhead?.version);
  });
});
