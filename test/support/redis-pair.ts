import { Redis } from 'ioredis';
import { FaultProxy } from './fault-proxy.ts';
import { type RedisServer, startRedis, startSentinel } from './redis-server.ts';
import { until } from './until.ts';

/** Sentinel looks once a second, and makes a primary that comes back a replica after ten. */
const failoverMsMax = 60_000;

/** As operators are asked to set up a Redis that has a replica. */
export const waitsForReplica = [
  ...['--min-replicas-to-write', '1', '--min-replicas-max-lag', '2'],
] as const;

/**
 * A primary and its replica; a Sentinel promotes the one when the other dies. One address leads to whichever is
 * the primary, as a proxy that asks them for their role would. A `RedisServer` as seen through that address.
 */
export class RedisPair implements RedisServer {
  readonly url: string;
  readonly port: number;
  /** What the replica hears from its primary. */
  readonly link: FaultProxy;
  readonly #address: FaultProxy;
  #primary: RedisServer;
  #replica: RedisServer;
  #sentinel: RedisServer | null = null;
  #listener: Redis | null = null;

  private constructor(
    nodes: readonly [RedisServer, RedisServer],
    proxies: { address: FaultProxy; link: FaultProxy },
  ) {
    [this.#primary, this.#replica] = nodes;
    this.#address = proxies.address;
    this.link = proxies.link;
    this.port = proxies.address.port;
    this.url = `redis://127.0.0.1:${this.port}`;
  }

  static async open(args: readonly string[] = waitsForReplica): Promise<RedisPair> {
    const primary = await startRedis({ args });
    const replica = await startRedis({ args });
    const address = await FaultProxy.open({ port: primary.port });
    const link = await FaultProxy.open({ port: primary.port });
    const pair = new RedisPair([primary, replica], { address, link });
    await pair.arrange();
    return pair;
  }

  get primary(): RedisServer {
    return this.#primary;
  }

  get replica(): RedisServer {
    return this.#replica;
  }

  /** The replica follows through `link`, and a Sentinel that knows of nothing before watches both. */
  async arrange(): Promise<void> {
    await this.#dismiss();
    await this.link.heal();
    this.link.leadTo(this.#primary.port);
    await this.#replica.ask('replicaof', '127.0.0.1', String(this.link.port));
    await this.#replicaFollows();
    this.#sentinel = await startSentinel(this.#primary);
    this.#listener = new Redis(this.#sentinel.url);
    this.#listener.on('message', (_, text: string) => this.#promoted(Number(text.split(' ')[4])));
    await this.#listener.subscribe('+switch-master');
  }

  /** Returns when Sentinel has promoted the replica, and the address leads to it. */
  async isPromoted(before: RedisServer): Promise<void> {
    await until(() => this.#primary !== before, {
      what: 'Sentinel has promoted the replica',
      deadlineMs: failoverMsMax,
    });
  }

  /** The one that was killed is back, and Sentinel has made it the replica of the other. */
  async isWhole(): Promise<void> {
    await this.#replica.start();
    await this.#replicaFollows();
  }

  signal(name: NodeJS.Signals): void {
    this.#primary.signal(name);
  }

  kill(): Promise<void> {
    return this.#primary.kill();
  }

  start(): Promise<void> {
    return this.#primary.start();
  }

  removeFiles(): Promise<void> {
    return this.#primary.removeFiles();
  }

  fileBytes(): Promise<number> {
    return this.#primary.fileBytes();
  }

  truncateFile(bytes: number): Promise<void> {
    return this.#primary.truncateFile(bytes);
  }

  ask(...command: string[]): Promise<string> {
    return this.#primary.ask(...command);
  }

  async close(): Promise<void> {
    await this.#dismiss();
    await Promise.all([this.#primary.close(), this.#replica.close()]);
    await Promise.all([this.#address.close(), this.link.close()]);
  }

  #promoted(port: number): void {
    if (port !== this.#replica.port) return;
    [this.#primary, this.#replica] = [this.#replica, this.#primary];
    this.#address.leadTo(port);
  }

  async #replicaFollows(): Promise<void> {
    const follows = async () =>
      (await this.#primary.ask('info', 'replication')).includes('state=online') &&
      (await this.#replica.ask('info', 'replication')).includes('master_link_status:up');
    await until(follows, { what: 'the replica follows', deadlineMs: failoverMsMax });
  }

  async #dismiss(): Promise<void> {
    this.#listener?.disconnect();
    await this.#sentinel?.close();
  }
}
