import { partitionOf } from '../domain/version.ts';
import type { DurableStore } from './durable-store.ts';
import { StoreUnreachable } from './faults.ts';
import type { HotStore } from './hot-store.ts';
import type { WatchLog } from './watch-log.ts';

/** Fewer in a row are a hiccup; each of them made somebody wait for the store's whole timeout. */
const failuresMax = 5;
/** How long nobody asks, and the pace at which a lost store is looked for. */
const openMs = 1_000;

/** `half-open`: one caller tries the store, the others are answered as if it were open. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/**
 * Keeps callers from waiting for a store that does not answer: after five failures in a row they fail
 * at once, and one in a second tries whether it is back.
 *
 * Shape: only StoreUnreachable counts; any other error is an answer. Times are the given clock's.
 * Errors: StoreUnreachable while open, naming the store.
 */
export class Breaker {
  readonly name: string;
  readonly #clock: { nowMs(): number };
  readonly #onChange: (state: 'closed' | 'open') => void;
  #failures = 0;
  #openUntilMs: number | null = null;
  #isProbing = false;

  constructor(options: {
    name: string;
    clock: { nowMs(): number };
    /** Told when the store is given up, and when it is back. */
    onChange?: (state: 'closed' | 'open') => void;
  }) {
    this.name = options.name;
    this.#onChange = options.onChange ?? (() => {});
    this.#clock = options.clock;
  }

  get state(): BreakerState {
    if (this.#openUntilMs === null) return 'closed';
    if (this.#isProbing) return 'half-open';
    return this.#clock.nowMs() < this.#openUntilMs ? 'open' : 'half-open';
  }

  async run<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    const isProbe = this.#admit();
    try {
      const answer = await call();
      this.#answered();
      return answer;
    } catch (error) {
      if (error instanceof StoreUnreachable) this.#failed();
      else this.#answered();
      throw error;
    } finally {
      if (isProbe) this.#isProbing = false;
    }
  }

  /** True for the one caller that may try a store which did not answer lately. */
  #admit(): boolean {
    if (this.#openUntilMs === null) return false;
    if (this.#isProbing || this.#clock.nowMs() < this.#openUntilMs) {
      throw new StoreUnreachable(`The ${this.name} does not answer; it is tried again shortly.`, {
        retryAfterMs: openMs,
      });
    }
    this.#isProbing = true;
    return true;
  }

  #answered(): void {
    this.#failures = 0;
    if (this.#openUntilMs === null) return;
    this.#openUntilMs = null;
    this.#onChange('closed');
  }

  #failed(): void {
    this.#failures += 1;
    if (this.#failures < failuresMax) return;
    const wasClosed = this.#openUntilMs === null;
    this.#openUntilMs = this.#clock.nowMs() + openMs;
    if (wasClosed) this.#onChange('open');
  }
}

/**
 * The same store behind a breaker for each of its failure domains: one lost shard must not take the
 * others away. Listening, closing and an operator's walk over all profiles go past them.
 */
export function guardHotStore(
  hot: HotStore,
  breakers: { of(partition: number): Breaker },
): HotStore {
  const at = (partition: number) => breakers.of(partition);
  const home = (profileId: string) => at(partitionOf(profileId, hot.partitions));
  return {
    partitions: hot.partitions,
    failureDomain: (partition) => hot.failureDomain(partition),
    identity: (partition) => at(partition).run(() => hot.identity(partition)),
    merge: (request) => home(request.profileId).run(() => hot.merge(request)),
    read: (query) => home(query.profileId).run(() => hot.read(query)),
    hydrate: (hydration) => home(hydration.profileId).run(() => hot.hydrate(hydration)),
    takeOver: (of) => home(of.profileId).run(() => hot.takeOver(of)),
    dropMark: (profileId) => home(profileId).run(() => hot.dropMark(profileId)),
    raiseGeneration: (partition) => at(partition).run(() => hot.raiseGeneration(partition)),
    takeIn: (taken) => at(taken.partition).run(() => hot.takeIn(taken)),
    takenUpTo: (of) => at(of.partition).run(() => hot.takenUpTo(of)),
    due: (query) => at(query.partition).run(() => hot.due(query)),
    settle: (done) => at(done.partition).run(() => hot.settle(done)),
    quarantine: (poison) => at(poison.partition).run(() => hot.quarantine(poison)),
    quarantined: (query) => at(query.partition).run(() => hot.quarantined(query)),
    replay: (query) => at(query.partition).run(() => hot.replay(query)),
    backlog: (partition) => at(partition).run(() => hot.backlog(partition)),
    erase: (erasing) => home(erasing.profileId).run(() => hot.erase(erasing)),
    eachProfile: (visit) => hot.eachProfile(visit),
    onChanged: (profileId, listener) => hot.onChanged(profileId, listener),
    close: () => hot.close(),
  };
}

/** The same store behind a breaker; closing and an operator's walk go past it. */
export function guardDurableStore(durable: DurableStore, breaker: Breaker): DurableStore {
  return {
    write: (batch) => breaker.run(() => durable.write(batch)),
    read: (profileId) => breaker.run(() => durable.read(profileId)),
    erase: (erasing) => breaker.run(() => durable.erase(erasing)),
    eachProfile: (visit) => durable.eachProfile(visit),
    close: () => durable.close(),
  };
}

/** The same log behind a breaker; closing and an operator's walk go past it. */
export function guardWatchLog(watchLog: WatchLog, breaker: Breaker): WatchLog {
  return {
    offset: (partition) => breaker.run(() => watchLog.offset(partition)),
    keep: (batch) => breaker.run(() => watchLog.keep(batch)),
    read: (query) => breaker.run(() => watchLog.read(query)),
    erase: (erasing) => breaker.run(() => watchLog.erase(erasing)),
    eachProfile: (visit) => watchLog.eachProfile(visit),
    close: () => watchLog.close(),
  };
}
