import { isVersion } from '../domain/version.ts';

/** Playheads remembered: more than the 300 a profile has ranked; the least recent are forgotten. */
export const newestLengthMax = 1_000;

type Fields = Readonly<Record<string, unknown>>;

/**
 * The newest version of each playhead that passed, for caches that take whatever comes last.
 *
 * Shape: what `admit` answers is its argument, with every older playhead in it (an object with `id` and
 * `version`) brought up to the newest one that passed; a field that one did not select stays as it came.
 * An equal version passes: its session and freshness move without the version.
 * Errors: none.
 * Cost: O(size of the result); copies only what it changes.
 */
export class NewestPlayheads {
  readonly #newest = new Map<string, Fields & { version: string }>();

  admit<Result>(result: Result): Result {
    return this.#admitted(result) as Result;
  }

  #admitted(value: unknown): unknown {
    if (Array.isArray(value)) return this.#admittedList(value);
    if (typeof value !== 'object' || value === null) return value;
    const fields = value as Fields;
    return isPlayhead(fields) ? this.#admittedPlayhead(fields) : this.#admittedFields(fields);
  }

  #admittedList(list: readonly unknown[]): readonly unknown[] {
    const admitted = list.map((each) => this.#admitted(each));
    return admitted.some((each, index) => each !== list[index]) ? admitted : list;
  }

  #admittedFields(fields: Fields): Fields {
    const entries = Object.entries(fields);
    const admitted = entries.map(([name, value]) => [name, this.#admitted(value)] as const);
    const isChanged = admitted.some(([name, value]) => value !== fields[name]);
    return isChanged ? Object.fromEntries(admitted) : fields;
  }

  #admittedPlayhead(playhead: Fields & { id: string; version: string }): Fields {
    const { id, version } = playhead;
    const newest = this.#newest.get(id);
    if (newest !== undefined && newest.version > version) {
      const known = Object.keys(playhead).filter((name) => name in newest);
      return { ...playhead, ...Object.fromEntries(known.map((name) => [name, newest[name]])) };
    }
    // Of one version, two selections add up.
    const same = newest?.version === version ? newest : {};
    this.#newest.delete(id);
    this.#newest.set(id, { ...same, ...playhead });
    const [oldest] = this.#newest.keys();
    if (oldest !== undefined && this.#newest.size > newestLengthMax) this.#newest.delete(oldest);
    return playhead;
  }
}

/** No other type of the schema has a version in this form. */
function isPlayhead(fields: Fields): fields is Fields & { id: string; version: string } {
  const { id, version } = fields;
  return typeof id === 'string' && typeof version === 'string' && isVersion(version);
}
