import { BoundedMap } from '../../runtime/bounded-map.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';
import type { DurableStore } from '../../stores/durable-store.ts';
import { StoreTakesNoWrites, StoreUnreachable } from '../../stores/faults.ts';
import type { HotStore, MergeRequest, MergeResult } from '../../stores/hot-store.ts';
import { type HotRestorer, isEmpty } from './hot-restore.ts';
import { stateUnavailable } from './hydrate.ts';

/**
 * Without a hot store every heartbeat would be a durable write: a title gets one in this time and
 * process, which is what a crash of the player may cost anyway.
 */
const directWriteEveryMs = 5_000;
/** Titles whose last direct write is remembered: who watches through one process at one time. */
const pacedTitlesMax = 50_000;

export type Written =
  /** The hot store has it; DURABLE: the durable one as well; NONE: its session was overtaken. */
  | (Extract<MergeResult, { kind: 'merged' }> & { durability: 'HOT' | 'DURABLE' | 'NONE' })
  /** `onlyIf` did not hold: nothing was written. */
  | { kind: 'conflict' }
  /** Only the durable store has it; NONE: there was nothing that could be kept. */
  | { kind: 'direct'; durability: 'DURABLE' | 'NONE' }
  /** Nothing was written: the title had its turn a moment ago. Send the newest again. */
  | { kind: 'held' };

export interface WritePathDeps {
  hot: HotStore;
  durable: DurableStore;
  restorer: HotRestorer;
  clock: Clock;
  log: Logger;
}

/**
 * Takes a write to the tiers that there are.
 *
 * Shape: hot first; an intent goes to the durable store as well, whatever the merge said, before the
 * answer. Without the hot store straight to the durable one, and into the hot one when it is back.
 * Errors: StoreUnreachable with `retryAfterMs` when no tier took it; safe to retry.
 * Cost: one hot round trip; an intent, or a write without the hot store, one durable commit.
 */
export class WritePath {
  readonly #deps: WritePathDeps;
  /** `profile|title` → when a plain heartbeat last went past the hot store, ms; the oldest first. */
  readonly #lastDirectMs = new BoundedMap<number>(pacedTitlesMax);
  readonly counts = { direct: 0, held: 0 };

  constructor(deps: WritePathDeps) {
    this.#deps = deps;
  }

  async write(request: MergeRequest, { isIntent }: { isIntent: boolean }): Promise<Written> {
    let merged: MergeResult;
    try {
      merged = await this.#deps.hot.merge(request);
    } catch (error) {
      return this.#writePast(faultOf(error), { request, isIntent });
    }
    if (merged.kind === 'conflict') return merged;
    if (merged.isHeld) {
      // It answered, and there is nothing that it could lose.
      this.#deps.restorer.accepted({ ...request, writes: [] });
      return { ...merged, durability: 'NONE' };
    }
    this.#deps.restorer.accepted(request);
    return { ...merged, durability: isIntent ? await this.#confirm(request) : 'HOT' };
  }

  /** An intent that is hot: durable as well, or dirty until a drain succeeds. */
  async #confirm(request: MergeRequest): Promise<'HOT' | 'DURABLE'> {
    try {
      await this.#deps.durable.write(batchOf(request));
      return 'DURABLE';
    } catch (error) {
      this.#deps.log.debug({ profileId: request.profileId, err: error }, 'an intent is hot only');
      return 'HOT';
    }
  }

  async #writePast(
    fault: StoreUnreachable | StoreTakesNoWrites,
    of: { request: MergeRequest; isIntent: boolean },
  ): Promise<Written> {
    const { request, isIntent } = of;
    if (fault instanceof StoreTakesNoWrites) await this.#dropMark(request.profileId);
    else this.#deps.restorer.unreachable(request.profileId);
    if (isEmpty(request)) return { kind: 'direct', durability: 'NONE' };
    if (!isIntent && !this.#takesTurn(request)) {
      this.counts.held += 1;
      return { kind: 'held' };
    }
    try {
      await this.#deps.durable.write(batchOf(request));
    } catch (error) {
      this.#lastDirectMs.delete(keyOf(request));
      throw stateUnavailable(new AggregateError([fault, error], 'No tier took the write.'));
    }
    this.counts.direct += 1;
    this.#deps.restorer.owe(request);
    return { kind: 'direct', durability: 'DURABLE' };
  }

  /** Before the durable store is newer: whoever reads the profile must compare from now on. */
  async #dropMark(profileId: string): Promise<void> {
    this.#deps.restorer.refused(profileId);
    await this.#deps.hot.dropMark(profileId).catch((error: unknown) => {
      this.#deps.log.debug({ profileId, err: error }, 'a hydration mark could not be dropped');
    });
  }

  #takesTurn(request: MergeRequest): boolean {
    const key = keyOf(request);
    const nowMs = this.#deps.clock.nowMs();
    const lastMs = this.#lastDirectMs.get(key);
    if (lastMs !== undefined && nowMs - lastMs < directWriteEveryMs) return false;
    this.#lastDirectMs.renew(key, nowMs);
    return true;
  }
}

/** The fault that sends a write past the hot store; throws any other. */
function faultOf(error: unknown): StoreUnreachable | StoreTakesNoWrites {
  if (error instanceof StoreUnreachable || error instanceof StoreTakesNoWrites) return error;
  throw error;
}

function batchOf({ profileId, writes, device }: MergeRequest) {
  return { profileId, titles: writes, devices: device === null ? [] : [device] };
}

function keyOf({ profileId, writes }: MergeRequest): string {
  return [profileId, ...writes.map(({ title }) => title)].join('|');
}
