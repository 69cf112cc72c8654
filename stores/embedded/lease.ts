import type { Lease, LeaseRequest, Leases } from '../lease.ts';

interface Held {
  lease: Lease;
  untilMs: number;
}

/** Leases among the parts of one process. */
export function openEmbeddedLeases(options: { clock: { nowMs(): number } }): Leases {
  const { clock } = options;
  const held = new Map<number, Held>();
  let generation = 0;

  function holder(partition: number): Lease | null {
    const found = held.get(partition);
    return found !== undefined && clock.nowMs() < found.untilMs ? found.lease : null;
  }
  function isHolder(lease: Lease): boolean {
    return holder(lease.partition)?.generation === lease.generation;
  }
  function hold(lease: Lease, ttlMs: number): Lease {
    held.set(lease.partition, { lease, untilMs: clock.nowMs() + ttlMs });
    return lease;
  }

  return {
    async acquire({ partition, owner, ttlMs }: LeaseRequest) {
      const current = holder(partition);
      if (current !== null) return current.owner === owner ? hold(current, ttlMs) : null;
      generation += 1;
      return hold({ partition, owner, generation }, ttlMs);
    },
    async renew(lease, { ttlMs }) {
      if (!isHolder(lease)) return false;
      hold(lease, ttlMs);
      return true;
    },
    async release(lease) {
      if (isHolder(lease)) held.delete(lease.partition);
    },
    async close() {
      held.clear();
    },
  };
}
