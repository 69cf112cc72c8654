import type { ContinueWatchingRow } from './continue-watching.ts';
import { HeldPlayheads, type Keep } from './held-playheads.ts';
import { Observable } from './observable.ts';
import type { PlaybackSession, Playhead } from './operations.ts';

/** Parts of the live state, each with a stream of its own. */
export type Topic = 'playheads' | 'row' | 'sessions';

/** News of the live state: merging it twice, or in another order, changes nothing but the row. */
export interface LiveNews {
  playheads?: readonly Playhead[];
  row?: ContinueWatchingRow | null;
  sessions?: readonly PlaybackSession[] | null | undefined;
}

/** What the live state tells. */
export interface LiveStateListener {
  /** Somebody begins or ceases to watch here. */
  wantedChanged(): void;
  /** This page learnt something; what other pages told is not repeated. */
  learnt(news: LiveNews): void;
}

/** Playheads, the row and the sessions as this page knows them, whoever brought them. */
export class LiveState {
  readonly held: HeldPlayheads;
  readonly row: Observable<ContinueWatchingRow | null>;
  readonly sessions: Observable<readonly PlaybackSession[] | null>;
  /** What somebody watches here. */
  readonly wanted = new Set<Topic>();
  readonly #listener: LiveStateListener;

  constructor(keep: Keep | undefined, listener: LiveStateListener) {
    this.#listener = listener;
    this.held = new HeldPlayheads(keep, () => this.#want('playheads'));
    this.row = new Observable<ContinueWatchingRow | null>(null, () => this.#want('row'));
    this.sessions = new Observable<readonly PlaybackSession[] | null>(null, () =>
      this.#want('sessions'),
    );
  }

  /** From the server. */
  learn(news: LiveNews): void {
    this.merge(news);
    this.#listener.learnt(news);
  }

  /** From the server or another page. */
  merge({ playheads, row, sessions }: LiveNews): void {
    if (playheads) this.held.put(playheads);
    if (row) this.row.set(row);
    if (sessions !== undefined) this.sessions.set(sessions);
  }

  #want(topic: Topic): () => void {
    this.wanted.add(topic);
    this.#listener.wantedChanged();
    return () => {
      this.wanted.delete(topic);
      this.#listener.wantedChanged();
    };
  }
}
