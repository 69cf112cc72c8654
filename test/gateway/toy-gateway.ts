import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionResult } from 'graphql';
import { embeddedExecutor, embeddedTransports } from '../../gateway/embedded-executor.ts';
import { embeddedUpstream } from '../../gateway/embedded-upstream.ts';
import { HttpUpstream, type HttpUpstreamOptions } from '../../gateway/http-upstream.ts';
import type { LaneUpstream } from '../../gateway/lane-upstream.ts';
import { GatewayMetrics } from '../../gateway/metrics.ts';
import { type OpenLaneOptions, openLane } from '../../gateway/open-lane.ts';
import type { DocumentAdmission } from '../../gateway/persisted-documents.ts';
import type { GatewayRates } from '../../gateway/rate-limits.ts';
import { remoteTransports } from '../../gateway/remote-transports.ts';
import { type Access, type Route, serveGateway } from '../../gateway/server.ts';
import {
  type Connections,
  type GatewayOptions,
  openGateway,
  reloadOf,
} from '../../gateway/supergraph.ts';
import type { SupergraphFile } from '../../gateway/supergraph-file.ts';
import { type Clock, systemClock } from '../../runtime/clock.ts';
import { readConfig } from '../../runtime/config.ts';
import type { Drain } from '../../runtime/drain.ts';
import { mintDevelopmentToken, openTokenVerifier } from '../../runtime/identity.ts';
import { createLog, type Logger } from '../../runtime/log.ts';
import { serveSubgraph } from '../../runtime/serve.ts';
import {
  openStatementSigner,
  openSubgraphVerifier,
  type StatementSigner,
} from '../../runtime/signed-identity.ts';
import { openRelay, type Relay } from './relay.ts';
import type { ToyLane } from './toy-lane.ts';
import { admitted, openToySubgraphs, type ToySubgraphs, Toys } from './toy-subgraphs.ts';

/** How the gateway reaches its subgraphs; most suites run once for each. */
export type Shape = 'embedded' | 'split';
export const shapes: readonly Shape[] = ['embedded', 'split'];

export interface ToyGateway {
  readonly toys: Toys;
  readonly subgraphs: ToySubgraphs;
  /** Of /graphql. */
  readonly url: string;
  readonly webSocketUrl: string;
  readonly dataDir: string;
  /** Between the gateway and playback; only when split. */
  readonly relay: Relay | undefined;
  /** A token for this profile, without `Bearer `. */
  token(profileId: string, lifetimeS?: number): Promise<string>;
  /** What the gateway sends its subgraphs for this profile, as an `authorization` header. */
  statement(profileId: string | null): Promise<string>;
  /** One operation by POST, as `profileId` if given. */
  ask(query: string, options?: AskOptions): Promise<Answer>;
  /** What is measured at this moment. */
  scrape(): Promise<string>;
  /** The first thing that a signal does. */
  retire(): void;
  close(): Promise<void>;
}

export interface AskOptions {
  profileId?: string;
  variables?: Record<string, unknown>;
  operationName?: string;
  extensions?: Record<string, unknown>;
  headers?: Record<string, string>;
}

export interface Answer {
  status: number;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into results by hand, field after field.
  data: any;
  errors: readonly NonNullable<ExecutionResult['errors']>[number][] | undefined;
}

export interface ToyGatewayOptions {
  isProduction?: boolean;
  clock?: Clock;
  /** Default: silent, or as TEST_LOG_LEVEL says. */
  log?: Logger;
  /** Default: the system's, whatever the gateway's is. */
  subgraphClock?: Clock;
  /** Default: on, as in the product. */
  lane?: 'on' | 'off';
  /** Settings beside DATA_DIR. */
  env?: Record<string, string>;
  upstreamTimeoutMs?: number;
  planner?: 'native' | 'portable';
  drain?: Drain;
  /** In the place of the product's own. */
  toyLane?: ToyLane;
  isReady?: () => Promise<boolean>;
  rates?: GatewayRates;
  documents?: DocumentAdmission;
  routesOf?: (dataDir: string) => readonly Route[];
  access?: Partial<Access>;
  /** A supergraph that may change while it is served. */
  followed?: SupergraphFile;
  /** Another supergraph, and how its further subgraphs are reached. */
  extend?: (
    own: Connections,
    signer: StatementSigner,
  ) => Promise<Pick<GatewayOptions, 'connections' | 'supergraphFile'>>;
}

