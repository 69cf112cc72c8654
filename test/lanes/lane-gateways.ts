import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import http from '@graphql-mesh/transport-http';
import { buildSchema, type DocumentNode, type GraphQLSchema } from 'graphql';
import { embeddedExecutor, embeddedTransports } from '../../gateway/embedded-executor.ts';
import { embeddedUpstream } from '../../gateway/embedded-upstream.ts';
import { forwardStatement } from '../../gateway/identity.ts';
import { GatewayMetrics } from '../../gateway/metrics.ts';
import { openLane } from '../../gateway/open-lane.ts';
import { serveGateway } from '../../gateway/server.ts';
import { type Connections, openGateway } from '../../gateway/supergraph.ts';
import { systemClock } from '../../runtime/clock.ts';
import { readConfig } from '../../runtime/config.ts';
import { mintDevelopmentToken, openTokenVerifier, type Viewer } from '../../runtime/identity.ts';
import type { Listening } from '../../runtime/listen.ts';
import { createLog } from '../../runtime/log.ts';
import { serveSubgraph } from '../../runtime/serve.ts';
import {
  openStatementSigner,
  openSubgraphVerifier,
  type StatementSigner,
} from '../../runtime/signed-identity.ts';
import { openSubgraph, type Subgraph } from '../../runtime/subgraph.ts';
import { composeSupergraph } from '../../schema/compose.ts';
import type { Shape } from '../gateway/toy-gateway.ts';
import type { GeneratedOperation } from './operations.ts';
import { toldBy } from './told-values.ts';

export interface LaneAnswer {
  readonly status: number;
  readonly contentType: string | null;
  /** Undefined: there is none. */
  readonly data: unknown;
  readonly errors: readonly unknown[] | undefined;
}

export interface Laned {
  readonly answer: LaneAnswer;
  /** Whom the lane has asked; undefined: it was left to the normal lane. */
  readonly subgraph: string | undefined;
  /** Why. */
  readonly refusal: string | undefined;
}

/** One gateway under two addresses, over subgraphs that tell the same of the same whenever they are asked. */
export interface ToldGateway {
  readonly api: GraphQLSchema;
  readonly supergraph: string;
  readonly subgraphs: ReadonlyMap<string, Subgraph>;
  /** Where there is no lane. */
  askNormally(operation: GeneratedOperation): Promise<LaneAnswer>;
  /** Where there is one. */
  askLane(operation: GeneratedOperation): Promise<Laned>;
  close(): Promise<void>;
}

export interface ToldGatewayOptions {
  readonly subgraphs: Readonly<Record<string, DocumentNode>>;
  readonly seed: number;
  readonly shape: Shape;
  /** @default more than any operation does */
  readonly costMax?: number;
}

/** Random operations are dear; what one may cost is the subject of another test. */
const costMaxDefault = 1e12;
const profiles: readonly (string | undefined)[] = ['alice', 'bob'];
const log = createLog({ level: process.env.TEST_LOG_LEVEL ?? 'silent', part: 'test' });
const clock = systemClock;
const address = { host: '127.0.0.1', port: 0, log };

