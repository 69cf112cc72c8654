import { type Followed, LiveStream } from '../../runtime/live-stream.ts';
import type { PlaybackDeps } from './deps.ts';
import { afterFirstEnd } from './first-end.ts';
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
  return new LiveStream((wake) => new FollowedSessions(deps, profileId, wake));
}

class FollowedSessions implements Followed<ProfileState, ActiveSessionsUpdate> {
  readonly #deps: PlaybackDeps;
  readonly #profileId: string;
  readonly #wake: () => void;
  #told: string | undefined;
  #cancelLook: (() => void) | undefined;

  constructor(deps: PlaybackDeps, profileId: string, wake: () => void) {
    this.#deps = deps;
    this.#profileId = profileId;
    this.#wake = wake;
  }

  listen(): Promise<() => Promise<void>> {
    return this.#deps.hot.onChanged(this.#profileId, this.#wake);
  }

  read(): Promise<ProfileState> {
    return this.#deps.reader.read({ profileId: this.#profileId, titles: [], need: 'show' });
  }

  news(state: ProfileState): ActiveSessionsUpdate | null {
    this.#cancelLook?.();
    const alive = aliveSessions(state, this.#viewPoint());
    this.#cancelLook = afterFirstEnd(alive, this.#deps, this.#wake);
    const sessions = sessionViews(state, this.#viewPoint());
    const kind = this.#told === undefined ? 'SNAPSHOT' : 'CHANGED';
    const telling = JSON.stringify(sessions);
    if (telling === this.#told) return null;
    this.#told = telling;
    return { kind, sessions };
  }

  end(): void {
    this.#cancelLook?.();
  }

  #viewPoint() {
    const { policy, clock } = this.#deps;
    return { profileId: this.#profileId, nowMs: clock.nowMs(), policy };
  }
}
