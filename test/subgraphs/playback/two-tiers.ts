import { setImmediate as turn } from 'node:timers/promises';
import { defaultPolicy } from '../../../domain/policy.ts';
import { createLog } from '../../../runtime/log.ts';
import type { DurableStore } from '../../../stores/durable-store.ts';
import { openEmbeddedDurableStore } from '../../../stores/embedded/durable.ts';
import { openEmbeddedHotStore } from '../../../stores/embedded/hot.ts';
import { openEmbeddedLeases } from '../../../stores/embedded/lease.ts';
import { openEmbeddedEventStream } from '../../../stores/embedded/stream.ts';
import type { HotStore } from '../../../stores/hot-store.ts';
import type { Leases } from '../../../stores/lease.ts';
import { HotRestorer } from '../../../subgraphs/playback/hot-restore.ts';
import { Faults, faulty } from '../../support/faulty.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** A hot and a durable store, each behind weather that a test makes. */
export interface TwoTiers {
  clock: ManualClock;
  log: ReturnType<typeof createLog>;
  hot: HotStore;
  hotFaults: Faults;
  durable: DurableStore;
  durableFaults: Faults;
  leases: Leases;
  owner: string;
  restorer: HotRestorer;
  /** Past the weather: what is really there. */
  actual: { hot: HotStore; durable: DurableStore };
  /** The hot store forgets every profile that it may forget. */
  evict(): Promise<void>;
  close(): Promise<void>;
}

export const partitions = 4;
const profilesMax = 1_000;

/** Both embedded, on no file at all. */
export async function openTwoTiers(): Promise<TwoTiers> {
  const clock = new ManualClock();
  const events = openEmbeddedEventStream({ path: ':memory:', partitions, clock });
  const hot = openEmbeddedHotStore({ policy: defaultPolicy, partitions, events, profilesMax });
  const durable = openEmbeddedDurableStore({ path: ':memory:' });
  const [hotFaults, durableFaults] = [new Faults(), new Faults()];
  const log = createLog({ level: 'silent', part: 'test' });
  const faultyHot = faulty(hot, hotFaults);
  return {
    clock,
    log,
    hot: faultyHot,
    hotFaults,
    leases: openEmbeddedLeases({ clock }),
    owner: 'this process',
    restorer: new HotRestorer({ hot: faultyHot, clock, log }),
    durable: faulty(durable, durableFaults),
    durableFaults,
    actual: { hot, durable },
    async evict() {
      for (let visitor = 0; visitor <= 2 * profilesMax; visitor += 1) {
        await hot.merge(emptyMerge(`visitor-${visitor}`));
      }
    },
    async close() {
      durableFaults.heal();
      hotFaults.heal();
      await hot.close();
      await events.close();
      await durable.close();
    },
  };
}

/** Lets everything run that waits for nothing but its turn. */
export async function idle(): Promise<void> {
  for (let turns = 0; turns < 12; turns += 1) await turn();
}

function emptyMerge(profileId: string) {
  const nothing = { device: null, presence: null, transitions: [], onlyIf: null };
  return { profileId, nowMs: 0, writes: [], ...nothing };
}
