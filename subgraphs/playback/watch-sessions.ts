import { aliveUntilMs } from '../../domain/presence.ts';
import type { PlaybackDeps } from './deps.ts';
import type { ProfileState } from './hydrate.ts';
import { aliveSessions, type SessionView, sessionViews } from './playhead-view.ts';

export interface ActiveSessionsUpdate {
  kind: 'SNAPSHOT' | 'CHANGED';
  /** Null while nobody knows. */
  sessions: SessionView[] | null;
}

/**
 * The sessions of one profile that are alive: first a snapshot, then all of them whenever one changed.
 *
 * Shape: as `watchPlayheads`. That something changed waits as one flag, and is read when the subscriber
 * asks for more: a slow one gets the latest state once. What is as it was told last is not told again.
 * Errors: PlatformError STATE_UNAVAILABLE ends the stream; subscribe again.
 * Cost: one hot read a message. `return()` settles at once, whatever is being waited for.
 */
export function watchSessions(
  deps: PlaybackDeps,
  profileId: string,
): AsyncIterableIterator<ActiveSessionsUpdate> {
  return new SessionsWatch(deps, profileId);
}

class SessionsWatch implements AsyncIterableIterator<ActiveSessionsUpdate> {
  readonly #deps: PlaybackDeps;
  readonly #profileId: string;
  #hasChanged = true;
  #told: string | undefined;
  #cancelExpiry: (() => void) | undefined;
  #stop: (() => Promise<void>) | undefined;
  #wake: (() => void) | undefined;
  #isListening = false;
  #isEnded = false;

  constructor(deps: PlaybackDeps, profileId: string) {
    this.#deps = deps;
    this.#profileId = profileId;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<ActiveSessionsUpdate>> {
    try {
      const update = await this.#next();
      return update === null ? { done: true, value: undefined } : { done: false, value: update };
    } catch (error) {
      // Whoever iterates learns of the failure and stops asking: nobody would call return().
      await this.return();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<ActiveSessionsUpdate>> {
    this.#isEnded = true;
    this.#cancelExpiry?.();
    this.#wake?.();
    await this.#stopListening();
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<IteratorResult<ActiveSessionsUpdate>> {
    await this.return();
    throw error;
  }

  /** Once, however often a stream is ended: a second time might meet somebody else's place. */
  async #stopListening(): Promise<void> {
    const stop = this.#stop;
    this.#stop = undefined;
    await stop?.();
  }

  /** Null when the subscriber left meanwhile. */
  async #next(): Promise<ActiveSessionsUpdate | null> {
    if (!this.#isListening) await this.#listen();
    while (!this.#isEnded) {
      if (!this.#hasChanged) await this.#somethingChanged();
      const update = this.#isEnded ? null : await this.#readChanged();
      if (update !== null) return update;
    }
    return null;
  }

  /** Before anything is read, so that nothing falls between. */
  async #listen(): Promise<void> {
    this.#isListening = true;
    this.#stop = await this.#deps.hot.onChanged(this.#profileId, () => this.#note());
    if (this.#isEnded) await this.#stopListening();
  }

  #note(): void {
    this.#hasChanged = true;
    this.#wake?.();
  }

  #somethingChanged(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Null when all is as it was told last, or the subscriber left meanwhile. */
  async #readChanged(): Promise<ActiveSessionsUpdate | null> {
    this.#hasChanged = false;
    const query = { profileId: this.#profileId, titles: [], need: 'show' as const };
    const state = await this.#deps.reader.read(query);
    if (this.#isEnded) return null;
    this.#expectEnd(state);
    const sessions = sessionViews(state, this.#viewPoint());
    const kind = this.#told === undefined ? 'SNAPSHOT' : 'CHANGED';
    const telling = JSON.stringify(sessions);
    if (telling === this.#told) return null;
    this.#told = telling;
    return { kind, sessions };
  }

  /** A session that falls silent ends without a word from anyone: look again when the first would. */
  #expectEnd(state: ProfileState): void {
    this.#cancelExpiry?.();
    this.#cancelExpiry = undefined;
    const { policy, clock } = this.#deps;
    const ends = aliveSessions(state, this.#viewPoint()).map((one) => aliveUntilMs(one, policy));
    if (ends.length === 0) return;
    const inMs = Math.max(0, Math.min(...ends) - clock.nowMs());
    this.#cancelExpiry = clock.after(inMs, () => this.#note());
  }

  #viewPoint() {
    const { policy, clock } = this.#deps;
    return { profileId: this.#profileId, nowMs: clock.nowMs(), policy };
  }
}
