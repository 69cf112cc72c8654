import { beforeEach, describe, expect, it } from '@jest/globals';
import { LaneChanges } from '../../gateway/lane-changes.ts';
import { ManualClock } from '../support/manual-clock.ts';

const againMs = 1_000;

describe('a change of the supergraph under the lane', () => {
  let clock: ManualClock;
  let changes: LaneChanges;
  let isForwarding: boolean;
  let failures: number;
  let attempts: number;
  const gateway = { getSchema: async () => ({}) as never };
  beforeEach(() => {
    clock = new ManualClock();
    [isForwarding, failures, attempts] = [true, 0, 0];
    changes = new LaneChanges({
      clock,
      suspend() {
        isForwarding = false;
      },
      resume() {
        isForwarding = true;
      },
    });
  });

  const change = async () => {
    expect(isForwarding).toBe(false);
    attempts += 1;
    if (attempts <= failures) throw new Error('No graph.');
  };

  it('is over once the runtime has its schema', async () => {
    const { promise, resolve } = Promise.withResolvers<never>();
    const changing = changes.during({ getSchema: () => promise }, change);
    await clock.advance(againMs);
    expect(isForwarding).toBe(false);
    resolve(undefined as never);
    await changing;
    expect(isForwarding).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('that fails says so, and the lane is back with the first graph that there is', async () => {
    failures = 3;
    await expect(changes.during(gateway, change)).rejects.toThrow('No graph.');
    await clock.advance(2 * againMs);
    expect(isForwarding).toBe(false);
    await clock.advance(againMs);
    expect(isForwarding).toBe(true);
    expect({ attempts, pending: clock.pending }).toEqual({ attempts: 4, pending: 0 });
  });

  it('that failed brings nothing back while the next one is under way', async () => {
    failures = 1;
    await expect(changes.during(gateway, change)).rejects.toThrow('No graph.');
    const { promise, resolve } = Promise.withResolvers<never>();
    const changing = changes.during({ getSchema: () => promise }, change);
    await clock.advance(3 * againMs);
    expect({ isForwarding, attempts }).toEqual({ isForwarding: false, attempts: 2 });
    resolve(undefined as never);
    await changing;
    expect(isForwarding).toBe(true);
  });

  it('that failed is not tried again after the end', async () => {
    failures = 1;
    await expect(changes.during(gateway, change)).rejects.toThrow('No graph.');
    changes.close();
    await clock.advance(3 * againMs);
    expect({ isForwarding, attempts }).toEqual({ isForwarding: false, attempts: 1 });
  });
});
