import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { defaultPolicy } from '../../domain/policy.ts';
import type { Transition } from '../../domain/transition.ts';
import { partitionOf } from '../../domain/version.ts';
import { type Config, readConfig } from '../../runtime/config.ts';
import { mintDevelopmentToken } from '../../runtime/identity.ts';
import { createLog } from '../../runtime/log.ts';
import type { HotStore } from '../../stores/hot-store.ts';
import { openPlaybackStores, type PlaybackStores } from '../../stores/open.ts';
import { openPlayback, type PlaybackSubgraph } from '../../subgraphs/playback/main.ts';
import { type Answer, ask } from './ask.ts';
import { faulty } from './faulty.ts';
import { ManualClock } from './manual-clock.ts';
import { mortalTimers } from './mortal-timers.ts';
import { StoreGate } from './store-gate.ts';
import { until } from './until.ts';

export const secondMs = 1_000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;
/** Of every title that a test device plays, unless it says otherwise. */
export const filmMs = 2 * hourMs;

export const playheadFields = `
  id playableId playable { id } positionMs resumePositionMs resumeReason durationMs progress status
  hidden version updatedAt device { id name kind }
  activeSession { id playerState positionMs device { id } } freshness { source asOf degraded }`;

export interface Playhead {
  id: string;
  playableId: string;
  playable: { id: string };
  positionMs: number;
  resumePositionMs: number;
  resumeReason: string;
  durationMs: number | null;
  progress: number | null;
  status: string;
  hidden: boolean;
  version: string;
  updatedAt: string | null;
  device: { id: string; name: string | null; kind: string } | null;
  activeSession: {
    id: string;
    playerState: string;
    positionMs: number;
    device: { id: string };
  } | null;
  freshness: { source: string; asOf: string; degraded: boolean };
}

export interface Problem {
  code: string;
  message: string;
  path: string[];
}

export interface Changed {
  playhead: Playhead | null;
  problems: Problem[];
}

export type ChangeByHand =
  | 'finishPlayhead'
  | 'restartPlayhead'
  | 'hidePlayhead'
  | 'unhidePlayhead'
  | 'forgetPlayhead';

/** One process of the playback subgraph, with timers that die with it. */
interface Life {
  subgraph: PlaybackSubgraph;
  stores: PlaybackStores;
  stopTimers(): void;
}

export interface TestPlaybackOptions {
  /** How often the hot store is drained. Default: a minute, because tests move the clock by hours. */
  writeBehindMs?: number;
  /** Default: not counted, because between two requests of a test no time passes. */
  deviceRate?: string;
}

/** The playback subgraph over real stores in a folder of its own, and a clock that the test moves. */
export class TestPlayback {
  readonly clock = new ManualClock();
  readonly config: Config;
  /** Who asks, unless a test says otherwise. */
  profileId = 'demo';
  readonly hot = new StoreGate();
  readonly durable = new StoreGate();
  /** Between the subgraph and the event stream; what the hot store tells goes past it. */
  readonly events = new StoreGate();
  readonly watchLog = new StoreGate();
  listeners = 0;
  readonly #tokens = new Map<string, { authorization: string; renewAtMs: number }>();
  readonly #accounts = new Map<string, readonly string[]>();
  #life!: Life;
  #profiles = 0;
  #sessions = 0;

  constructor(options: TestPlaybackOptions = {}) {
    this.config = readConfig({
      NODE_ENV: 'test',
      DATA_DIR: mkdtempSync(join(tmpdir(), 'playhead-playback-')),
      PLAYBACK_PARTITIONS: '4',
      RATE_LIMIT_DEVICE: options.deviceRate ?? 'off',
      PLAYBACK_WRITE_BEHIND_MS: String(options.writeBehindMs ?? minuteMs),
    });
  }

  get subgraph(): PlaybackSubgraph {
    return this.#life.subgraph;
  }

  /** Those of the process that runs now, as it reaches them. */
  get stores(): PlaybackStores {
    return this.#life.stores;
  }

  /** Another profile beside the test's own. */
  get guestId(): string {
    return `${this.profileId}-guest`;
  }

  /** Of the stores, where the test's own profile is. */
  get partition(): number {
    return partitionOf(this.profileId, this.config.PLAYBACK_PARTITIONS);
  }

  /** From now on a profile of which nobody has heard asks, and no store has a fault. */
  newProfile(): void {
    this.#profiles += 1;
    this.profileId = `profile-${this.#profiles}`;
    this.#repair();
  }

