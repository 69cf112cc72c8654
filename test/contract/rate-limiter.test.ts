import { describe, expect, it } from '@jest/globals';
import { openEmbeddedRateLimiter } from '../../stores/embedded/rate-limiter.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { describeRateLimiter } from './rate-limiter.ts';

describeRateLimiter('embedded', async () => {
  const clock = new ManualClock();
  const limiter = openEmbeddedRateLimiter({ clock });
  return { limiter, pass: (ms) => clock.advance(ms), close: () => limiter.close() };
});

describe('buckets of one process', () => {
  const take = { kind: 'device', count: 1, limit: { perS: 1, burst: 1 } } as const;

  it('are no more than fit: what was not touched for long is forgotten', async () => {
    const limiter = openEmbeddedRateLimiter({ clock: new ManualClock(), lengthMax: 4 });
    const takes = async (...ids: string[]) => {
      const waits = [];
      for (const id of ids) waits.push(await limiter.take({ ...take, id }));
      return waits;
    };
    expect(await takes('a', 'b', 'c', 'a')).toEqual([0, 0, 0, 1_000]);
    expect(await takes('d', 'e')).toEqual([0, 0]);
    expect(await takes('c', 'd', 'e')).toEqual([1_000, 1_000, 1_000]);
    expect(await takes('a')).toEqual([0]);
  });

  it('keep nobody waiting because the clock was set back', async () => {
    const clock = { ms: 1_000_000_000, nowMs: () => clock.ms };
    const limiter = openEmbeddedRateLimiter({ clock });
    await limiter.take({ ...take, id: 'a' });
    clock.ms -= 3_600_000;
    expect(await limiter.take({ ...take, id: 'a' })).toBe(1_000);
  });
});
