import {
  type Attachment,
  type AttachmentHost,
  type AttachOptions,
  PlayerAttachment,
} from './attachment.ts';
import type { Background, BackgroundDeps } from './background.ts';
import { type Chance, deviceChance } from './chance.ts';
import { type DeviceClock, deviceClock, withinMs } from './clock.ts';
import type { ContinueWatchingRow } from './continue-watching.ts';
import type { TakenOver } from './hand-off.ts';
import type { StreamOptions, Subscribe } from './live.ts';
import { LiveState } from './live-state.ts';
import {
  attachProblem,
  closedProblem,
  idPattern,
  requireOptions,
  resumeProblem,
} from './misuse.ts';
import { guarded, type LiveStore, Observable } from './observable.ts';
import type { DeviceKind, PlaybackSession, Playhead, ServerProblem } from './operations.ts';
import { Outbox } from './outbox.ts';
import type { KeptPlayback, OutboxStore } from './outbox-store.ts';
import { browserPage, type Page } from './page.ts';
import { Playback, type PlaybackDeps } from './playback.ts';
import type { MediaPlayer } from './player-events.ts';
import { type ResumePoint, resumePoint, unknownPoint } from './resume.ts';
import { browserStorage, type DeviceStorage, guardedStorage } from './storage.ts';
import type { TabsPort } from './tabs.ts';
import { HttpTransport, type TransportOptions } from './transport.ts';

/** What an app may want to know. What a listener throws stays with the app. */
export interface PlayheadListeners {
  /** Refused for good, or in need of the app (UNAUTHENTICATED): for logs, not for viewers. */
  problem?(problem: ServerProblem): void;
  /** True: the server cannot be reached and heartbeats wait; false: it answers again. */
  offline?(isOffline: boolean): void;
  /** Somebody is ahead elsewhere: offer `playhead`; until the viewer acts here, it stays in force. */
  superseded?(playhead: Playhead): void;
  /** The viewer goes on at `device`, and the player here was paused: say so. */
  takenOver?(told: TakenOver): void;
}

/** How to reach the server, and who this device is. */
export interface PlayheadOptions {
  /** The GraphQL endpoint, for operations and for streams. */
  url: string;
  /** An access token; called for each request, and once more when it is refused. */
  auth: () => string | Promise<string>;
  /** What viewers see of this device; its id is made once and kept in `storage`. */
  device: { kind: DeviceKind; name?: string };
  /** Names the profile in `storage`. Without it nothing is kept between page loads. */
  profile?: string;
  /**
   * Where heartbeats of `profile` wait beyond the life of a page; false: in memory only.
   *
   * @default IndexedDB, or memory where that is missing or refused
   */
  outbox?: OutboxStore | false;
  on?: PlayheadListeners;
  /** How streams are opened, such as `overWebSocket()`. @default server-sent events */
  streams?: (options: StreamOptions) => Subscribe;
  /**
   * What pages of one profile meet over to share one stream and one sender; false: each serves itself.
   *
   * @default Web Locks and BroadcastChannel, where the browser has both and `profile` is given
   */
  tabs?: TabsPort | false;
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
  /** Sessions of the profile, of all its devices, pushed while someone watches this store; null: unknown. */
  readonly activeSessions: LiveStore<readonly PlaybackSession[] | null>;
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

type Relay = TransportOptions['relay'];

/** What a listener is told. */
type Told<Name extends keyof PlayheadListeners> = Parameters<
  NonNullable<PlayheadListeners[Name]>
>[0];

class Client implements PlayheadClient {
  readonly deviceId: string;
  readonly live: LiveStore<ReadonlyMap<string, Playhead>>;
  readonly continueWatching: LiveStore<ContinueWatchingRow | null>;
  readonly activeSessions: LiveStore<readonly PlaybackSession[] | null>;
  readonly #on: PlayheadListeners;
  readonly #host: AttachmentHost;
  readonly #state: LiveState;
  readonly #attachments = new Map<MediaPlayer, PlayerAttachment>();
  /** Begun, and not over yet: something of them may wait to be sent. */
  readonly #playbacks = new Set<Playback>();
  readonly #stopListening: () => void;
  /** Until it is loaded, undefined: no player waits for it. */
  #background: Background | undefined;
  readonly #opened: Promise<void>;
  #closing: Promise<void> | undefined;

  constructor(options: PlayheadOptions) {
    const { url, auth, on = {}, clock = deviceClock, chance = deviceChance } = options;
    const { page = browserPage, fetch = globalThis.fetch } = options;
    const storage = guardedStorage(options.storage ?? browserStorage());
    const onReachable = (isReachable: boolean) => this.#tell('offline', !isReachable);
    const relay: Relay = (operation, variables) => this.#background?.relay(operation, variables);
    const transport = new HttpTransport({ url, auth, fetch, clock, onReachable, relay });
    const device = { ...options.device, id: keptDeviceId(storage, chance) };
    this.#on = on;
    this.deviceId = device.id;
    this.#state = new LiveState(keepOf(options.profile, storage), {
      wantedChanged: () => this.#background?.wantedChanged(),
      learnt: (news) => this.#background?.learnt(news),
    });
    this.live = this.#state.held.store;
    this.continueWatching = this.#state.row;
    this.activeSessions = this.#state.sessions;

