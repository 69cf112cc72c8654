import { fencesKeptMs, fencesReadEveryMs } from '../../domain/erasure.ts';
import { laterVersion } from '../../domain/merge.ts';
import type { Version } from '../../domain/version.ts';
import { BoundedMap } from '../../runtime/bounded-map.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';
import type { Erasures } from '../../stores/erasures.ts';

/** Profiles whose key is remembered: the viewers of one busy process; about 10 MB. */
const keysMax = 80_000;

export interface FencesDeps {
  erasures: Erasures;
  /** The key that a profile has in records of erasures. */
  keyOf: (profileId: string) => string;
  clock: Clock;
  log: Logger;
  /** Told of each fence that is new. Default: nobody is. */
  onNew?: (fences: FencesByKey) => Promise<void>;
}

/** By the profile's key, its latest fence. */
export type FencesByKey = ReadonlyMap<string, Version>;

/**
 * Which profiles were erased lately, and up to where: what a process must know before it takes anything
 * from a session that began before.
 *
 * Shape: read again every `fencesReadEveryMs`; while the list does not answer, what was read last counts.
 * Errors: none.
 * Cost: nothing while no profile is erased; then a look-up a heartbeat.
 */
export class Fences {
  readonly #deps: FencesDeps;
  readonly #keys = new BoundedMap<string>(keysMax);
  #fences: FencesByKey = new Map();
  #cancel: (() => void) | undefined;
  #reading: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(deps: FencesDeps) {
    this.#deps = deps;
  }

  /** Reads the list, and again and again until closed. Resolves once it was tried. */
  async start(): Promise<void> {
    const schedule = () => {
      if (this.#isClosed) return;
      this.#cancel = this.#deps.clock.after(fencesReadEveryMs, () => {
        this.#reading = this.#read().then(schedule);
      });
    };
    this.#reading = this.#read();
    await this.#reading;
    schedule();
  }

  /** All of them, as they were read last. */
  get known(): FencesByKey {
    return this.#fences;
  }

  /** Null: the profile was not erased. */
  of(profileId: string): Version | null {
    if (this.#fences.size === 0) return null;
    return this.#fences.get(this.#keyOf(profileId)) ?? null;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await this.#reading;
  }

  async #read(): Promise<void> {
    const { erasures, clock, log, onNew } = this.#deps;
    try {
      const found = latestFences(await erasures.since(clock.nowMs() - fencesKeptMs));
      const fresh = [...found].filter(([key, fence]) => this.#fences.get(key) !== fence);
      // Told first: what fails is new again the next time.
      if (fresh.length > 0) await onNew?.(new Map(fresh));
      this.#fences = found;
    } catch (error) {
      log.warn({ err: error }, 'the list of erasures will be read later');
    }
  }

  #keyOf(profileId: string): string {
    const known = this.#keys.get(profileId);
    if (known !== undefined) return known;
    const key = this.#deps.keyOf(profileId);
    this.#keys.set(profileId, key);
    return key;
  }
}

/** Of several erasures of one profile the one that reaches furthest. */
export function latestFences(
  erasures: readonly { profileKey: string; fence: Version }[],
): FencesByKey {
  const fences = new Map<string, Version>();
  for (const { profileKey, fence } of erasures) {
    fences.set(profileKey, laterVersion(fences.get(profileKey) ?? fence, fence));
  }
  return fences;
}
