import type { FaultProxy } from './fault-proxy.ts';

export interface LinkEnds {
  from: string;
  to: string;
  /** While all is well. */
  delayMs: number;
}

export interface LinkProxies {
  redis: FaultProxy;
  nodes: FaultProxy;
  clients: FaultProxy;
}

/**
 * What one region has to tell another: the accepted changes that the other one reads from its Redis, what
 * its Cassandra node sends the other's, and what the other one's processes read in its Cassandra.
 *
 * Shape: a fault stays until `heal`. The way back is another link, which goes on: Cassandra, though, needs
 * both to count the other node among the living.
 */
export class RegionLink {
  readonly from: string;
  readonly to: string;
  readonly #ends: LinkEnds;
  readonly #via: Partial<LinkProxies>;

  constructor(ends: LinkEnds, via: Partial<LinkProxies>) {
    this.from = ends.from;
    this.to = ends.to;
    this.#ends = ends;
    this.#via = via;
    this.#delayAll(ends.delayMs);
  }

  /** What passes of one tier alone, as a link of its own; healing the whole link heals it too. */
  of(tier: 'hot' | 'durable'): RegionLink {
    const { redis, nodes, clients } = this.#via as LinkProxies;
    return new RegionLink(this.#ends, tier === 'hot' ? { redis } : { nodes, clients });
  }

  /** Connections that pass just now. */
  get connections(): number {
    return this.#proxies.reduce((sum, { links }) => sum + links, 0);
  }

  /** Every connection is reset, and new ones are refused. */
  async cut(): Promise<void> {
    await Promise.all(this.#proxies.map((proxy) => proxy.cut()));
  }

  /** A black hole: connections stay, nothing passes, and what was sent meanwhile arrives at the end. */
  hold(): void {
    for (const proxy of this.#proxies) proxy.hold();
  }

  /** A black hole for good: what was sent meanwhile is lost, and the connections are reset at the end. */
  drop(): void {
    for (const proxy of this.#proxies) proxy.drop();
  }

  /** Every byte, and every answer, arrives this much later. */
  delay(delayMs: number): void {
    this.#delayAll(delayMs);
  }

  /** As it was opened. */
  async heal(): Promise<void> {
    await Promise.all(this.#proxies.map((proxy) => proxy.heal()));
    this.#delayAll(this.#ends.delayMs);
  }

  get #proxies(): FaultProxy[] {
    return Object.values(this.#via);
  }

  #delayAll(delayMs: number): void {
    for (const proxy of this.#proxies) proxy.delay(delayMs);
  }
}
