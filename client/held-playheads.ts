import { type LiveStore, Observable } from './observable.ts';
import type { Playhead } from './operations.ts';
import type { DeviceStorage } from './storage.ts';

/** Playheads held in memory: as many titles as the server ranks for a profile. */
export const heldLengthMax = 300;

/** Playheads kept between page loads: two screens of cards, 50 KiB of the 5 MiB a page may store. */
export const keptLengthMax = 100;

/** Where playheads are kept between page loads. */
export interface Keep {
  storage: DeviceStorage;
  /** Of one profile alone: what one watched is nobody else's. */
  key: string;
}

/**
 * The newest playhead this device has seen of each title.
 *
 * Shape: a lower version is ignored, an equal one takes the newcomer (its session and freshness move
 * without the version), so any order of arrivals ends the same.
 * Errors: none thrown; a keep that cannot be read counts as empty.
 */
export class HeldPlayheads {
  readonly #keep: Keep | undefined;
  readonly #byPlayable: Observable<ReadonlyMap<string, Playhead>>;

  constructor(keep: Keep | undefined, whileWatched: () => () => void) {
    this.#keep = keep;
    this.#byPlayable = new Observable(keep ? readKept(keep) : new Map(), whileWatched);
  }

  /** By playable id, least recently changed first. */
  get store(): LiveStore<ReadonlyMap<string, Playhead>> {
    return this.#byPlayable;
  }

  get(playableId: string): Playhead | undefined {
    return this.#byPlayable.getSnapshot().get(playableId);
  }

  put(playheads: readonly Playhead[]): void {
    const newer = playheads.filter(
      ({ playableId, version }) => version >= (this.get(playableId)?.version ?? ''),
    );
    if (newer.length === 0) return;
    const held = new Map(this.#byPlayable.getSnapshot());
    for (const playhead of newer) {
      held.delete(playhead.playableId);
      held.set(playhead.playableId, playhead);
    }
    this.#byPlayable.set(new Map([...held].slice(-heldLengthMax)));
    this.#store();
  }

  #store(): void {
    if (!this.#keep) return;
    const newest = [...this.#byPlayable.getSnapshot().values()].slice(-keptLengthMax);
    this.#keep.storage.setItem(this.#keep.key, JSON.stringify(newest));
  }
}

function readKept({ storage, key }: Keep): Map<string, Playhead> {
  try {
    const kept: unknown = JSON.parse(storage.getItem(key) ?? '[]');
    const playheads = Array.isArray(kept) ? kept.filter(isPlayhead) : [];
    return new Map(playheads.map((playhead) => [playhead.playableId, playhead]));
  } catch {
    // Written by something else, or cut off: the server knows better anyway.
    return new Map();
  }
}

function isPlayhead(kept: unknown): kept is Playhead {
  const { playableId, version, resumePositionMs } = (kept ?? {}) as Partial<Playhead>;
  return (
    typeof playableId === 'string' &&
    typeof version === 'string' &&
    Number.isFinite(resumePositionMs)
  );
}
