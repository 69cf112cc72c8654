import { once } from 'node:events';
import {
  type AddressInfo,
  createConnection,
  createServer,
  type Server,
  type Socket,
} from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** From the client to the server, or back. */
export type Direction = 'requests' | 'answers';

/** What becomes of the bytes of one direction. */
type Flow =
  | { kind: 'pass'; delayMs: number }
  /** They wait, as in a network that is down while both ends repeat what nobody confirmed. */
  | { kind: 'hold' }
  /** They vanish; the connection stays until the proxy is healed. */
  | { kind: 'drop' };

interface Link {
  client: Socket;
  server: Socket;
  /** Bytes of it vanished, or it was half closed: no network would let it go on. */
  isBroken: boolean;
  /** Bytes of the next answer that still pass before it is reset. */
  cutAfter?: number;
}

const healthy: Flow = { kind: 'pass', delayMs: 0 };

/** Where a proxy listens. */
interface Place {
  host: string;
  port: number;
}

/**
 * A TCP proxy on 127.0.0.1 (or where it is told) that breaks as networks do, at run time and for each direction alone.
 *
 * Shape: a fault concerns the links there are and those to come, until `heal`; faults of the two
 * directions add up. Bytes of one direction keep their order whatever their delay.
 */
export class FaultProxy {
  readonly port: number;
  readonly #host: string;
  #target: { host: string; port: number };
  readonly #links = new Set<Link>();
  readonly #flows: Record<Direction, Flow> = { requests: healthy, answers: healthy };
  #listener: Server | undefined;
  #changed: Record<Direction, PromiseWithResolvers<Flow>> = {
    requests: Promise.withResolvers(),
    answers: Promise.withResolvers(),
  };
  #stoppedBytes = 0;
  #cuts = 0;

  private constructor(target: { host: string; port: number }, listener: Server) {
    this.#target = target;
    const { address, port } = listener.address() as AddressInfo;
    this.#host = address;
    this.port = port;
    this.#accept(listener);
  }

  /** Default: on a free port of 127.0.0.1. */
  static async open(
    target: { host?: string; port: number },
    place: Partial<Place> = {},
  ): Promise<FaultProxy> {
    const listener = await listen({ host: '127.0.0.1', port: 0, ...place });
    return new FaultProxy({ host: '127.0.0.1', ...target }, listener);
  }

  /** Connections that pass through just now. */
  get links(): number {
    return this.#links.size;
  }

  /** Bytes that were held or have vanished since the proxy was last healed: whether a fault was felt. */
  get stoppedBytes(): number {
    return this.#stoppedBytes;
  }

  /** Answers that `cutAnswersAfter` has cut short. */
  get cuts(): number {
    return this.#cuts;
  }

  /** Latency: every byte of these directions arrives this much later. */
  delay(delayMs: number, ...directions: Direction[]): void {
    this.#set({ kind: 'pass', delayMs }, directions);
  }

  /** A black hole that heals late: what was sent meanwhile arrives then. Both directions by default. */
  hold(...directions: Direction[]): void {
    this.#set({ kind: 'hold' }, directions);
  }

  /** A black hole for good: bytes vanish, connections stay. Both directions by default. */
  drop(...directions: Direction[]): void {
    this.#set({ kind: 'drop' }, directions);
  }

  /** The server gets every request and does it; no answer comes back. */
  loseAnswers(): void {
    this.drop('answers');
  }

  /** Resets every connection once; new ones are welcome. */
  reset(): void {
    for (const link of this.#links) this.#end(link);
  }

  /** Resets each connection in the middle of its next answer, after so many bytes of it; once. */
  cutAnswersAfter(bytes: number): void {
    for (const link of this.#links) link.cutAfter = bytes;
  }

  /** New connections go to another port of that host; those that there are stay, as with a balancer. */
  leadNewTo(port: number): void {
    this.#target = { ...this.#target, port };
  }

  /** From now on it leads to another port of that host: every connection is reset, new ones go there. */
  leadTo(port: number): void {
    this.#target = { ...this.#target, port };
    this.reset();
  }

  /** Resets every connection and refuses new ones. */
  async cut(): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    const closed = listener === undefined ? null : once(listener, 'close');
    listener?.close();
    this.reset();
    await closed;
  }

  /**
   * The receiver of this direction is told that the sender has ended; the sender learns nothing, and
   * what the receiver says to it still passes.
   */
  halfClose(direction: Direction): void {
    for (const link of this.#links) {
      link.isBroken = true;
      if (direction === 'requests') link.server.end();
      else link.client.end();
    }
  }

  /** All is well again, for new connections and for those that lost nothing; the others are reset. */
  async heal(): Promise<void> {
    this.#set(healthy, []);
    this.#stoppedBytes = 0;
    for (const link of this.#links) if (link.isBroken) this.#end(link);
    if (this.#listener !== undefined) return;
    this.#accept(await listen({ host: this.#host, port: this.port }));
  }

  async close(): Promise<void> {
    await this.cut();
    // Whatever still waits is let go of; its links are gone.
    this.#set(healthy, []);
  }

  #set(flow: Flow, directions: readonly Direction[]): void {
    const both: readonly Direction[] = ['requests', 'answers'];
    for (const direction of directions.length === 0 ? both : directions) {
      this.#flows[direction] = flow;
      // What was held under the flow before goes on under this one.
      this.#changed[direction].resolve(flow);
      this.#changed[direction] = Promise.withResolvers();
    }
  }

  #accept(listener: Server): void {
    this.#listener = listener;
    listener.on('connection', (client: Socket) => {
      const server = createConnection({ ...this.#target, allowHalfOpen: true });
      const link: Link = { client, server, isBroken: false };
      this.#links.add(link);
      for (const socket of [client, server]) {
        socket.setNoDelay(true);
        socket.on('error', () => this.#end(link));
        socket.on('close', () => this.#end(link));
      }
      this.#pump(link, 'requests');
      this.#pump(link, 'answers');
    });
  }

  #pump(link: Link, direction: Direction): void {
    const [from, to] =
      direction === 'requests' ? [link.client, link.server] : [link.server, link.client];
    let last = Promise.resolve();
    from.on('data', (chunk: Buffer) => {
      const receivedMs = performance.now();
      if (this.#flows[direction].kind !== 'pass') this.#stoppedBytes += chunk.length;
      last = last.then(async () => {
        const canPass = await this.#passes(link, { direction, receivedMs });
        if (direction === 'answers' && link.cutAfter !== undefined)
          return this.#cutShort(link, chunk);
        // A full pipe slows the sender down: a proxy must not be the buffer of a slow reader.
        if (!canPass || !to.writable || to.write(chunk)) return;
        from.pause();
        to.once('drain', () => from.resume());
      });
    });
    from.on('end', () => {
      last = last.then(() => {
        if (!link.isBroken) to.end();
      });
    });
  }

  #cutShort(link: Link, chunk: Buffer): void {
    link.isBroken = true;
    this.#cuts += 1;
    link.client.write(chunk.subarray(0, link.cutAfter), () => this.#end(link));
  }

  /** Waits as long as this direction makes bytes wait; false for bytes that vanish. */
  async #passes(link: Link, chunk: { direction: Direction; receivedMs: number }): Promise<boolean> {
    const { direction, receivedMs } = chunk;
    let flow = this.#flows[direction];
    while (flow.kind === 'hold') flow = await this.#changed[direction].promise;
    if (flow.kind === 'pass') {
      const restMs = receivedMs + flow.delayMs - performance.now();
      if (restMs > 0) await delay(restMs);
      return true;
    }
    link.isBroken = true;
    // Healed in this very moment: nobody else will reset it.
    if (this.#flows[direction].kind === 'pass') this.#end(link);
    return false;
  }

  #end(link: Link): void {
    this.#links.delete(link);
    for (const socket of [link.client, link.server]) {
      // What is not connected yet, or is being ended, cannot be reset: its handle would stay for ever.
      if (socket.connecting || socket.writableEnded) socket.destroy();
      else if (!socket.destroyed) socket.resetAndDestroy();
    }
  }
}

/** Sockets stay open for writing when the other end has ended: half-closed is a state of its own. */
async function listen({ host, port }: Place): Promise<Server> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}
