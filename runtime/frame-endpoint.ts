import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { printSubgraphSchema } from '@apollo/subgraph';
import { type Clock, systemClock } from './clock.ts';
import { type Drain, endEach } from './drain.ts';
import { FrameConnection, type FrameLimits } from './frame-connection.ts';
import { FrameCounts } from './frame-counts.ts';
import { type FrameKeys, frameProtocol, framesPath, releaseOf } from './frame-hello.ts';
import type { Subgraph, SubgraphContext } from './subgraph.ts';
import { noTracer, type Tracer } from './tracing.ts';
import { refuseUpgrade, takeUpgrades } from './upgrades.ts';

export interface FrameEndpoint {
  /** Prometheus' text format. */
  metrics(): string;
  /** Sends gateways elsewhere, and answers what they have asked; new ones are refused. */
  retire(): void;
  /** `retire()`, over the time of the drain. */
  drain(): Promise<void>;
  /** Waits a moment for gateways to end what they have under way. Idempotent. */
  close(): Promise<void>;
}

export interface FrameOptions {
  keys: FrameKeys;
  /** @default nothing is traced. */
  tracer?: Tracer | undefined;
  /** @default all connections at once. */
  drain?: Drain | undefined;
  /** @default the system's. */
  clock?: Clock;
  limits?: Partial<EndpointLimits>;
}

interface EndpointLimits extends FrameLimits {
  /** Between the upgrade and the proof, ms. */
  helloMs: number;
  /** Connections that have not proved anything; the oldest makes room. */
  strangersMax: number;
  /** Two for each gateway, and twice as many while they are replaced. */
  connectionsMax: number;
}

const limitsByDefault: EndpointLimits = {
  requestsMax: 1_000,
  documentsMax: 1_000,
  silentMs: 30_000,
  helloMs: 5_000,
  strangersMax: 64,
  connectionsMax: 1_000,
};

/** A gateway ends a connection once it has its answers, or has given them up: in 4 s. */
const closeGraceMs = 4_500;

/**
 * Speaks frames with gateways on /graphql/frames of these servers (`Upgrade: playhead-frames`): what they
 * ask is run as if it had come by POST. Who does not prove to have the identity key is told nothing.
 */
export function openFrameEndpoint<Context extends SubgraphContext>(
  subgraph: Subgraph<Context>,
  servers: readonly Server[],
  options: FrameOptions,
): FrameEndpoint {
  const { keys, tracer = noTracer, clock = systemClock } = options;
  const limits = { ...limitsByDefault, ...options.limits };
  const counts = new FrameCounts();
  const release = releaseOf(printSubgraphSchema(subgraph.schema));
  const gateways = new Set<FrameConnection<Context>>();
  const strangers = new Set<FrameConnection<Context>>();
  let draining: Promise<void> | undefined;

  const open = (socket: Socket, head: Buffer) => {
    const cancel = clock.after(limits.helloMs, () => connection.refuse('late'));
    const connection = new FrameConnection<Context>(socket, {
      ...{ subgraph, keys, tracer, limits, counts, release },
      onOpen() {
        cancel();
        strangers.delete(connection);
        if (gateways.size >= limits.connectionsMax) return connection.refuse('crowded');
        gateways.add(connection);
      },
    });
    socket.once('close', () => {
      cancel();
      strangers.delete(connection);
      gateways.delete(connection);
    });
    for (const oldest of strangers) {
      if (strangers.size < limits.strangersMax) break;
      strangers.delete(oldest);
      oldest.refuse('crowded');
    }
    strangers.add(connection);
    if (head.length > 0) connection.receive(head);
  };
  const drain = () => {
    for (const stranger of strangers) stranger.destroy();
    draining ??= endEach(gateways, (gateway) => gateway.goAway(), options.drain);
    return draining;
  };
  for (const server of servers) {
    takeUpgrades(server, framesPath, (request, socket, head) => {
      const refusal = refusalOf(request, draining !== undefined);
      if (refusal !== undefined) return refuseUpgrade(socket, refusal);
      socket.write(accepted);
      open(socket as Socket, head);
    });
  }
  return {
    metrics() {
      const underWay = [...gateways].reduce((sum, gateway) => sum + gateway.underWay, 0);
      return counts.text({ connections: gateways.size, underWay });
    },
    retire: () => void drain(),
    drain,
    async close() {
      await drain();
      const timer = setTimeout(() => {
        for (const gateway of gateways) gateway.destroy();
      }, closeGraceMs);
      await Promise.all([...gateways].map(({ closed }) => closed));
      clearTimeout(timer);
    },
  };
}

const accepted = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${frameProtocol}\r\n\r\n`;

function refusalOf(request: IncomingMessage, isDraining: boolean): string | undefined {
  if (isDraining) return '503 Service Unavailable';
  const isOurs = request.headers.upgrade?.toLowerCase() === frameProtocol;
  return isOurs && request.method === 'GET' ? undefined : '400 Bad Request';
}
