import { idProblem } from '../domain/problem.ts';
import {
  type Attachment,
  type AttachmentHost,
  type AttachOptions,
  PlayerAttachment,
} from './attachment.ts';
import { type Chance, deviceChance } from './chance.ts';
import { type DeviceClock, deviceClock, withinMs } from './clock.ts';
import { type ContinueWatchingRow, continueWatching } from './continue-watching.ts';
import { HeldPlayheads } from './held-playheads.ts';
import { LiveSubscription, sseSubscribe } from './live.ts';
import { attachProblem, closedProblem, requireOptions, resumeProblem } from './misuse.ts';
import { guarded, type LiveStore } from './observable.ts';
import {
  type DeviceKind,
  deviceKinds,
  type Playhead,
  type PlayheadUpdatesResult,
  playheadUpdatesSubscription,
  type ServerProblem,
} from './operations.ts';
import { Outbox } from './outbox.ts';
import { browserPage, type Page } from './page.ts';
import type { Playback, PlaybackDeps } from './playback.ts';
import type { MediaPlayer } from './player-events.ts';
import { type ResumePoint, resumePoint } from './resume.ts';
import type { DeviceIdentity } from './session.ts';
import { browserStorage, type DeviceStorage, guardedStorage } from './storage.ts';
import { HttpTransport } from './transport.ts';

/** What an app may want to know. What a listener throws stays with the app. */
export interface PlayheadListeners {
  /** Refused for good, or in need of the app (UNAUTHENTICATED): for logs, not for viewers. */
  problem?(problem: ServerProblem): void;
  /** True: the server cannot be reached and heartbeats wait; false: it answers again. */
  offline?(isOffline: boolean): void;
  /** Somebody is ahead elsewhere: offer `playhead`; until the viewer acts here, it stays in force. */
  superseded?(playhead: Playhead): void;
}

/** How to reach the server, and who this device is. */
export interface PlayheadOptions {
  /** The GraphQL endpoint, for operations and for streams. */
  url: string;
  /** An access token; called for each request, and once more when it is refused. */
  auth: () => string | Promise<string>;
  /** What viewers see of this device; its id is made once and kept in `storage`. */
  device: { kind: DeviceKind; name?: string };
  /** Names the profile in `storage`. Without it no position is kept between page loads. */
  profile?: string;
  on?: PlayheadListeners;
  /** @default the browser's localStorage, or memory where that is refused */
  storage?: DeviceStorage;
  /** @default the browser's */
  fetch?: typeof fetch;
  /** @default the device's */
  clock?: DeviceClock;
  /** @default the device's */
  chance?: Chance;
  /** @default the browser's */
  page?: Page;
}

/** One device of one profile. */
export interface PlayheadClient {
  readonly deviceId: string;
  /**
   * Where to start: asks the server, for 800 ms at most, then says what this device last saw.
   *
   * Errors: never rejects; unknown is `positionMs: null`, which is not the beginning.
   */
  resume(playableId: string): Promise<ResumePoint>;
  /**
   * Seeks the player to where it starts, then reports what it does until detached. A player that is
   * attached already is detached first.
   *
   * Errors: never throws; a wrong call is a `problem` and reports nothing.
   */
  attach(player: MediaPlayer, options: AttachOptions): Attachment;
  /** Playheads by playable id, newest version of each; pushed while someone watches this store. */
  readonly live: LiveStore<ReadonlyMap<string, Playhead>>;
  /** The Continue Watching row, pushed while someone watches this store; null until it is known. */
  readonly continueWatching: LiveStore<ContinueWatchingRow | null>;
  /** Detaches every player and waits, 2 s at most, until all is sent. Idempotent. */
  close(): Promise<void>;
}

/** Long enough for a STOP on a slow connection; an app that closes does not wait for a dead one. */
const closeWaitMsMax = 2_000;

/**
 * The SDK for one device of one profile; another profile is another client.
 *
 * Errors: throws TypeError for options that can never work. Nothing it returns ever throws.
 */
export function createPlayhead(options: PlayheadOptions): PlayheadClient {
  requireOptions(options);
  return new Client(options);
}

class Client implements PlayheadClient {
  readonly deviceId: string;
  readonly live: LiveStore<ReadonlyMap<string, Playhead>>;
  readonly continueWatching: LiveStore<ContinueWatchingRow | null>;
  readonly #on: PlayheadListeners;
  readonly #host: AttachmentHost;
  readonly #held: HeldPlayheads;
  readonly #attachments = new Map<MediaPlayer, PlayerAttachment>();
  /** Begun, and not over yet: something of them may wait to be sent. */
  readonly #playbacks = new Set<Playback>();
  readonly #release: (() => void)[] = [];
  #closing: Promise<void> | undefined;

