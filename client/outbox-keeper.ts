import type { DeviceClock } from './clock.ts';
import type { ServerProblem } from './operations.ts';
import { type Heartbeat, isPlain, outboxLengthMax } from './outbox.ts';
import type { KeptPlayback, OutboxStore } from './outbox-store.ts';
import type { PageLock } from './page-lock.ts';

/** What the server still takes (`heartbeatAgeMaxMs` of its policy): older is not worth a request. */
export const keptAgeMsMax = 30 * 24 * 60 * 60_000;

/** What a keeper works with. */
export interface KeeperDeps {
  store: OutboxStore;
  clock: DeviceClock;
  /** Of this page: knows the others that live. */
  lock: Pick<PageLock, 'page' | 'isAlive' | 'whenGone'>;
  problem(problem: ServerProblem): void;
  /** A page that was alive at the last drain has left something, and is gone. */
  hasLeft(): void;
}

/**
 * Keeps what playbacks wait to send, and hands out what pages that are gone have left.
 *
 * Shape: one write at a time, what changes meanwhile goes together; at most `outboxLengthMax`
 * heartbeats of `keptAgeMsMax` are handed out, the oldest plain ones given up first.
 * Errors: none thrown; a store that fails, or holds what cannot be read, is a problem, and all goes on
 * from memory.
 */
export class OutboxKeeper {
  readonly #deps: KeeperDeps;
  #changes = new Map<string, KeptPlayback | null>();
  #writing: Promise<void> | undefined;
  #draining: Promise<void> | undefined;
  #isDrainAsked = false;
  /** Pages that live and have something waiting, each with what ends the waiting for their end. */
  readonly #living = new Map<string, () => void>();
  #isClosed = false;
  #hasFailed = false;

  constructor(deps: KeeperDeps) {
    this.#deps = deps;
  }

