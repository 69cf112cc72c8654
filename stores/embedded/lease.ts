import type { Lease, LeaseRequest, Leases } from '../lease.ts';

type Work = Pick<LeaseRequest, 'partition' | 'task'>;

interface Held {
  lease: Lease;
  untilMs: number;
}

/** Leases among the parts of one process. */
export function openEmbeddedLeases(options: { clock: { nowMs(): number } }): Leases {
  const { clock } = options;
  const held = new Map<string, Held>();
  let generation = 0;

  function holder(of: Work): Lease | null {
    const found = held.get(nameOf(of));
    return found !== undefined && clock.nowMs() < found.untilMs ? found.lease : null;
  }
  function isHolder(lease: Lease): boolean {
    return holder(lease)?.generation === lease.generation;
  }
  function hold(lease: Lease, ttlMs: number): Lease {
    held.set(nameOf(lease), { lease, untilMs: clock.nowMs() + ttlMs });
    return lease;
  }

  return {
    async acquire({ ttlMs, ...work }: LeaseRequest) {
      const current = holder(work);
      if (current !== null) return current.owner === work.owner ? hold(current, ttlMs) : null;
      generation += 1;
      return hold({ ...work, generation }, ttlMs);
    },
    async renew(lease, { ttlMs }) {
      if (!isHolder(lease)) return false;
      hold(lease, ttlMs);
      return true;
    },
    async release(lease) {
      if (isHolder(lease)) held.delete(nameOf(lease));
    },
    async close() {
      held.clear();
    },
  };
}

function nameOf({ partition, task = '' }: Work): string {
  return `${partition}|${task}`;
}
