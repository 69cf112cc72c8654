import type { ContinueWatchingRow } from './continue-watching.ts';
import { HeldPlayheads, type Keep } from './held-playheads.ts';
import { Observable } from './observable.ts';
import type { Playhead } from './operations.ts';

/** Parts of the live state, each with a stream of its own. */
export type Topic = 'playheads' | 'row';

/** News of the live state: merging it twice, or in another order, changes nothing but the row. */
export interface LiveNews {
  playheads?: readonly Playhead[];
  row?: ContinueWatchingRow | null;
}

/** What the live state tells. */
export interface LiveStateListener {
  /** Somebody begins or ceases to watch here. */
  wantedChanged(): void;
  /** This page learnt something; what other pages told is not repeated. */
  learnt(news: LiveNews): void;
}

/** Playheads and the row as this page knows them, whoever brought them. */
export class LiveState {
  readonly held: HeldPlayheads;
  readonly row: Observable<ContinueWatchingRow | null>;
  /** What somebody watches here. */
  readonly wanted = new Set<Topic>();
  readonly #listener: LiveStateListener;

  constructor(keep: Keep | undefined, listener: LiveStateListener) {
    this.#listener = listener;
    this.held = new HeldPlayheads(keep, () => this.#want('playheads'));
    this.row = new Observable<ContinueWatchingRow | null>(null, () => this.#want('row'));
  }

  /** From the server. */
  learn(news: LiveNews): void {
    this.merge(news);
    this.#listener.learnt(news);
  }

  /** From the server or another page. */
  merge({ playheads, row }: LiveNews): void {
    if (playheads !== undefined) this.held.put(playheads);
    if (row) this.row.set(row);
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