/** The real gateway, served on a free port, over toy subgraphs. */
export async function openToyGateway(
  shape: Shape,
  options: ToyGatewayOptions = {},
): Promise<ToyGateway> {
  const dataDir = await mkdtemp(join(tmpdir(), 'playhead-toys-'));
  const config = readConfig({ DATA_DIR: dataDir, ...options.env });
  const level = process.env.TEST_LOG_LEVEL ?? 'silent';
  const log = options.log ?? createLog({ level, part: 'test' });
  const clock = options.clock ?? systemClock;
  const toys = new Toys();
  const ofSubgraphs = await verifierOf[shape](config, options.subgraphClock ?? systemClock);
  const subgraphs = await openToySubgraphs(toys, { verifier: ofSubgraphs, log });
  const signer = await openStatementSigner(config, clock);
  const connected = await connect[shape](subgraphs, { log, signer, toys });
  const verifier = await openTokenVerifier(config, clock);
  const { relay } = connected;
  const graph = (await options.extend?.(connected.connections, signer)) ?? connected;
  const metrics = new GatewayMetrics();
  const ruled = {
    metrics,
    isProduction: false,
    ...options,
    connections: graph.connections,
    supergraphFile: 'supergraphFile' in graph ? graph.supergraphFile : undefined,
    supergraph: options.followed,
    verifier,
    clock,
    log,
  };
  const lane = await openLaneOf(options, { ...ruled, signer, connected });
  const gateway = await openGateway({ ...ruled, lanePlugin: lane?.plugin });
  const address = { host: '127.0.0.1', port: 0 };
  const routes = options.routesOf?.(dataDir) ?? [];
  const access = {
    allowedOrigins: [],
    isProduction: options.isProduction ?? false,
    trustedProxies: 0,
    ...options.access,
  };
  const { drain, isReady } = options;
  const served = {
    gateway,
    verifier,
    clock,
    log,
    metrics,
    lane: lane?.lane,
    routes,
    access,
    isReady,
    ...(drain && { drain }),
  };
  const toyLane = options.toyLane?.open(subgraphs.playback, { ...served, ...options });
  const server = await serveGateway({ ...served, ...address, ...toyLane });
  const reload = reloadOf({ gateway, server, measured: metrics, lane }, log);
  const following = options.followed?.follow({ clock, log, ...reload });
  await lane?.start();
  toys.forget();
  let isClosed = false;
  const url = `${server.url}/graphql`;
  const token = (profileId: string, lifetimeS?: number) => {
    const lifetime = lifetimeS === undefined ? {} : { lifetimeS };
    return mintDevelopmentToken(config, { profileId, nowMs: clock.nowMs(), ...lifetime });
  };
  return {
    toys,
    subgraphs,
    url,
    webSocketUrl: url.replace(/^http/, 'ws'),
    dataDir,
    relay,
    token,
    async statement(profileId) {
      const token_ = profileId === null ? null : `Bearer ${await token(profileId)}`;
      return signer.sign(await verifier.verify(token_));
    },
    async ask(query, { profileId, headers, ...parameters } = {}) {
      const identity =
        profileId === undefined ? {} : { authorization: `Bearer ${await token(profileId)}` };
      return post(url, { query, ...parameters }, { ...identity, ...headers });
    },
    scrape: () => metrics.text(),
    retire: server.retire,
    async close() {
      await following?.close();
      await server.close();
      if (isClosed) return;
      isClosed = true;
      await lane?.close();
      await gateway[Symbol.asyncDispose]();
      await connected.close();
      for (const subgraph of Object.values(subgraphs)) await subgraph.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function openLaneOf(
  { lane = 'on', planner, toyLane, ...options }: ToyGatewayOptions,
  parts: Omit<OpenLaneOptions, 'own'> & { connected: Connected },
) {
  if (lane === 'off' || planner === 'portable' || toyLane !== undefined) return undefined;
  const { documents: admission, upstreamTimeoutMs: timeoutMs } = options;
  const own = parts.connected.upstreams({ clock: parts.clock, timeoutMs });
  return openLane({ ...parts, own, admission, timeoutMs });
}

/** POSTs JSON and reads the answer. */
export async function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json');
  const { data, errors } = isJson ? JSON.parse(text) : {};
  return { status: response.status, text, data, errors };
}

type Waits = Pick<HttpUpstreamOptions, 'clock' | 'timeoutMs'>;

interface Connected {
  connections: Connections;
  /** For the fast lane. */
  upstreams(waits: Waits): ReadonlyMap<string, LaneUpstream>;
  relay?: Relay;
  close(): Promise<void>;
}

/** Whom a subgraph believes: in one process clients' tokens, in its own a gateway's statements. */
const verifierOf = { embedded: openTokenVerifier, split: openSubgraphVerifier };

interface ConnectParts {
  toys: Toys;
  log: ReturnType<typeof createLog>;
  signer: StatementSigner;
}

const connect: Record<Shape, (subgraphs: ToySubgraphs, parts: ConnectParts) => Promise<Connected>> =
  {
    async embedded({ catalog, playback, recommendations }, { log, toys }) {
      const connections = embeddedTransports({
        catalog: embeddedExecutor(catalog, log),
        playback: embeddedExecutor(playback, log),
        recommendations: embeddedExecutor(recommendations, log),
      });
      const upstreams = (waits: Waits) => {
        const subgraphs = Object.values({ catalog, playback, recommendations });
        const parts = { ...waits, log };
        const asked = subgraphs.map((each) => admitted(each, toys));
        return new Map(asked.map((each) => [each.name, embeddedUpstream(each, parts)]));
      };
      return { connections, upstreams, close: async () => {} };
    },
    async split({ catalog, playback, recommendations }, { log, signer }) {
      const address = { host: '127.0.0.1', port: 0, log };
      const served = {
        CATALOG_URL: await serveSubgraph(catalog, address),
        PLAYBACK_URL: await serveSubgraph(playback, address),
        RECOMMENDATIONS_URL: await serveSubgraph(recommendations, address),
      };
      const relay = await openRelay(served.PLAYBACK_URL.url);
      const urls = {
        CATALOG_URL: served.CATALOG_URL.url,
        PLAYBACK_URL: relay.url,
        RECOMMENDATIONS_URL: served.RECOMMENDATIONS_URL.url,
      };
      return {
        relay,
        connections: remoteTransports(urls, signer),
        upstreams: (waits) =>
          new Map([
            ['catalog', new HttpUpstream({ url: urls.CATALOG_URL, signer, ...waits })],
            ['playback', new HttpUpstream({ url: urls.PLAYBACK_URL, signer, ...waits })],
            [
              'recommendations',
              new HttpUpstream({ url: urls.RECOMMENDATIONS_URL, signer, ...waits }),
            ],
          ]),
        async close() {
          await relay.close();
          for (const listening of Object.values(served)) await listening.close();
        },
      };
    },
  };
