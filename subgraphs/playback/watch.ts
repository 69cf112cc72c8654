import { hash } from 'node:crypto';
import { floorTitle } from '../../domain/playhead.ts';
import { type Followed, LiveStream } from '../../runtime/live-stream.ts';
import type { PlaybackDeps } from './deps.ts';
import { afterFirstEnd } from './first-end.ts';
import type { ProfileState } from './hydrate.ts';
import { recentTitles } from './lists.ts';
import { aliveSessions, type PlayheadView, viewOf } from './playhead-view.ts';

/** Playheads in a snapshot: a screenful several times over; what is absent is not removed. */
const snapshotLengthMax = 50;

export interface PlayheadUpdate {
  kind: 'SNAPSHOT' | 'CHANGED';
  playheads: PlayheadView[];
}

/**
 * Live playheads of one profile: first a snapshot, then what changes.
 *
 * Shape: listening begins before the snapshot is read, so nothing falls between. What changed waits
 * as a set of titles and is read when the subscriber asks for more: a slow one gets the latest state
 * of each title once, and memory stays flat. A playhead never goes back to an older version, and one
 * that shows what was sent of it last is not sent again, whatever made the server look.
 * Errors: PlatformError STATE_UNAVAILABLE ends the stream; subscribe again.
 * Cost: one hot read a message. `return()` settles at once, whatever is being waited for.
 */
export function watchPlayheads(
  deps: PlaybackDeps,
  watched: { profileId: string; title: string | null },
): AsyncIterableIterator<PlayheadUpdate> {
  return new LiveStream((wake) => new FollowedPlayheads(deps, watched, wake));
}

/** Of a playhead as it was sent last. */
interface Sent {
  version: string;
  digest: string;
}

/** What was read, and of which titles it may be news. */
interface Look {
  kind: PlayheadUpdate['kind'];
  state: ProfileState;
  titles: Iterable<string>;
}

class FollowedPlayheads implements Followed<Look, PlayheadUpdate> {
  readonly #deps: PlaybackDeps;
  readonly #profileId: string;
  readonly #title: string | null;
  readonly #wake: () => void;
  readonly #changed = new Set<string>();
  readonly #sent = new Map<string, Sent>();
  readonly #expiries = new Map<string, () => void>();
  #hasBegun = false;

  constructor(
    deps: PlaybackDeps,
    watched: { profileId: string; title: string | null },
    wake: () => void,
  ) {
    this.#deps = deps;
    this.#profileId = watched.profileId;
    this.#title = watched.title;
    this.#wake = wake;
  }

  listen(): Promise<() => Promise<void>> {
    return this.#deps.hot.onChanged(this.#profileId, (titles) => this.#note(titles));
  }

  async read(): Promise<Look> {
    if (this.#hasBegun) return this.#readChanged();
    this.#hasBegun = true;
    const state = await this.#read(this.#title === null ? null : [this.#title]);
    const titles = this.#title === null ? recentlyActive(state) : [this.#title];
    return { kind: 'SNAPSHOT', state, titles };
  }

  news({ kind, state, titles }: Look): PlayheadUpdate | null {
    const playheads = this.#notSent(state, titles);
    // What changed before the snapshot was read need not be among its titles.
    if (this.#changed.size > 0) this.#wake();
    return kind === 'CHANGED' && playheads.length === 0 ? null : { kind, playheads };
  }

  end(): void {
    for (const cancel of this.#expiries.values()) cancel();
    this.#expiries.clear();
  }

  #note(titles: readonly string[]): void {
    for (const title of titles) {
      const isOurs = this.#title === null || this.#title === title || title === floorTitle;
      if (isOurs) this.#changed.add(title);
    }
    if (this.#changed.size > 0) this.#wake();
  }

  async #readChanged(): Promise<Look> {
    const titles = new Set(this.#changed);
    this.#changed.clear();
    const mayBeAny = titles.delete(floorTitle);
    // The floor stands for all that was sent: only now, for it may have moved before the snapshot was.
    if (mayBeAny) for (const sent of this.#sent.keys()) titles.add(sent);
    const isWhole = mayBeAny && this.#title === null;
    const state = await this.#read(isWhole ? null : [...titles]);
    // It also stands for what was told to nobody while the hot store could not be reached.
    if (isWhole) for (const title of recentlyActive(state)) titles.add(title);
    return { kind: 'CHANGED', state, titles };
  }

  #read(titles: readonly string[] | null): Promise<ProfileState> {
    return this.#deps.reader.read({ profileId: this.#profileId, titles, need: 'show' });
  }

  /** Of these titles, whatever the subscriber does not have yet. */
  #notSent(state: ProfileState, titles: Iterable<string>): PlayheadView[] {
    const playheads: PlayheadView[] = [];
    for (const title of titles) {
      const view = viewOf(state, title, this.#viewPoint());
      const sent = this.#sent.get(title);
      if (sent !== undefined && view.version < sent.version) continue;
      this.#expectEnd(state, title);
      const digest = digestOf(view);
      if (digest === sent?.digest) continue;
      this.#sent.set(title, { version: view.version, digest });
      playheads.push(view);
    }
    return playheads;
  }

  #expectEnd(state: ProfileState, title: string): void {
    this.#expiries.get(title)?.();
    this.#expiries.delete(title);
    const alive = aliveSessions(state, this.#viewPoint()).filter((one) => one.title === title);
    const cancel = afterFirstEnd(alive, this.#deps, () => this.#note([title]));
    if (cancel !== undefined) this.#expiries.set(title, cancel);
  }

  #viewPoint() {
    const { policy, clock } = this.#deps;
    return { profileId: this.#profileId, nowMs: clock.nowMs(), policy };
  }
}

function recentlyActive(state: ProfileState): string[] {
  return recentTitles(state)
    .slice(0, snapshotLengthMax)
    .map(({ title }) => title);
}

/**
 * Of all that a playhead shows, but for what passes with time alone. The version does not stand for it: one
 * register moves under the newer one of the other, and devices and sessions move without either.
 */
function digestOf(view: PlayheadView): string {
  const { alternative, freshness } = view;
  const lasting = {
    ...view,
    ...{ resumePositionMs: null, resumeReason: null },
    alternative: alternative && { ...alternative, resumePositionMs: null, ageMs: null },
    freshness: { ...freshness, asOf: null },
  };
  // A subscriber is sent hundreds of titles: the text itself is several times as long.
  return hash('sha256', JSON.stringify(lasting), 'base64');
}
