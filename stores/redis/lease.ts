import type { Lease, LeaseRequest, Leases } from '../lease.ts';
import { RedisConnection, type RedisConnectionOptions } from './connection.ts';
import { partitionKeys } from './keys.ts';
import { readScript } from './scripts.ts';

const scripts = { acquire: readScript('lease-acquire'), renew: readScript('lease-renew') };

/** Leases among processes, by the clock of Redis; a failover may forget them, and nothing breaks. */
export async function openRedisLeases(options: RedisConnectionOptions): Promise<Leases> {
  return new RedisLeases(await RedisConnection.open(options));
}

class RedisLeases implements Leases {
  readonly #connection: RedisConnection;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  async acquire({ ttlMs, ...work }: LeaseRequest): Promise<Lease | null> {
    const { lease, leases } = keysOf(work);
    const generation = await this.#connection.run(scripts.acquire, {
      keys: [lease, leases],
      args: [work.owner, ttlMs],
    });
    return generation === null ? null : { ...work, generation: Number(generation) };
  }

  async renew(lease: Lease, { ttlMs }: { ttlMs: number }): Promise<boolean> {
    const extended = await this.#connection.run(scripts.renew, {
      keys: [keysOf(lease).lease],
      args: [`${lease.generation}|${lease.owner}`, ttlMs],
    });
    return extended === 1;
  }

  async release(lease: Lease): Promise<void> {
    await this.renew(lease, { ttlMs: 0 });
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }
}

function keysOf({ partition, task }: Pick<LeaseRequest, 'partition' | 'task'>) {
  const { lease, leases } = partitionKeys(partition);
  const suffix = task === undefined ? '' : `:${task}`;
  return { lease: lease + suffix, leases: leases + suffix };
}