export async function openToldGateway(options: ToldGatewayOptions): Promise<ToldGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'playhead-lanes-'));
  const config = readConfig({ DATA_DIR: folder });
  const verifier = await openTokenVerifier(config, clock);
  const signer = await openStatementSigner(config, clock);
  const { costMax = costMaxDefault } = options;
  const isSplit = options.shape === 'split';
  const ofSubgraphs = isSplit ? await openSubgraphVerifier(config, clock) : verifier;
  const subgraphs = await openTold(options, (authorization) => ofSubgraphs.verify(authorization));
  const served = isSplit ? await serveAll(subgraphs) : new Map<string, Listening>();
  const sources = Object.entries(options.subgraphs).map(([name, typeDefs]) => {
    return { name, typeDefs, url: served.get(name)?.url ?? 'embedded://nowhere' };
  });
  const { supergraph, api } = composeSupergraph(sources);
  const supergraphFile = join(folder, 'supergraph.graphql');
  await writeFile(supergraphFile, supergraph);
  const connections = isSplit ? remote(served, signer) : embedded(subgraphs);
  const metrics = new WatchedMetrics();
  const parts = { verifier, clock, log, metrics, isProduction: false, supergraphFile, costMax };
  const upstreams = [...subgraphs].map(
    ([name, one]) => [name, embeddedUpstream(one, { clock, log })] as const,
  );
  const own = new Map(isSplit ? [] : upstreams);
  const lane = await openLane({ ...parts, connections, own, signer });
  if (lane === undefined) throw new Error('There is no native planner for this platform.');
  const gateway = await openGateway({ ...parts, connections, lanePlugin: lane.plugin });
  const access = { allowedOrigins: [], isProduction: false, trustedProxies: 0 };
  const server = { ...parts, ...address, gateway, routes: [], access };
  const normal = await serveGateway({ ...server, metrics: new GatewayMetrics() });
  const laned = await serveGateway({ ...server, lane: lane.lane });
  await lane.start();
  const nowMs = clock.nowMs();
  const tokens = await Promise.all(
    profiles.map((profileId = '') => mintDevelopmentToken(config, { profileId, nowMs })),
  );
  const tokenOf = (operation: GeneratedOperation) => tokens[profiles.indexOf(askerOf(operation))];
  return {
    api: buildSchema(api),
    supergraph,
    subgraphs,
    askNormally: (operation) => ask(normal.url, operation, tokenOf(operation)),
    async askLane(operation) {
      metrics.forget();
      const answer = await ask(laned.url, operation, tokenOf(operation));
      const { subgraph, refusal } = metrics;
      return { answer, subgraph, refusal };
    },
    async close() {
      for (const listening of [normal, laned]) await listening.close();
      await lane.close();
      await gateway[Symbol.asyncDispose]();
      for (const listening of served.values()) await listening.close();
      for (const one of subgraphs.values()) await one.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Request ids are another one each time by nature; that there is one must be equal. */
export function shown(answer: LaneAnswer): LaneAnswer {
  const text = JSON.stringify(answer);
  return JSON.parse(text.replaceAll(/"requestId":"[^"]+"/g, '"requestId":"…"'));
}

/** The seed decides who asks: one of two profiles, or nobody. */
export function askerOf({ seed }: GeneratedOperation): string | undefined {
  const draw = Math.abs(seed) % 6;
  return draw === 0 ? undefined : profiles[draw % 2];
}

/** Knows which way the last operation took. */
class WatchedMetrics extends GatewayMetrics {
  subgraph: string | undefined;
  refusal: string | undefined;

  forget(): void {
    this.subgraph = undefined;
    this.refusal = undefined;
  }

  override countForwarded(...forwarded: Parameters<GatewayMetrics['countForwarded']>): void {
    this.subgraph = forwarded[0].subgraph;
    super.countForwarded(...forwarded);
  }

  override countRefused(...refused: Parameters<GatewayMetrics['countRefused']>): void {
    [this.refusal] = refused;
    super.countRefused(...refused);
  }
}

async function openTold(
  { subgraphs, seed }: ToldGatewayOptions,
  verify: (authorization: string | undefined) => Promise<Viewer | null>,
): Promise<ReadonlyMap<string, Subgraph>> {
  const opened = new Map<string, Subgraph>();
  for (const [name, typeDefs] of Object.entries(subgraphs)) {
    const resolvers = toldBy({ subgraph: name, typeDefs, seed });
    const contextFor: Subgraph['contextFor'] = async ({ authorization }) => ({
      viewer: await verify(authorization),
    });
    const close = async () => {};
    opened.set(name, await openSubgraph({ name, typeDefs, resolvers, log, contextFor, close }));
  }
  return opened;
}

async function serveAll(
  subgraphs: ReadonlyMap<string, Subgraph>,
): Promise<ReadonlyMap<string, Listening>> {
  const served = new Map<string, Listening>();
  for (const [name, one] of subgraphs) served.set(name, await serveSubgraph(one, address));
  return served;
}

function embedded(subgraphs: ReadonlyMap<string, Subgraph>): Connections {
  const executors = [...subgraphs].map(([name, one]) => [name, embeddedExecutor(one, log)]);
  return embeddedTransports(Object.fromEntries(executors));
}

function remote(served: ReadonlyMap<string, Listening>, signer: StatementSigner): Connections {
  const entries = [...served].map(([name, { url: location }]) => [
    name,
    { kind: 'http', location },
  ]);
  return {
    propagateHeaders: forwardStatement(signer),
    transports: { http },
    transportEntries: Object.fromEntries(entries),
  };
}

async function ask(
  url: string,
  { query, operationName, variables }: GeneratedOperation,
  token: string | undefined,
): Promise<LaneAnswer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables, operationName }),
  });
  const text = await response.text();
  const { data, errors, ...rest } = JSON.parse(text);
  if (Object.keys(rest).length > 0) throw new Error(`It holds more than it may: ${text}`);
  const contentType = response.headers.get('content-type');
  return { status: response.status, contentType, data, errors };
}
