import { BoundedMap } from '../../runtime/bounded-map.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';
import { type CatalogClient, catalogIdsMax, type TitleFacts } from './catalog-client.ts';

/** About 200 bytes each: the titles that the viewers of one process are in the middle of. */
const entriesMax = 50_000;
/** A new episode is noticed this much later at most. */
const freshForMs = 60_000;
/** Past this a row waits for newer facts; before it, it goes on and they are fetched behind it. */
const goodForMs = 10 * 60_000;
/** A row waits this long, once: nobody sees it come later. What the catalog says then serves the next. */
const waitMs = 50;
/** A catalog that failed is left alone this long. */
const retryAfterMs = 1_000;

export interface KnownFacts {
  /** Null: the catalog does not know it. Left out: nobody could say. */
  facts: ReadonlyMap<string, TitleFacts | null>;
  /** False: something is missing, or older than it should be because the catalog failed. */
  isComplete: boolean;
}

/**
 * What is known of titles, now: facts from the catalog, kept for a minute and past it while they are
 * fetched anew or cannot be.
 *
 * Shape: ids under way are not asked for again; an answer that comes too late serves the next row.
 * Errors: none; a slow or dead catalog is `isComplete: false`.
 * Cost: map look-ups; one query per 100 ids that are unknown or old.
 */
export interface CatalogCache {
  lookUp(ids: readonly string[]): Promise<KnownFacts>;
}

interface Entry {
  facts: TitleFacts | null;
  fetchedAtMs: number;
}

export function createCatalogCache(
  catalog: CatalogClient,
  { clock, log }: { clock: Clock; log: Logger },
): CatalogCache {
  return new BoundedCatalogCache(catalog, clock, log);
}

class BoundedCatalogCache implements CatalogCache {
  readonly #catalog: CatalogClient;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** In order of fetching, the oldest first. */
  readonly #entries = new BoundedMap<Entry>(entriesMax);
  readonly #underWay = new Map<string, Promise<void>>();
  #failedAtMs = Number.NEGATIVE_INFINITY;

  constructor(catalog: CatalogClient, clock: Clock, log: Logger) {
    this.#catalog = catalog;
    this.#clock = clock;
    this.#log = log;
  }

  async lookUp(ids: readonly string[]): Promise<KnownFacts> {
    const old = ids.filter((id) => this.#ageMs(id) >= freshForMs);
    this.#fetch(old.filter((id) => !this.#underWay.has(id)));
    const needed = old.filter((id) => this.#ageMs(id) >= goodForMs);
    await this.#waitFor(needed.flatMap((id) => this.#underWay.get(id) ?? []));
    const known = ids.flatMap((id): [string, TitleFacts | null][] => {
      const entry = this.#entries.get(id);
      return entry === undefined ? [] : [[id, entry.facts]];
    });
    return { facts: new Map(known), isComplete: ids.every((id) => this.#isGood(id)) };
  }

  /** Old facts are good while newer ones are on their way, not once the catalog failed. */
  #isGood(id: string): boolean {
    const ageMs = this.#ageMs(id);
    return ageMs < freshForMs || (ageMs < goodForMs && this.#underWay.has(id));
  }

  /** Infinite for what was never fetched. */
  #ageMs(id: string): number {
    const fetchedAtMs = this.#entries.get(id)?.fetchedAtMs ?? Number.NEGATIVE_INFINITY;
    return this.#clock.nowMs() - fetchedAtMs;
  }

  #fetch(ids: readonly string[]): void {
    if (this.#clock.nowMs() - this.#failedAtMs < retryAfterMs) return;
    for (let start = 0; start < ids.length; start += catalogIdsMax) {
      const chunk = ids.slice(start, start + catalogIdsMax);
      const fetching = this.#fetchChunk(chunk).finally(() => {
        for (const id of chunk) this.#underWay.delete(id);
      });
      for (const id of chunk) this.#underWay.set(id, fetching);
    }
  }

  /** Never rejects: nobody may be waiting any more. */
  async #fetchChunk(ids: readonly string[]): Promise<void> {
    try {
      const answered = await this.#catalog.facts(ids);
      for (const [id, facts] of answered) this.#keep(id, facts);
    } catch (error) {
      this.#failedAtMs = this.#clock.nowMs();
      this.#log.warn({ err: error }, 'catalog failed; rows go on with what is known');
    }
  }

  #keep(id: string, facts: TitleFacts | null): void {
    this.#entries.renew(id, { facts, fetchedAtMs: this.#clock.nowMs() });
  }

  async #waitFor(fetches: readonly Promise<void>[]): Promise<void> {
    if (fetches.length === 0) return;
    let cancel: () => void = () => {};
    const timeout = new Promise<void>((resolve) => {
      cancel = this.#clock.after(waitMs, resolve);
    });
    await Promise.race([Promise.all(new Set(fetches)), timeout]);
    cancel();
  }
}