  async open(): Promise<this> {
    const { config, hot, durable, events, watchLog } = this;
    const timers = mortalTimers(this.clock);
    const log = createLog({ level: 'silent', part: 'test' });
    const parts = { clock: timers.clock, policy: defaultPolicy, log };
    const real = await openPlaybackStores(config, parts);
    this.#countListeners(real.hot);
    const stores = {
      ...real,
      hot: faulty(real.hot, hot),
      durable: faulty(real.durable, durable),
      events: faulty(real.events, events),
      watchLog: faulty(real.watchLog, watchLog),
    };
    const subgraph = await openPlayback({ config, clock: timers.clock, log, stores });
    this.#life = { subgraph, stores, stopTimers: timers.stop };
    return this;
  }

  /** Ends the process as `kill -9` does, and starts another on the same folder `awayMs` later. */
  async kill({ awayMs = 0 } = {}): Promise<void> {
    const { subgraph, stores, stopTimers } = this.#life;
    stopTimers();
    await subgraph.server.stop();
    await stores.close();
    if (awayMs > 0) await this.clock.advance(awayMs);
    await this.open();
  }

  /** Lets time pass until everything that is hot is durable as well. */
  async drain(): Promise<void> {
    const { hot } = this.#life.stores;
    const partitions = [...Array(hot.partitions).keys()];
    const isDrained = async () => {
      await this.clock.advance(this.config.PLAYBACK_WRITE_BEHIND_MS);
      const backlogs = await Promise.all(partitions.map((partition) => hot.backlog(partition)));
      return backlogs.every(({ dirty }) => dirty === 0);
    };
    await until(isDrained, { what: 'the hot store owes the durable one nothing' });
  }

  async close(): Promise<void> {
    this.#repair();
    await this.#life.subgraph.close();
    await rm(this.config.DATA_DIR, { recursive: true, force: true });
  }

  /** From now on the tokens of these say that they are of one account. */
  shareAccount(...profileIds: string[]): void {
    for (const profileId of profileIds) {
      this.#accounts.set(profileId, profileIds);
      this.#tokens.delete(profileId);
    }
  }

  /** The profile's access token: signed anew once half of its twelve hours are over. */
  async authorization(profileId = this.profileId): Promise<string> {
    const nowMs = this.clock.nowMs();
    const held = this.#tokens.get(profileId);
    if (held !== undefined && nowMs < held.renewAtMs) return held.authorization;
    const claims = { profileId, accountProfiles: this.#accounts.get(profileId) ?? [], nowMs };
    const authorization = `Bearer ${await mintDevelopmentToken(this.config, claims)}`;
    this.#tokens.set(profileId, { authorization, renewAtMs: nowMs + 6 * hourMs });
    return authorization;
  }

  /** What the subgraph answers, errors included. */
  async ask(query: string, variables: object = {}, profileId?: string): Promise<Answer> {
    const authorization = await this.authorization(profileId);
    return ask(this.subgraph, query, { variables: { ...variables }, authorization });
  }

  /** The data alone. Errors: throws when there are errors in the answer. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever it asked for.
  async data(query: string, variables: object = {}, profileId?: string): Promise<any> {
    const { data, errors } = await this.ask(query, variables, profileId);
    if (errors.length > 0) throw new Error(JSON.stringify(errors));
    return data;
  }

  /** What the event stream was told of the profile, in order. */
  async told(): Promise<Transition[]> {
    const { events } = this.subgraph;
    const { partition } = this;
    const entries = await events.read({ partition, after: null, limit: 10_000 });
    return entries
      .map(({ transition }) => transition)
      .filter(({ profileId }) => profileId === this.profileId);
  }

  async playhead(title = 'film', profileId?: string): Promise<Playhead> {
    const query = `query ($title: ID!) { viewer { playhead(playableId: $title) { ${playheadFields} } } }`;
    return (await this.data(query, { title }, profileId)).viewer.playhead;
  }

  async change(
    field: ChangeByHand,
    input: { playableId?: string; basedOn?: string | null } = {},
    profileId?: string,
  ): Promise<Changed> {
    const query = `mutation ($input: PlayheadInput!) {
      ${field}(input: $input) { playhead { ${playheadFields} } problems { code message path } } }`;
    const data = await this.data(query, { input: { playableId: 'film', ...input } }, profileId);
    return data[field];
  }

  async forgetAll(profileId?: string): Promise<{ forgottenAt: string; problems: Problem[] }> {
    const query = 'mutation { forgetAllPlayheads { forgottenAt problems { code } } }';
    return (await this.data(query, {}, profileId)).forgetAllPlayheads;
  }

  device(of: Partial<DeviceDescription> = {}): TestDevice {
    const { profileId } = this;
    return new TestDevice(this, { id: 'tv', kind: 'TV', name: null, profileId, ...of });
  }

  newSessionId(): string {
    this.#sessions += 1;
    return `session-${this.#sessions}`;
  }

  #repair(): void {
    for (const gate of [this.hot, this.durable, this.events, this.watchLog]) gate.repair();
  }

