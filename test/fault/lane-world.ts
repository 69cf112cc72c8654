import { copyFile, mkdtemp, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { startIssuer, type TokenIssuer } from '../gateway/token-issuer.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { type RunningPart, startGateway, startPlayback } from '../support/product.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { removeFolder } from '../support/remove-folder.ts';
import { Turns } from '../support/turns.ts';
import { fileRegisters } from './final-states.ts';
import type { Registers } from './history.ts';
import { type GivenResponse, gatewayClientTimeoutMs, post } from './load-client.ts';
import type { Target } from './players.ts';
import { SocketSender } from './socket-sender.ts';

/** A busy machine must not look like a Redis that hangs. */
const commandTimeoutMs = 1_500;
/** Soon enough that nothing is left to be written when a load ends. */
const writeBehindMs = 1_000;
/** A deploy: how long a process that was told to end is still asked, and lets go of connections. */
const leavingMs = { SHUTDOWN_DELAY_MS: '1500', DRAIN_MS: '500' };

export const key = (name: string) => `${name} `.padEnd(40, '-');

/** A gateway that reaches playback through a proxy, over a Redis and with a token issuer of its own. */
export class LaneWorld {
  readonly issuer: TokenIssuer;
  readonly redis: RedisServer;
  readonly redisClient: Redis;
  readonly proxy: FaultProxy;
  readonly supergraphPath: string;
  readonly sockets = new SocketSender();
  readonly turns = new Turns();
  /** A fault to be found: somebody between clients and gateway asks all again. */
  isAskedTwice = false;
  gateway!: RunningPart;
  playback!: RunningPart;
  /** How the gateway's lane reaches playback: by frames, or by HTTP alone. */
  readonly lane: 'on' | 'http';
  readonly #dataDir: string;
  readonly #keysIn: 'url' | 'file';
  readonly #started: RunningPart[] = [];

  private constructor(parts: {
    issuer: TokenIssuer;
    redis: RedisServer;
    proxy: FaultProxy;
    dataDir: string;
    keysIn: 'url' | 'file';
    lane: 'on' | 'http';
  }) {
    this.issuer = parts.issuer;
    this.redis = parts.redis;
    this.proxy = parts.proxy;
    this.#dataDir = parts.dataDir;
    this.#keysIn = parts.keysIn;
    this.lane = parts.lane;
    this.supergraphPath = join(parts.dataDir, 'supergraph.graphql');
    this.redisClient = new Redis(parts.redis.url);
    this.redisClient.on('error', () => {});
  }

  /** `keysIn`: how the gateway learns the token issuer's keys; the issuer serves them, or a file holds them. */
  static async open(
    options: { keysIn?: 'url' | 'file'; lane?: 'on' | 'http' } = {},
  ): Promise<LaneWorld> {
    const { keysIn = 'url', lane = 'on' } = options;
    const dataDir = await mkdtemp(join(tmpdir(), 'playhead-lane-'));
    const [issuer, redis] = [await startIssuer(), await startRedis()];
    // Playback is there before anybody passes.
    const proxy = await FaultProxy.open({ port: 1 });
    const world = new LaneWorld({ issuer, redis, proxy, dataDir, keysIn, lane });
    try {
      await issuer.add('first');
      await world.publishKeys();
      await copyFile('schema/supergraph.graphql', world.supergraphPath);
      const playback = await world.startPlayback();
      world.takeOver(playback);
      await world.startGateway();
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  /** Of the gateway, by HTTP and by WebSocket. */
  get targets(): Target[] {
    const { graphqlUrl: url } = this.gateway;
    const overHttp: typeof post = async (to, operation) => {
      if (this.isAskedTwice) await post(to, operation, gatewayClientTimeoutMs);
      return post(to, operation, gatewayClientTimeoutMs);
    };
    return [
      { name: 'http', region: 'home', url, send: overHttp },
      { name: 'socket', region: 'home', url, send: this.sockets.send },
    ];
  }

  /** One more process over the same stores; whose turn it is, `takeOver` says. */
  async startPlayback(
    options: { port?: string; env?: Record<string, string> } = {},
  ): Promise<RunningPart> {
    const env = {
      ...this.#env(),
      ...leavingMs,
      ...options.env,
      PLAYBACK_PORT: options.port ?? '0',
    };
    const part = await startPlayback(env);
    this.#started.push(part);
    return part;
  }

  /** Who connects from now on reaches this process. */
  takeOver(playback: RunningPart): void {
    this.playback = playback;
    this.proxy.leadNewTo(Number(new URL(playback.graphqlUrl).port));
  }

  /** On the port that it had. */
  async restartPlayback(env: Record<string, string> = {}): Promise<void> {
    const { port } = new URL(this.playback.graphqlUrl);
    this.playback = await this.startPlayback({ port, env });
  }

  /** On the port that it had, if it had one. */
  async startGateway(env: Record<string, string> = {}): Promise<void> {
    const port = this.gateway === undefined ? '0' : new URL(this.gateway.graphqlUrl).port;
    this.gateway = await startGateway({
      ...this.#env(),
      SUPERGRAPH_FILE: this.supergraphPath,
      RATE_LIMIT_PROFILE: 'off',
      FAST_LANE: this.lane,
      PLAYBACK_URL: `http://127.0.0.1:${this.proxy.port}/graphql`,
      PORT: port,
      ...env,
    });
    this.#started.push(this.gateway);
  }

  /** The issuer's keys of now become those that gateways find; a file as a ConfigMap is changed. */
  async publishKeys(): Promise<void> {
    await writeFile(`${this.#keysPath}.next`, JSON.stringify(await this.issuer.publicKeys()));
    await rename(`${this.#keysPath}.next`, this.#keysPath);
  }

  /** Signed by a key of the issuer's; of ten hours, or with so much of them left. */
  token(profileId: string, of: { kid?: string; leftMs?: number } = {}): Promise<string> {
    const { kid = 'first', leftMs = 36_000_000 } = of;
    return this.issuer.sign({ kid, profileId, nowMs: Date.now() - 36_000_000 + leftMs });
  }

  /** One answer, past any player: its status, and the code of its first error. */
  async ask(token: string, operation: Operation): Promise<{ status: number; code: string }> {
    const response = await fetch(this.gateway.graphqlUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(operation),
      signal: AbortSignal.timeout(gatewayClientTimeoutMs),
    });
    return { status: response.status, code: codeOf((await response.json()) as GivenResponse) };
  }

  /** The same by the one socket of this token; the code alone. Errors: rejects without an answer. */
  async askBySocket(token: string, operation: Operation): Promise<string> {
    const given = await this.sockets.send({ url: this.gateway.graphqlUrl, token }, operation);
    if (given instanceof Error) throw given;
    return codeOf(given);
  }

  /** Errors: rejects when it does not answer. */
  isPlaybackAlive(): Promise<string> {
    return liveness(this.playback);
  }

  /** The same. */
  isGatewayAlive(): Promise<string> {
    return liveness(this.gateway);
  }

  /**
   * What the lane has answered of playback's, by what it was asked by; and what playback has answered by frames,
   * since it was started. Errors: rejects when either does not answer.
   */
  async forwarded(): Promise<Record<'http' | 'socket' | 'framed', number>> {
    const [gateway, playback] = await Promise.all([
      measured(this.gateway),
      measured(this.playback),
    ]);
    const by = (transport: string) =>
      gateway(`playhead_lane_forwarded_total{subgraph="playback",transport="${transport}"}`);
    const framed = playback('playhead_frame_requests_total{outcome="answered"}');
    return { http: by('http'), socket: by('socket'), framed };
  }

  /** Every process that was started, also those that have ended. */
  get started(): readonly RunningPart[] {
    return this.#started;
  }

  /** What the durable store has of these, by `profile|title`. */
  durable(profileIds: Iterable<string>): Record<string, Registers> {
    return fileRegisters(join(this.#dataDir, 'playback.db'), profileIds);
  }

  async close(): Promise<void> {
    await this.turns.close();
    await this.sockets.close();
    for (const part of this.#started) await part.kill9();
    await this.proxy.close();
    this.redisClient.disconnect();
    await this.redis.close();
    await this.issuer.close();
    await removeFolder(this.#dataDir);
  }

  get #keysPath(): string {
    return join(this.#dataDir, 'keys.json');
  }

  #env(): Record<string, string> {
    const keys =
      this.#keysIn === 'file'
        ? { TOKEN_PUBLIC_KEY_FILE: this.#keysPath }
        : { TOKEN_JWKS_URL: this.issuer.url, TOKEN_JWKS_MAX_AGE_MS: '1000' };
    return {
      DATA_DIR: this.#dataDir,
      LOG_LEVEL: 'warn',
      RATE_LIMIT_DEVICE: 'off',
      PLAYBACK_WRITE_BEHIND_MS: String(writeBehindMs),
      REDIS_URL: this.redis.url,
      REDIS_COMMAND_TIMEOUT_MS: String(commandTimeoutMs),
      ...keys,
      SESSION_KEY: key('session'),
      IDENTITY_KEY: key('identity'),
    };
  }
}

type Operation = Parameters<typeof post>[1];

function codeOf({ errors }: GivenResponse): string {
  return errors?.[0]?.extensions?.code ?? 'OK';
}

/** Its samples of this moment; 0 for one that is not there. */
async function measured({ graphqlUrl }: RunningPart): Promise<(sample: string) => number> {
  const text = await (await fetch(new URL('/metrics', graphqlUrl))).text();
  const lines = text.split('\n');
  return (sample) => {
    const line = lines.find((each) => each.startsWith(`${sample} `));
    return Number(line?.slice(sample.length) ?? 0);
  };
}

async function liveness({ graphqlUrl }: RunningPart): Promise<string> {
  return (await fetch(new URL('/health/live', graphqlUrl))).text();
}
