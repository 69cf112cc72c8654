import { floorTitle } from '../../domain/playhead.ts';
import type { AcceptedStream } from '../../stores/accepted-stream.ts';
import { Breaker, guardDurableStore, guardHotStore } from '../../stores/breaker.ts';
import type { EventStream } from '../../stores/event-stream.ts';
import type { HotStore } from '../../stores/hot-store.ts';
import { HotRestorer } from './hot-restore.ts';
import { ProfileReader } from './hydrate.ts';
import { Replicator } from './replicate.ts';
import { tellingReplaced } from './tell-replaced.ts';
import { WriteBehind, type WriteBehindDeps } from './write-behind.ts';
import { WritePath } from './write-path.ts';

export interface TwoTiersParts extends WriteBehindDeps {
  /** Where the hot store tells what happened. Left out: nobody keeps a watch log. */
  events?: EventStream;
  /** What other regions accept. Default: there are none. */
  peers?: readonly AcceptedStream[];
  /** Applies known fences again to the profiles of a partition; see `ReplicaDeps`. */
  reapplyFences?: (partition: number) => Promise<void>;
}

/** A hot store in front of a durable one, and everything that moves state between them. */
export interface TwoTiers {
  /** Behind breakers. */
  hot: HotStore;
  reader: ProfileReader;
  writePath: WritePath;
  restorer: HotRestorer;
  writeBehind: WriteBehind;
  replicator: Replicator;
  breakers: readonly Breaker[];
  /**
   * Whether either store has answered since the start. It stays true: stores that all processes share
   * are no reason to send a viewer away, whom this one can tell at least when to try again.
   */
  hasAnswered(): Promise<boolean>;
  start(): void;
  /**
   * Ends the background work, and drains what is left; the stores stay open.
   * Errors: STATE_UNAVAILABLE when something that only this process could drain was not.
   */
  close(): Promise<void>;
}

/** Puts the tiers together; the same for a server process and for a simulated one. */
export function createTwoTiers(parts: TwoTiersParts): TwoTiers {
  const { clock, log } = parts;
  const hotBreakers = breakersOf(parts);
  const durableBreaker = breakerFor('durable store', parts);
  const guarded = guardHotStore(parts.hot, hotBreakers);
  const { events } = parts;
  const hot = events === undefined ? guarded : tellingReplaced(guarded, events);
  const durable = guardDurableStore(parts.durable, durableBreaker);
  const restorer = new HotRestorer({ hot, clock, log });
  const reader = new ProfileReader({ hot, durable, restorer, clock, log });
  const writePath = new WritePath({ hot, durable, restorer, clock, log });
  // No viewer waits for a drain, and the last one before the end must try whatever happened before.
  const writeBehind = new WriteBehind(parts);
  // Neither does one for what comes from another region: no fault of that is to send viewers past the hot store.
  const replicator = new Replicator({ ...parts, peers: parts.peers ?? [] });
  return {
    hot: listeningTwice(hot, restorer),
    reader,
    writePath,
    restorer,
    writeBehind,
    replicator,
    breakers: [...hotBreakers.all, durableBreaker],
    hasAnswered: answeredOnce([() => hot.identity(0), () => durable.read(nobody)]),
    start() {
      restorer.start();
      writeBehind.start();
      replicator.start();
    },
    async close() {
      await replicator.close();
      await reader.close();
      await restorer.close();
      await writeBehind.close();
    },
  };
}

/** No profile's id: it has a character that none may have. */
const nobody = '.';

/** Asks each until one has answered, and never again. */
function answeredOnce(questions: readonly (() => Promise<unknown>)[]): () => Promise<boolean> {
  let hasAnswered = false;
  return async () => {
    hasAnswered ||= await Promise.any(questions.map((ask) => ask())).then(
      () => true,
      () => false,
    );
    return hasAnswered;
  };
}

/**
 * The hot store tells what changed, also after its own connection was lost; but whoever read while this
 * process went past it must look again when it no longer does.
 */
function listeningTwice(hot: HotStore, restorer: HotRestorer): HotStore {
  return {
    ...hot,
    async onChanged(profileId, listener) {
      const stopChanged = await hot.onChanged(profileId, listener);
      const stopBack = restorer.onBack(profileId, () => listener([floorTitle]));
      return async () => {
        stopBack();
        await stopChanged();
      };
    },
  };
}

/** One breaker for each of the hot store's failure domains. */
function breakersOf(parts: TwoTiersParts) {
  const { hot } = parts;
  const names = Array.from({ length: hot.partitions }, (_, index) => hot.failureDomain(index));
  const byName = new Map<string, Breaker>();
  for (const name of names) {
    if (!byName.has(name)) byName.set(name, breakerFor(`hot store (${name})`, parts));
  }
  return {
    all: [...byName.values()],
    of: (partition: number) => byName.get(names[partition] as string) as Breaker,
  };
}

/** A breaker whose turns are in the log. */
export function breakerFor(
  name: string,
  { clock, log }: Pick<TwoTiersParts, 'clock' | 'log'>,
): Breaker {
  const news = { open: 'a store is given up for now', closed: 'a store is back' };
  return new Breaker({ name, clock, onChange: (state) => log.warn({ store: name }, news[state]) });
}
