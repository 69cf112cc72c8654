import { randomUUID } from 'node:crypto';
import { systemClock } from '../runtime/clock.ts';
import { createLog } from '../runtime/log.ts';
import { openRedisLeases } from '../stores/redis/lease.ts';
import { WriteBehind } from '../subgraphs/playback/write-behind.ts';
import { until } from '../test/support/until.ts';
import type { Tiers } from './tiers.ts';

/** 80,000 rows at the pace of a Cassandra that has just started. */
const deadlineMs = 300_000;

/**
 * Drains, as another process of the product would, what the one that was stopped could not: its own
 * last drain gives up on a Cassandra that is busy, and leaves the rest in Redis.
 */
export async function drainRest(tiers: Tiers): Promise<void> {
  const { hot, durable, productUrl } = tiers;
  const clock = systemClock;
  const leases = await openRedisLeases({ ...tiers.redisOptions, address: { url: productUrl } });
  const log = createLog({ level: 'silent', part: 'bench' });
  const owner = randomUUID();
  const writeBehind = new WriteBehind({ hot, durable, leases, clock, log, intervalMs: 0, owner });
  try {
    await until(
      async () => {
        const before = await writeBehind.backlog();
        if (before.dirty === 0) return true;
        await writeBehind.drain({ minimumAgeMs: Number.NEGATIVE_INFINITY }).catch(() => {});
        return false;
      },
      { what: 'the hot store owes the durable one nothing', deadlineMs },
    );
  } finally {
    await leases.close();
  }
}