  constructor(options: PlayheadOptions) {
    const { url, auth, on = {}, clock = deviceClock, chance = deviceChance } = options;
    const { page = browserPage, fetch = globalThis.fetch } = options;
    const storage = guardedStorage(options.storage ?? browserStorage());
    const onReachable = (isReachable: boolean) => guarded(() => on.offline?.(!isReachable));
    const transport = new HttpTransport({ url, auth, fetch, clock, onReachable });
    const device = deviceOf(options, keptDeviceId(storage, chance));
    this.#on = on;
    this.deviceId = device.id;

    const authorization = () => transport.authorization();
    const liveDeps = {
      subscribe: sseSubscribe({ url, fetch, authorization }),
      clock,
      chance,
      page,
    };
    const updates = new LiveSubscription<PlayheadUpdatesResult>(liveDeps, {
      operation: playheadUpdatesSubscription,
      variables: () => ({}),
      onData: ({ playheadUpdates }) => this.#held.put(playheadUpdates.playheads),
    });
    this.#held = new HeldPlayheads(keepOf(options.profile, storage), () => {
      updates.open();
      return () => updates.close();
    });
    this.live = this.#held.store;
    const row = continueWatching(liveDeps, device.kind);
    this.continueWatching = row.store;

    this.#host = this.#hostFor({ transport, clock, chance, device, outbox: new Outbox() });
    this.#release.push(this.#listenTo(page), () => updates.close(), row.close);
  }

  async resume(playableId: string): Promise<ResumePoint> {
    const problem = this.#closing === undefined ? resumeProblem(playableId) : closedProblem;
    if (problem !== undefined) {
      this.#tell(problem);
      return unknownPoint;
    }
    return this.#host.resume(playableId);
  }

  attach(player: MediaPlayer, options: AttachOptions): Attachment {
    const problem = this.#closing === undefined ? attachProblem(player, options) : closedProblem;
    if (problem !== undefined) {
      this.#tell(problem);
      return { ready: Promise.resolve(unknownPoint), detach() {} };
    }
    this.#attachments.get(player)?.detach();
    const attachment = new PlayerAttachment(player, options, this.#host);
    this.#attachments.set(player, attachment);
    return {
      ready: attachment.ready,
      detach: () => {
        attachment.detach();
        if (this.#attachments.get(player) === attachment) this.#attachments.delete(player);
      },
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** What attachments may ask of this client, and no app. */
  #hostFor(playback: PlaybackDeps): AttachmentHost {
    return {
      playback,
      resume: (playableId) => resumePoint({ ...playback, held: this.#held }, playableId),
      heldVersion: (playableId) => this.#held.get(playableId)?.version ?? null,
      held: (playhead) => this.#held.put([playhead]),
      problem: (problem) => this.#tell(problem),
      superseded: (playhead) => guarded(() => this.#on.superseded?.(playhead)),
      began: (begun) => {
        this.#playbacks.add(begun);
        void begun.over.then(() => this.#playbacks.delete(begun));
      },
    };
  }

  #tell(problem: ServerProblem): void {
    guarded(() => this.#on.problem?.(problem));
  }

  async #close(): Promise<void> {
    for (const attachment of this.#attachments.values()) attachment.detach();
    this.#attachments.clear();
    const isSent = Promise.all([...this.#playbacks].map(({ over }) => over));
    await withinMs(this.#host.playback.clock, closeWaitMsMax, isSent);
    for (const release of this.#release) release();
  }

  #listenTo(page: Page): () => void {
    const flush = () => {
      for (const playback of this.#playbacks) playback.flush();
    };
    return page.listen({
      hidden: () => {
        for (const attachment of this.#attachments.values()) attachment.pageHidden();
      },
      ended: () => {
        for (const attachment of this.#attachments.values()) attachment.pageEnded();
      },
      visible: flush,
      online: flush,
    });
  }
}

const unknownPoint: ResumePoint = {
  positionMs: null,
  source: 'none',
  version: null,
  degraded: true,
};

function deviceOf({ device }: PlayheadOptions, id: string): DeviceIdentity {
  const kind = deviceKinds.includes(device.kind) ? device.kind : 'OTHER';
  return { id, kind, ...(device.name === undefined ? {} : { name: device.name }) };
}

/** One id for each installation: made on first use, kept as long as the storage. */
function keptDeviceId(storage: DeviceStorage, chance: Chance): string {
  const kept = storage.getItem(deviceIdKey);
  if (kept !== null && idProblem(kept, []).length === 0) return kept;
  const made = chance.newId();
  storage.setItem(deviceIdKey, made);
  return made;
}

const deviceIdKey = 'playhead/device-id';

function keepOf(profile: string | undefined, storage: DeviceStorage) {
  if (profile === undefined) return undefined;
  return { storage, key: `playhead/playheads/${profile}` };
}
