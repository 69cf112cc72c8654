import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../runtime/config.ts';
import { mintDevelopmentToken } from '../../runtime/identity.ts';
import { type RunningPart, startGateway, startPlayback } from '../support/product.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { Crowd, type MemberOptions, type Seen } from './crowd.ts';
import { SteadyDevice } from './steady-device.ts';

/** What everybody plays. */
export const title = 'mov_sintel';
/** A stopped Redis is what some tests are about; a busy machine must not look like one in the others. */
const commandTimeoutMs = 1_500;
/** Devices that report at a time. */
const width = 8;
/** One of so many watches over server-sent events, the others over a WebSocket. */
const eventsOneIn = 5;

export interface LiveWorldOptions {
  profiles: number;
  /** Subscribers of each profile. */
  watchers: number;
  /** On top of what the processes need, once the folder of their keys is there. */
  envIn?: (dataDir: string) => Promise<Record<string, string>>;
  envOf?: { gateway?: Record<string, string>; playback?: Record<string, string> };
}

interface Viewer {
  profileId: string;
  token: string;
  device: SteadyDevice;
  positionMs: number;
  /** When its last accepted heartbeat was acknowledged, ms since 1970. */
  acknowledgedAtMs: number;
}

/**
 * A gateway and a playback process over a Redis of their own, viewers whose devices report to playback,
 * and a crowd that watches them through the gateway.
 */
export class LiveWorld {
  readonly redis: RedisServer;
  readonly crowd = new Crowd();
  readonly dataDir: string;
  gateway!: RunningPart;
  playback!: RunningPart;
  readonly #options: LiveWorldOptions;
  readonly #viewers: Viewer[] = [];
  #given: Record<string, string> = {};

  private constructor(options: LiveWorldOptions, parts: { redis: RedisServer; dataDir: string }) {
    this.#options = options;
    this.redis = parts.redis;
    this.dataDir = parts.dataDir;
  }