  /** Null: all of it is stored, or refused for good. */
  save(key: string, kept: KeptPlayback | null): void {
    if (this.#isClosed) return;
    this.#changes.set(key, kept);
    this.#writing ??= this.#write();
  }

  /**
   * Sends what dead pages left, one playback after the other, the oldest first. Asked while it does, it
   * looks again when it is done: a page may have died after the last look.
   */
  drain(send: (kept: KeptPlayback) => Promise<void>): Promise<void> {
    this.#isDrainAsked = true;
    this.#draining ??= this.#drain(send);
    return this.#draining;
  }

  /** This page rests where browsers allow no locks, nor waiting for one. */
  rest(): void {
    for (const stopWaiting of this.#living.values()) stopWaiting();
    this.#living.clear();
  }

  /** Waits for what is being written. Idempotent. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.rest();
    await this.#writing;
    this.#deps.store.close();
  }

  async #drain(send: (kept: KeptPlayback) => Promise<void>): Promise<void> {
    while (this.#isDrainAsked && !this.#isClosed) {
      this.#isDrainAsked = false;
      try {
        for (const kept of await this.#orphans()) {
          if (this.#isClosed) break;
          await send(kept);
        }
      } catch (error) {
        this.#fail(error);
      }
    }
    this.#draining = undefined;
  }

  async #write(): Promise<void> {
    while (this.#changes.size > 0) {
      const changes = this.#changes;
      this.#changes = new Map();
      try {
        await this.#deps.store.write(changes);
      } catch (error) {
        this.#fail(error);
      }
    }
    this.#writing = undefined;
  }

  async #orphans(): Promise<KeptPlayback[]> {
    const { store, clock } = this.#deps;
    // What was just sent must not be found again.
    await this.#writing;
    const found: KeptPlayback[] = [];
    const changes = new Map<string, KeptPlayback | null>();
    let unreadable = 0;
    for (const key of await store.keys()) {
      const { kept, lost } = keptOf(await store.read(key).catch(() => undefined));
      unreadable += lost;
      if (kept === undefined) changes.set(key, null);
      else if (await this.#isLeft(kept.page)) found.push(kept);
    }
    const orphans = withinLimits(found, clock.wallMs());
    for (const { key } of found) changes.set(key, orphans.find((kept) => kept.key === key) ?? null);
    if (changes.size > 0) await store.write(changes);
    if (unreadable > 0) this.#deps.problem(unreadableProblem(unreadable));
    return orphans;
  }

  /** A page that still lives is waited for: what dies next to this look must not wait for another. */
  async #isLeft(page: string): Promise<boolean> {
    const { lock, hasLeft } = this.#deps;
    if (page === lock.page) return false;
    if (!(await lock.isAlive(page))) return true;
    if (this.#living.has(page) || this.#isClosed) return false;
    const stopWaiting = lock.whenGone(page, () => {
      this.#living.delete(page);
      hasLeft();
    });
    this.#living.set(page, stopWaiting);
    return false;
  }

  /** Told once: every heartbeat would say the same. */
  #fail(error: unknown): void {
    if (this.#hasFailed || this.#isClosed) return;
    this.#hasFailed = true;
    this.#deps.problem(unavailableProblem(error));
  }
}

/** Waiting heartbeats of an earlier page were lost. */
export function unreadableProblem(entries: number): ServerProblem {
  const message = `Left out of the outbox, as unreadable: ${entries}.`;
  return { code: 'OUTBOX_UNREADABLE', message, path: null };
}

/** Heartbeats wait in memory only. */
export function unavailableProblem(error: unknown): ServerProblem {
  const message = `What waits to be sent is kept in memory only: ${error}`;
  return { code: 'OUTBOX_UNAVAILABLE', message, path: null };
}

/** What can be read of a record, and how many entries cannot: the whole one counts as one. */
function keptOf(record: unknown): { kept: KeptPlayback | undefined; lost: number } {
  const kept = (record ?? {}) as Partial<KeptPlayback>;
  if (!Array.isArray(kept.heartbeats) || !isWhole(kept)) return { kept: undefined, lost: 1 };
  const heartbeats = kept.heartbeats.filter(isHeartbeat);
  const lost = kept.heartbeats.length - heartbeats.length;
  if (heartbeats.length === 0) return { kept: undefined, lost };
  const ordered = heartbeats.sort((left, right) => left.sequence - right.sequence);
  return { kept: { ...kept, heartbeats: ordered }, lost };
}

function isWhole(kept: Partial<KeptPlayback>): kept is KeptPlayback {
  const texts = [kept.key, kept.page, kept.sessionId, kept.subject?.playableId];
  return (
    texts.every((text) => typeof text === 'string') &&
    (kept.session === null || typeof kept.session === 'string') &&
    Number.isFinite(kept.wallOriginMs)
  );
}

function isHeartbeat(entry: Partial<Heartbeat> | null): entry is Heartbeat {
  const { event, sequence, elapsedMs, positionMs } = entry ?? {};
  return (
    typeof event === 'string' &&
    Number.isInteger(sequence) &&
    Number.isInteger(positionMs) &&
    Number.isFinite(elapsedMs)
  );
}

/** Oldest playback first; what is too old or too much is left out, plain heartbeats before acts. */
function withinLimits(found: readonly KeptPlayback[], nowMs: number): KeptPlayback[] {
  const entries = found
    .flatMap((kept) =>
      kept.heartbeats.map((heartbeat) => ({
        kept,
        heartbeat,
        atMs: kept.wallOriginMs + heartbeat.elapsedMs,
      })),
    )
    .filter(({ atMs }) => nowMs - atMs <= keptAgeMsMax)
    .sort((left, right) => left.atMs - right.atMs);
  const ofKind = (plain: boolean) =>
    entries.filter(({ heartbeat }) => isPlain(heartbeat.event) === plain);
  const byWorth = [...ofKind(true), ...ofKind(false)].slice(-outboxLengthMax);
  const worthy = new Set(byWorth.map(({ heartbeat }) => heartbeat));
  return found
    .map((kept) => ({ ...kept, heartbeats: kept.heartbeats.filter((each) => worthy.has(each)) }))
    .filter(({ heartbeats }) => heartbeats.length > 0)
    .sort((left, right) => left.wallOriginMs - right.wallOriginMs);
}
