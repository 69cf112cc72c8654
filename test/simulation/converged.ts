import { floorTitle } from '../../domain/playhead.ts';
import type { AcceptedEntry } from '../../stores/accepted-stream.ts';
import { patienceMs } from './gateway.ts';
import type { Promised } from './ledger.ts';
import { namesOf } from './redis.ts';
import type { Region } from './region.ts';
import { registersOf } from './registers.ts';
import { profileIds, type World } from './world.ts';

/** What was accepted this long ago, by any clock, is in every other region by now, ms. */
const acrossMs = 4_000;
/** A hot store that had no room until now takes in what it missed as any other does after a cut, ms. */
const catchUpMs = 10_000;

const everything = { from: null, limit: Number.POSITIVE_INFINITY };

/**
 * What one hot store accepted, every other one has: all that can still be read of its stream, and all that was
 * promised before everything was healed and that it has not lost.
 *
 * Not promised: what was let go of the stream before the other region read it, or was lost with the hot store
 * that accepted it. Then whoever reads is right once the data centres are equal and a mark has ended; of the first, the other region
 * has noticed, and every mark that it had has ended. What the
 * other region read and evicted is there for whoever compares: so a profile that it evicted since is left out.
 */
export async function expectConverged(world: World, healedAtMs: number): Promise<void> {
  for (const from of world.regions) {
    const told = await toldBy(from);
    for (const to of from.others) {
      if (hadNoRoom(from) || hadNoRoom(to)) continue;
      await expectTakenIn({ from, to, told, healedAtMs });
    }
  }
}

async function expectTakenIn(
  of: Omit<Across, 'profileId'> & { healedAtMs: number },
): Promise<void> {
  const { from, to, told, healedAtMs } = of;
  if (told.isAll) await from.world.handOvers.expectTold({ from, to, beforeMs: healedAtMs });
  for (const profileId of profileIds) {
    await expectTold({ from, to, told, profileId });
    await expectPromised({ from, to, told, profileId, healedAtMs });
    await expectDoubted({ from, to, told, profileId, healedAtMs });
  }
}

/** Nothing was accepted any more, and so nothing is told any more: what came from elsewhere stays here. */
export async function toldLast({ regions }: World): Promise<string> {
  if (regions.length === 1) return '';
  const last = await Promise.all(regions.map(async (region) => (await entriesOf(region)).at(-1)));
  return JSON.stringify(last.map((entry) => entry?.offset ?? null));
}

/** What a region's stream holds. */
interface Told {
  /** By name of the write, when it was told last, ms. */
  atMs: ReadonlyMap<string, number>;
  /** Nothing was let go. */
  isAll: boolean;
}

interface Across {
  from: Region;
  to: Region;
  told: Told;
  profileId: string;
}

async function expectTold({ from, to, told, profileId }: Across): Promise<void> {
  if (to.redis.evictedAtMs(profileId) > Number.NEGATIVE_INFINITY) return;
  const here = await versionsIn(to, profileId);
  const nowMs = to.timeline.nowMs();
  for (const [name, atMs] of told.atMs) {
    if (!name.startsWith(`${profileId}|`) || nowMs - atMs < acrossMs) continue;
    const end = name.lastIndexOf('|');
    expectAcross({ from, to, here, key: name.slice(0, end), version: name.slice(end + 1) });
  }
}

async function expectPromised(of: Across & { healedAtMs: number }): Promise<void> {
  const { from, to, told, profileId, healedAtMs } = of;
  const here = await versionsIn(to, profileId);
  const counts = (promised: Promised) => {
    const { name, atMs, truth, durability, directBy, isLost } = promised;
    if (truth !== from.truth || durability === 'SEEN' || isLost) return false;
    const acceptedAtMs = acceptedAtMsOf(from, promised);
    if (atMs > healedAtMs || to.redis.evictedAtMs(profileId) > acceptedAtMs) return false;
    const isOwn = from.redis.held.isOwn(name) && from.redis.acceptedAtMs(name) !== null;
    if (isOwn) return told.isAll || told.atMs.has(name);
    // Who wrote it past the hot store, and lives, has merged it since; unless that was lost again.
    const isMerged = directBy !== null && !directBy.isOver && truth.lastCutMs() < atMs;
    return isMerged && told.isAll;
  };
  const newest = from.world.ledger.newest(profileId, counts);
  for (const [key, { version }] of newest) expectAcross({ from, to, here, key, version });
}

/** What was let go of before the other region read it made that one compare everything anew. */
async function expectDoubted(of: Across & { healedAtMs: number }): Promise<void> {
  const { from, to, told, profileId, healedAtMs } = of;
  if (told.isAll) return;
  const here = await versionsIn(to, profileId);
  const counts = (promised: Promised) => {
    const { name, atMs, truth, isLost } = promised;
    if (truth !== from.truth || isLost || atMs > healedAtMs || told.atMs.has(name)) return false;
    const acceptedAtMs = acceptedAtMsOf(from, promised);
    if (to.redis.evictedAtMs(profileId) > acceptedAtMs || !from.redis.held.isOwn(name))
      return false;
    return to.redis.doubtedAtMs(profileId) < acceptedAtMs;
  };
  for (const [key, { version }] of from.world.ledger.newest(profileId, counts)) {
    if ((here.get(key) ?? '') >= version) continue;
    const what = `${to.name}: ${key} is ${here.get(key)}, ${from.name} had ${version}`;
    from.world.ledger.violate('a gap is noticed', what);
  }
}

/** When a region accepted what it promised, ms: a later answer may tell of it once more. */
function acceptedAtMsOf({ redis, world }: Region, promised: Promised): number {
  const promisedAtMs = world.ledger.firstPromisedAtMs(promised) - patienceMs;
  return Math.min(redis.acceptedAtMs(promised.name) ?? promisedAtMs, promisedAtMs);
}

function expectAcross(of: {
  from: Region;
  to: Region;
  here: ReadonlyMap<string, string>;
  key: string;
  version: string;
}): void {
  const { from, to, here, key, version } = of;
  if ((here.get(key) ?? '') >= version) return;
  const what = `${to.name}: ${key} is ${here.get(key)}, ${from.name} has ${version}`;
  from.world.ledger.violate('regions converge', what);
}

async function versionsIn({ redis }: Region, profileId: string): Promise<Map<string, string>> {
  const { titles, floor } = await redis.engine.read({ profileId, titles: null, nowMs: 0 });
  titles.set(floorTitle, { playhead: floor, visibility: null });
  return new Map(registersOf(profileId, titles).map(({ key, version }) => [key, version]));
}

async function toldBy(region: Region): Promise<Told> {
  const atMs = new Map<string, number>();
  const entries = await entriesOf(region);
  for (const entry of entries) {
    if ('refusal' in entry) continue;
    for (const name of namesOf(entry.change)) atMs.set(name, entry.appendedAtMs);
  }
  return { atMs, isAll: entries.length < (region.redis.region?.outLengthMax ?? 0) };
}

async function entriesOf({ redis }: Region): Promise<AcceptedEntry[]> {
  const partitions = Array.from({ length: redis.partitions }, (_, partition) => partition);
  const read = partitions.map((partition) =>
    redis.engine.accepted().read({ partition, ...everything }),
  );
  return (await Promise.all(read)).flatMap(({ entries }) => entries);
}

function hadNoRoom({ redis, timeline }: Region): boolean {
  return redis.isFull || timeline.nowMs() - redis.roomSinceMs < catchUpMs;
}
