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

  async acquire({ partition, owner, ttlMs }: LeaseRequest): Promise<Lease | null> {
    const { lease, leases } = partitionKeys(partition);
    const generation = await this.#connection.run(scripts.acquire, {
      keys: [lease, leases],
      args: [owner, ttlMs],
    });
    return generation === null ? null : { partition, owner, generation: Number(generation) };
  }

  async renew(lease: Lease, { ttlMs }: { ttlMs: number }): Promise<boolean> {
    const extended = await this.#connection.run(scripts.renew, {
      keys: [partitionKeys(lease.partition).lease],
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
