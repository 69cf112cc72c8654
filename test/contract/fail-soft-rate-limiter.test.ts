import { describe, expect, it } from '@jest/globals';
import type { RateTake } from '../../domain/rate-limit.ts';
import { Breaker } from '../../stores/breaker.ts';
import { openEmbeddedRateLimiter } from '../../stores/embedded/rate-limiter.ts';
import { failSoftRateLimiter } from '../../stores/fail-soft-rate-limiter.ts';
import { StoreUnreachable } from '../../stores/faults.ts';
import type { RateLimiter } from '../../stores/rate-limiter.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { describeRateLimiter } from './rate-limiter.ts';

/** Processes over one shared limiter, which can be away. */
class Fleet {
  readonly clock = new ManualClock();
  isAway = false;
  /** How often the shared limiter was asked. */
  asked = 0;
  readonly #shared = openEmbeddedRateLimiter({ clock: this.clock });

  process(): RateLimiter {
    const { clock } = this;
    return failSoftRateLimiter({
      local: openEmbeddedRateLimiter({ clock }),
      quiet: openEmbeddedRateLimiter({ clock }),
      shared: {
        take: async (take) => {
          this.asked += 1;
          if (this.isAway) throw new StoreUnreachable('Away.');
          return this.#shared.take(take);
        },
        close: async () => {},
      },
      breaker: new Breaker({ name: 'rate limits', clock }),
    });
  }
}

const take: RateTake = { kind: 'device', id: 'tv', count: 1, limit: { perS: 1, burst: 8 } };

async function admitted(processes: readonly RateLimiter[], tries: number): Promise<number> {
  let count = 0;
  for (let index = 0; index < tries; index += 1) {
    const limiter = processes[index % processes.length] as RateLimiter;
    if ((await limiter.take(take)) === 0) count += 1;
  }
  return count;
}

describeRateLimiter('shared, with that of the process beside it', async () => {
  const fleet = new Fleet();
  const limiter = fleet.process();
  return { limiter, pass: (ms) => fleet.clock.advance(ms), close: () => limiter.close() };
});

describeRateLimiter('of the process, while the shared one is away', async () => {
  const fleet = new Fleet();
  fleet.isAway = true;
  const limiter = fleet.process();
  return { limiter, pass: (ms) => fleet.clock.advance(ms), close: () => limiter.close() };
});

describe('a limit that processes share', () => {
  it('is asked about by nobody who stays below a quarter of it', async () => {
    const fleet = new Fleet();
    const limiter = fleet.process();
    for (let minute = 0; minute < 60; minute += 1) {
      expect(await limiter.take(take)).toBe(0);
      await fleet.clock.advance(4_000);
    }
    expect(fleet.asked).toBe(0);
  });

  it('holds for whoever spreads over processes, but for a quarter in each', async () => {
    const fleet = new Fleet();
    const processes = Array.from({ length: 4 }, () => fleet.process());
    expect(await admitted(processes, 400)).toBe(8 + 4 * 2);
  });

  // What breaks: the shared store stops answering while somebody asks for too much.
  // How: every call of it fails.
  // What must still hold: nobody is refused for it, and each process still keeps the limit by itself.
  it('is kept by each process alone while the store is away', async () => {
    const fleet = new Fleet();
    fleet.isAway = true;
    const processes = [fleet.process(), fleet.process()];
    expect(await admitted(processes, 400)).toBe(2 * 8);
    // The breaker spares whoever comes next the wait for a store that does not answer.
    expect(fleet.asked).toBe(2 * 5);
  });

  it('is shared again once the store is back', async () => {
    const fleet = new Fleet();
    fleet.isAway = true;
    const processes = [fleet.process(), fleet.process()];
    await admitted(processes, 400);
    fleet.isAway = false;
    await fleet.clock.advance(60_000);
    expect(await admitted(processes, 400)).toBe(8 + 2 * 2);
  });
});