  #countListeners(hot: HotStore): void {
    const onChanged = hot.onChanged.bind(hot);
    hot.onChanged = async (...given) => {
      const stop = await onChanged(...given);
      this.listeners += 1;
      return () => {
        this.listeners -= 1;
        return stop();
      };
    };
  }
}

export function openTestPlayback(options?: TestPlaybackOptions): Promise<TestPlayback> {
  return new TestPlayback(options).open();
}

/** One process for all tests of a file: each has a profile of its own, and all share the clock. */
export function sharePlayback(options?: TestPlaybackOptions): TestPlayback {
  const playback = new TestPlayback(options);
  beforeAll(async () => {
    await playback.open();
  });
  beforeEach(() => playback.newProfile());
  afterAll(() => playback.close());
  return playback;
}

export interface DeviceDescription {
  id: string;
  kind: string;
  name: string | null;
  profileId: string;
}

export interface HeartbeatInput {
  sequence: number;
  event: string;
  elapsedMs: number;
  positionMs: number;
  durationMs?: number | null;
  fromPositionMs?: number | null;
}

export interface Begun {
  session: string | null;
  playhead: Playhead | null;
  stale: boolean;
  otherSessions: { id: string; playerState: string }[] | null;
  nextHeartbeatInMs: number;
  problems: Problem[];
}

export interface Recorded {
  outcome: string;
  playhead: Playhead | null;
  durability: string;
  nextHeartbeatInMs: number;
  problems: Problem[];
}

const beginMutation = `mutation ($input: BeginSessionInput!) { beginSession(input: $input) {
  session playhead { ${playheadFields} } stale otherSessions { id playerState } nextHeartbeatInMs
  problems { code message path } } }`;
const recordMutation = `mutation ($input: RecordHeartbeatsInput!) { recordHeartbeats(input: $input) {
  outcome playhead { ${playheadFields} } durability nextHeartbeatInMs
  problems { code message path } } }`;

/** A player on one device: a session with a clock that runs as the test's clock does. */
export class TestDevice {
  readonly #playback: TestPlayback;
  readonly #of: DeviceDescription;
  /** Null until it began, and when it was refused. */
  session: string | null = null;
  sessionId = '';
  #beganAtMs = 0;
  #sequence = -1;
  #elapsedMs = -1;

  constructor(playback: TestPlayback, of: DeviceDescription) {
    this.#playback = playback;
    this.#of = of;
  }

  /** A new session; `elapsedMs` above 0 says that it was playing all that while without a network. */
  async begin(input: Record<string, unknown> = {}): Promise<Begun> {
    const { id, kind, name, profileId } = this.#of;
    const { elapsedMs = 0, sessionId = this.#playback.newSessionId() } = input;
    this.#beganAtMs = this.#playback.clock.nowMs() - Number(elapsedMs);
    this.#sequence = -1;
    this.#elapsedMs = -1;
    this.sessionId = String(sessionId);
    const device = { deviceId: id, deviceKind: kind, deviceName: name };
    const of = { playableId: 'film', durationMs: filmMs, sessionId: this.sessionId };
    const variables = { input: { ...device, ...of, elapsedMs, ...input } };
    const data = await this.#playback.data(beginMutation, variables, profileId);
    this.session = data.beginSession.session;
    return data.beginSession;
  }

  /** What the player notes now, to be sent now or later. */
  observe(event: string, positionMs: number, more: Partial<HeartbeatInput> = {}): HeartbeatInput {
    this.#sequence += 1;
    const elapsedMs = this.#playback.clock.nowMs() - this.#beganAtMs;
    this.#elapsedMs = Math.max(elapsedMs, this.#elapsedMs + 1);
    const observed = { sequence: this.#sequence, elapsedMs: this.#elapsedMs };
    return { event, positionMs, ...observed, ...more };
  }

  async send(...heartbeats: HeartbeatInput[]): Promise<Recorded> {
    const variables = { input: { session: this.session, heartbeats } };
    const data = await this.#playback.data(recordMutation, variables, this.#of.profileId);
    return data.recordHeartbeats;
  }

  report(event: string, positionMs: number, more?: Partial<HeartbeatInput>): Promise<Recorded> {
    return this.send(this.observe(event, positionMs, more));
  }

  /** Begins, and plays for this long from here, reporting every five seconds. */
  async play(fromMs: number, forMs = 0): Promise<Recorded> {
    await this.begin();
    let recorded = await this.report('START', fromMs);
    for (let playedMs = 5 * secondMs; playedMs <= forMs; playedMs += 5 * secondMs) {
      await this.#playback.clock.advance(5 * secondMs);
      recorded = await this.report('HEARTBEAT', fromMs + playedMs);
    }
    return recorded;
  }
}