  static async open(options: LiveWorldOptions): Promise<LiveWorld> {
    const dataDir = await mkdtemp(join(tmpdir(), 'playhead-live-'));
    const world = new LiveWorld(options, { redis: await startRedis(), dataDir });
    try {
      world.#given = (await options.envIn?.(dataDir)) ?? {};
      await world.startPlayback('0');
      await world.startGateway('0');
      await world.#begin();
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  /** On the port it had, or a free one. */
  async startPlayback(port = new URL(this.playback.graphqlUrl).port): Promise<void> {
    const own = this.#options.envOf?.playback;
    this.playback = await startPlayback({ ...this.#env(), ...own, PLAYBACK_PORT: port });
  }

  /** On the port it had, or a free one. */
  async startGateway(port = new URL(this.gateway.graphqlUrl).port): Promise<void> {
    const PLAYBACK_URL = this.playback.graphqlUrl;
    const own = this.#options.envOf?.gateway;
    this.gateway = await startGateway({ ...this.#env(), ...own, PLAYBACK_URL, PORT: port });
  }

  /** Killed and started again; resolves once every subscriber is back. */
  async restartGateway(): Promise<void> {
    const before = await this.crowd.look();
    await this.gateway.kill9();
    await this.startGateway();
    await this.#backSince(before);
  }

  /** The same with the playback process. */
  async restartPlayback(): Promise<void> {
    const before = await this.crowd.look();
    await this.playback.kill9();
    await this.startPlayback();
    await this.#backSince(before);
  }

  /** Killed and started again with its files. */
  async restartRedis(): Promise<void> {
    await this.redis.kill();
    await this.redis.start();
  }

  /** Restarts Redis while nobody reports; answers what that made playback read from the durable store. */
  async readsOfRedisRestart(): Promise<number> {
    const reads = () => this.metric('playhead_durable_reads_total');
    const [before, readsBefore] = [await this.crowd.look(), await reads()];
    await this.restartRedis();
    // Whatever was missed meanwhile: each subscriber is told where its playhead is.
    await this.crowd.until(({ results }, index) => results > (before[index]?.results ?? 0), {
      what: 'every subscriber was told again',
    });
    return (await reads()) - readsBefore;
  }

  /** Everybody subscribes; resolves once each has a snapshot. */
  async watch(): Promise<void> {
    const { watchers } = this.#options;
    const members = Array.from({ length: watchers }, (_, watcher) =>
      this.#viewers.map(({ profileId, token }, index): MemberOptions => {
        const kind = (watcher + index) % eventsOneIn === 0 ? 'events' : 'socket';
        return { profileId, token, playableId: title, kind };
      }),
    );
    await this.crowd.join(this.gateway.graphqlUrl, members.flat());
  }

  /** One heartbeat of each viewer; those that nobody answers are lost, as on a broken link. */
  async reportAll(): Promise<void> {
    await inParallel(this.#viewers, (viewer) => this.#report(viewer));
  }

  async #report(viewer: Viewer): Promise<void> {
    viewer.positionMs += 1_000;
    const outcome = await viewer.device.seek(viewer.positionMs).catch(() => null);
    if (outcome !== null) viewer.acknowledgedAtMs = nowMs();
  }

  /** Reports round after round until `isOver`, and once more: the last write of each comes after it. */
  async reportWhile(what: Promise<unknown>): Promise<void> {
    let isOver = false;
    const over = what.finally(() => {
      isOver = true;
    });
    while (!isOver) await this.reportAll();
    await over;
    await this.reportAll();
  }

  /**
   * Waits until every subscriber knows what the store has; answers how long after its profile's last
   * acknowledgement each one did, ms.
   */
  async level(): Promise<number[]> {
    const stored = await this.#stored();
    const seen = await this.crowd.until((one) => one.version === stored.get(one.profileId), {
      what: 'every subscriber knows what the store has',
    });
    const acknowledged = new Map(
      this.#viewers.map(({ profileId, acknowledgedAtMs }) => [profileId, acknowledgedAtMs]),
    );
    // A push may overtake the acknowledgement of what it tells.
    return seen.map(({ atMs, profileId }) =>
      Math.max(0, atMs - (acknowledged.get(profileId) ?? Number.NaN)),
    );
  }

  async #backSince(before: readonly Seen[]): Promise<void> {
    await this.crowd.until(
      ({ snapshots }, index) => snapshots > (before[index]?.snapshots ?? Number.NaN),
      { what: 'every subscriber has begun anew' },
    );
  }

  /** A figure of the playback process's /metrics. */
  async metric(name: string): Promise<number> {
    const response = await fetch(new URL('/metrics', this.playback.graphqlUrl));
    const line = new RegExp(`^${name} (\\S+)$`, 'm').exec(await response.text());
    if (line === null) throw new Error(`There is no metric ${name}.`);
    return Number(line[1]);
  }

  token(profileId: string): Promise<string> {
    const config = readConfig({ DATA_DIR: this.dataDir });
    return mintDevelopmentToken(config, { profileId, nowMs: Date.now() });
  }

  async close(): Promise<void> {
    for (const { device } of this.#viewers) device.close();
    await this.crowd.close();
    await this.gateway?.kill9();
    await this.playback?.kill9();
    await this.redis.close();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  async #begin(): Promise<void> {
    const numbers = Array.from({ length: this.#options.profiles }, (_, number) => number);
    await inParallel(numbers, async (number) => {
      const profileId = `viewer-${number}`;
      const token = await this.token(profileId);
      const device = new SteadyDevice({ url: this.playback.graphqlUrl, token });
      await device.begin(title);
      this.#viewers.push({ profileId, token, device, positionMs: 0, acknowledgedAtMs: 0 });
    });
  }

  async #stored(): Promise<Map<string, string>> {
    const query = `{ viewer { playhead(playableId: "${title}") { version } } }`;
    const stored = new Map<string, string>();
    await inParallel(this.#viewers, async ({ profileId, device }) => {
      const { viewer } = await device.ask<{ viewer: { playhead: { version: string } } }>(query);
      stored.set(profileId, viewer.playhead.version);
    });
    return stored;
  }

  #env(): Record<string, string> {
    return {
      DATA_DIR: this.dataDir,
      LOG_LEVEL: 'error',
      REDIS_URL: this.redis.url,
      REDIS_COMMAND_TIMEOUT_MS: String(commandTimeoutMs),
      // The load goes past any gateway, with tokens of its own.
      SUBGRAPH_TOKENS: 'accepted',
      // A crowd has few profiles here, and what is timed is not paced.
      RATE_LIMIT_DEVICE: 'off',
      RATE_LIMIT_PROFILE: 'off',
      ...this.#given,
    };
  }
}

function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

/** A few at a time: devices are many, and this process is one. */
async function inParallel<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