    const keep: PlaybackDeps['keep'] = (key, kept) => this.#keep(key, kept);
    const isMetered = () => page.isMetered?.() ?? false;
    const outbox = new Outbox();
    this.#host = this.#hostFor({ transport, clock, chance, device, keep, outbox, isMetered });
    this.#opened = this.#openBackground({
      ...{ ...options, fetch, transport, clock, chance, page, state: this.#state },
      players: this.#attachments,
      kind: device.kind,
      name: options.profile && `${options.profile}/${device.id}`,
      sendKept: (kept) => this.#sendKept(kept),
      problem: (problem) => this.#tell('problem', problem),
    });
    this.#stopListening = this.#listenTo(page);
  }

  async resume(playableId: string): Promise<ResumePoint> {
    return this.#isRight(resumeProblem(playableId)) ? this.#host.resume(playableId) : unknownPoint;
  }

  attach(player: MediaPlayer, options: AttachOptions): Attachment {
    if (!this.#isRight(attachProblem(player, options))) {
      const ready = Promise.resolve(unknownPoint);
      return { ready, takenOverBy: new Observable(null), takeOver: () => ready, detach() {} };
    }
    this.#attachments.get(player)?.detach();
    const attachment = new PlayerAttachment(player, options, this.#host);
    this.#attachments.set(player, attachment);
    return attachment;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** What attachments may ask of this client, and no app. */
  #hostFor(playback: PlaybackDeps): AttachmentHost {
    return {
      playback,
      resume: (playableId) => resumePoint({ ...playback, state: this.#state }, playableId),
      state: this.#state,
      held: (playhead) => this.#state.learn({ playheads: [playhead] }),
      problem: (problem) => this.#tell('problem', problem),
      superseded: (playhead) => this.#tell('superseded', playhead),
      takenOver: (told) => this.#tell('takenOver', told),
      handOff: (use) => import('./hand-off.ts').then(use).catch(this.#notLoaded),
      detached: (player) => this.#attachments.delete(player),
      began: (begun) => this.#note(begun),
      show: (player, metadata) => this.#show(player, metadata),
    };
  }

  async #openBackground(deps: BackgroundDeps): Promise<void> {
    await import('./background.ts').then(({ Background }) => {
      if (!this.#closing) this.#background = new Background(deps);
    }, this.#notLoaded);
  }

  readonly #notLoaded = (error: unknown): undefined => {
    this.#tell('problem', { code: 'NOT_LOADED', message: String(error), path: null });
  };

  #show(player: MediaPlayer, metadata: MediaMetadataInit | undefined): () => void {
    const shown = this.#opened.then(() => metadata && this.#background?.show(player, metadata));
    return () => void shown.then((hide) => hide?.());
  }

  #keep(...[key, kept]: Parameters<Background['keep']>): void {
    // Until it is loaded, what is to be kept waits for it.
    void this.#opened.then(() => this.#background?.keep(key, kept));
  }

  /** Sends what an earlier page left. Nobody watches that any more: there is nothing to offer. */
  #sendKept(kept: KeptPlayback): Promise<void> {
    const nobody = { ...this.#host, superseded() {}, interval() {} };
    const playback = new Playback(this.#host.playback, kept, nobody);
    this.#note(playback);
    return playback.over;
  }

  #note(playback: Playback): void {
    this.#playbacks.add(playback);
    void playback.over.then(() => this.#playbacks.delete(playback));
  }

  #isRight(wrong: ServerProblem | undefined): boolean {
    const problem = this.#closing ? closedProblem : wrong;
    if (problem) this.#tell('problem', problem);
    return !problem;
  }

  #tell<Name extends keyof PlayheadListeners>(name: Name, told: Told<Name>): void {
    guarded(() => this.#on[name]?.(told as never));
  }

  async #close(): Promise<void> {
    for (const attachment of this.#attachments.values()) attachment.detach();
    const isSent = Promise.all([...this.#playbacks].map(({ over }) => over));
    await withinMs(this.#host.playback.clock, closeWaitMsMax, isSent);
    this.#stopListening();
    await this.#opened;
    await this.#background?.close();
  }

  #listenTo(page: Page): () => void {
    const flush = () => {
      for (const playback of this.#playbacks) playback.flush();
      this.#background?.flush();
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

/** One id for each installation: made on first use, kept as long as the storage. */
function keptDeviceId(storage: DeviceStorage, chance: Chance): string {
  const kept = storage.getItem(deviceIdKey);
  if (kept && idPattern.test(kept)) return kept;
  const made = chance.newId();
  storage.setItem(deviceIdKey, made);
  return made;
}

const deviceIdKey = 'playhead/device-id';

function keepOf(profile: string | undefined, storage: DeviceStorage) {
  return profile ? { storage, key: `playhead/playheads/${profile}` } : undefined;
}
