import {
  type Erasure,
  erasuresKeptMs,
  fenceAt,
  fencesKeptMs,
  fencesReadEveryMs,
} from '../../domain/erasure.ts';
import { activityTimeMs } from '../../domain/version.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Erasing } from '../../stores/erasures.ts';
import type { ProfileStores } from '../../stores/open.ts';
import { latestFences } from './fences.ts';
import { isClean, type Remains, remainsOf } from './profile-remains.ts';

export interface EraseDeps {
  stores: Omit<ProfileStores, 'close'>;
  /** The key that a profile has in records of erasures, and its pseudonym in the interaction log. */
  keyOf: (profileId: string) => string;
  clock: Pick<Clock, 'nowMs'>;
  /** Lets time pass. */
  pause: (ms: number) => Promise<void>;
  /** A name for a new record. */
  newReceipt: () => string;
}

/** What one store said to an erasure; null: it is done there. */
export interface Step {
  store: string;
  fault: unknown;
}

export interface ErasedProfile {
  erasure: Erasure;
  faults: Step[];
  remains: Remains[];
}

/**
 * Erases a profile from every store: the record first, then the fence with what it covers, and all of it
 * once more when the time of the fence has come, by which everybody has heard of it.
 *
 * Shape: each step may be repeated; one that was begun and not finished goes on under its receipt, with a
 * fence of now. DONE means that every store was read again and held nothing.
 * Errors: StoreUnreachable when the record could not be kept: nothing was erased then. Stores that failed
 * are in the answer, and the record stays PENDING.
 */
export async function eraseProfile(deps: EraseDeps, profileId: string): Promise<ErasedProfile> {
  const begun = await beginErasure(deps, profileId);
  const erasing = { profileId, fence: begun.fence };
  await eraseEverywhere(deps, erasing);
  // Whoever read the list just before the time of the fence has still to read it once more.
  const untilMs = activityTimeMs(begun.fence) + fencesReadEveryMs;
  await deps.pause(Math.max(0, untilMs - deps.clock.nowMs()));
  const faults = await eraseEverywhere(deps, erasing);
  const remains = await remainsOf(deps, erasing);
  if (faults.length > 0 || !isClean(remains)) return { erasure: begun, faults, remains };
  const erasure = { ...begun, doneAtMs: deps.clock.nowMs() };
  await deps.stores.erasures.put(erasure);
  return { erasure, faults, remains };
}

async function beginErasure(deps: EraseDeps, profileId: string): Promise<Erasure> {
  const { erasures } = deps.stores;
  const nowMs = deps.clock.nowMs();
  const profileKey = deps.keyOf(profileId);
  // An older one no process looks at any more: under its receipt nobody would hear of the new fence.
  const known = await erasures.since(nowMs - fencesKeptMs / 2);
  const pending = known.find((one) => one.profileKey === profileKey && one.doneAtMs === null);
  const fence = fenceAt(nowMs);
  const erasure =
    pending === undefined
      ? { receipt: deps.newReceipt(), profileKey, fence, begunAtMs: nowMs, doneAtMs: null }
      : { ...pending, fence };
  await erasures.put(erasure);
  return erasure;
}

/**
 * Every store has its turn, whatever the others say: the durable one first, because from then on no
 * reader brings anything back.
 */
export async function eraseEverywhere(
  { stores, keyOf, clock }: Pick<EraseDeps, 'stores' | 'keyOf' | 'clock'>,
  erasing: Erasing,
): Promise<Step[]> {
  const { profileId, fence } = erasing;
  const pseudonyms = new Map([[keyOf(profileId), activityTimeMs(fence)]]);
  return [
    ...(await eraseByIds({ stores, clock }, erasing)),
    ...(await eraseInRegions({ stores, clock }, erasing)),
    ...(await inTurn([['interaction log', () => stores.interactions.erase(pseudonyms)]])),
  ];
}

/** Where a profile stands under its id. */
function eraseByIds(
  { stores, clock }: Pick<EraseDeps, 'stores' | 'clock'>,
  erasing: Erasing,
): Promise<Step[]> {
  const { hot, durable, watchLog, viewings } = stores;
  return inTurn([
    ['durable store', () => durable.erase(erasing)],
    ['hot store', async () => hot?.erase({ ...erasing, nowMs: clock.nowMs() })],
    ['watch log', () => watchLog.erase(erasing)],
    ['view of the row', () => viewings.erase(erasing)],
  ]);
}

/**
 * What other regions keep for themselves. They hear of the fence from this region's hot store as well, but
 * nobody would know when.
 */
function eraseInRegions(
  { stores, clock }: Pick<EraseDeps, 'stores' | 'clock'>,
  erasing: Erasing,
): Promise<Step[]> {
  return inTurn(
    stores.peers.flatMap(({ region, hot, viewings }) => [
      [`hot store of ${region}`, () => hot.erase({ ...erasing, nowMs: clock.nowMs() })] as const,
      [`view of the row of ${region}`, () => viewings.erase(erasing)] as const,
    ]),
  );
}

async function inTurn(
  steps: readonly (readonly [store: string, erase: () => Promise<unknown>])[],
): Promise<Step[]> {
  const faults: Step[] = [];
  for (const [store, erase] of steps) {
    await erase().catch((fault: unknown) => faults.push({ store, fault }));
  }
  return faults;
}

/**
 * Erases again whatever the list of erasures says was erased, wherever it came back: after a backup was
 * put back, before anything is served from it. Answers whose fence was applied.
 *
 * Errors: those of the stores; safe to repeat.
 * Cost: every profile of every store is looked at.
 */
export async function reapplyFences(
  deps: Pick<EraseDeps, 'stores' | 'keyOf' | 'clock'>,
): Promise<{ profileIds: string[]; faults: Step[] }> {
  const { hot, durable, watchLog, viewings, interactions, erasures } = deps.stores;
  const fences = latestFences(await erasures.since(deps.clock.nowMs() - erasuresKeptMs));
  const met = new Map<string, Erasing>();
  const meet = async (profileId: string) => {
    const fence = fences.get(deps.keyOf(profileId));
    if (fence !== undefined) met.set(profileId, { profileId, fence });
  };
  for (const store of [durable, watchLog, viewings, hot]) await store?.eachProfile(meet);
  const faults: Step[] = [];
  for (const erasing of met.values()) faults.push(...(await eraseByIds(deps, erasing)));
  // Nobody's id is needed there, and one pass takes out all: it may hold all that there is of a profile.
  const pseudonyms = new Map([...fences].map(([key, fence]) => [key, activityTimeMs(fence)]));
  faults.push(...(await inTurn([['interaction log', () => interactions.erase(pseudonyms)]])));
  return { profileIds: [...met.keys()], faults };
}
