import { PlatformError } from '../../domain/errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';
import type { DurableStore, ProfileBatch } from '../../stores/durable-store.ts';
import type { DirtyTitle, HotStore, SettledTitle } from '../../stores/hot-store.ts';

/** Titles taken in one step of a drain: a batch that a partition's atomic steps hardly feel. */
const drainLimit = 200;
/** A title that failed this often for a reason of its own is set aside, value and all. */
const triesMax = 5;
/** Passes per interval: a title waits at most a quarter longer than it should. */
const passesPerInterval = 4;

export interface WriteBehindDeps {
  hot: HotStore;
  durable: DurableStore;
  clock: Clock;
  log: Logger;
  /** A moving playhead is written at most once in this time, ms. */
  intervalMs: number;
}

/**
 * Copies what the hot store owes to the durable store, in the background.
 *
 * Shape: at least once and idempotent. A title stays dirty until the durable store answered, and
 * after that if something newer came meanwhile; a crash anywhere only repeats a write.
 * Cost: one durable write per moving title and interval, whatever the heartbeat rate.
 */
export class WriteBehind {
  readonly #deps: WriteBehindDeps;
  /** `profile|title` → failures that were the title's own. */
  readonly #failures = new Map<string, number>();
  #cancel: (() => void) | undefined;
  #running: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(deps: WriteBehindDeps) {
    this.#deps = deps;
  }

  /** Drains again and again until closed. */
  start(): void {
    const pass = () => {
      this.#running = this.drain({ minimumAgeMs: this.#deps.intervalMs })
        .catch((error: unknown) => {
          this.#deps.log.warn({ err: error }, 'write-behind will try again');
        })
        .then(schedule);
    };
    const schedule = () => {
      if (this.#isClosed) return;
      this.#cancel = this.#deps.clock.after(this.#deps.intervalMs / passesPerInterval, pass);
    };
    schedule();
  }

  /** One pass: writes every title that has been dirty for `minimumAgeMs` or longer. */
  async drain(options: { minimumAgeMs: number }): Promise<void> {
    const sinceMs = this.#deps.clock.nowMs() - options.minimumAgeMs;
    for (let partition = 0; partition < this.#deps.hot.partitions; partition += 1) {
      await this.#drainPartition(partition, sinceMs);
    }
  }

  /** Stops, and writes what is left. Errors: STATE_UNAVAILABLE when the durable store is down. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancel?.();
    await this.#running;
    await this.drain({ minimumAgeMs: 0 });
  }

  async #drainPartition(partition: number, sinceMs: number): Promise<void> {
    const { hot } = this.#deps;
    for (;;) {
      const due = await hot.due({ partition, sinceMs, limit: drainLimit });
      const batches = byProfile(due);
      const outcomes = await Promise.allSettled(batches.map((batch) => this.#write(batch)));
      const written = batches.filter((_, index) => outcomes[index]?.status === 'fulfilled');
      const titles = written.flatMap(settledOf);
      await hot.settle({ partition, titles, nowMs: this.#deps.clock.nowMs() });
      for (const batch of written) this.#forgetFailures(batch);
      for (const [index, outcome] of outcomes.entries()) {
        const batch = batches[index];
        if (outcome.status === 'rejected' && batch !== undefined) {
          await this.#failed({ partition, batch, error: outcome.reason });
        }
      }
      // A short or a failing step ends the pass: what is left is met again in the next one.
      if (due.length < drainLimit || written.length < batches.length) return;
    }
  }

  #write(batch: ProfileBatch): Promise<void> {
    return this.#deps.durable.write(batch);
  }

  /** A store that is down is nobody's fault; any other failure counts against the titles it met. */
  async #failed(failure: {
    partition: number;
    batch: ProfileBatch;
    error: unknown;
  }): Promise<void> {
    const { partition, batch, error } = failure;
    if (error instanceof PlatformError && error.retryable) throw error;
    for (const { title } of batch.titles) {
      const member = `${batch.profileId}|${title}`;
      const failures = (this.#failures.get(member) ?? 0) + 1;
      this.#failures.set(member, failures);
      if (failures < triesMax) continue;
      this.#failures.delete(member);
      this.#deps.log.error(
        { profileId: batch.profileId, titleId: title, err: error },
        'title set aside: it cannot be written',
      );
      await this.#deps.hot.quarantine({ partition, profileId: batch.profileId, title });
    }
  }

  #forgetFailures(batch: ProfileBatch): void {
    for (const { title } of batch.titles) this.#failures.delete(`${batch.profileId}|${title}`);
  }
}

function byProfile(due: readonly DirtyTitle[]): ProfileBatch[] {
  const profiles = Map.groupBy(due, ({ profileId }) => profileId);
  return [...profiles].map(([profileId, titles]) => {
    const devices = new Map(titles.flatMap((title) => title.devices).map((it) => [it.id, it]));
    return { profileId, titles, devices: [...devices.values()] };
  });
}

function settledOf(batch: ProfileBatch): SettledTitle[] {
  return batch.titles.map(({ title, playhead, visibility }) => ({
    profileId: batch.profileId,
    title,
    playheadVersion: playhead?.version ?? null,
    visibilityVersion: visibility?.version ?? null,
  }));
}
