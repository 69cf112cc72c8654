import { partitionOf } from '../../domain/version.ts';
import type { AcceptedChange, AcceptedEntry, ReadPoint } from '../../stores/accepted-stream.ts';
import type { HotStore } from '../../stores/hot-store.ts';
import type { HotStoreUnderTest, RegionUnderTest } from './hot-subject.ts';
import { msAt } from './writes.ts';

/** The region of the store under test. */
export const ownRegion: RegionUnderTest = { name: 'here', outLengthMax: 1_000 };
/** The region that others are about, to the store under test. */
export const elsewhere = 'elsewhere';

/** Of `demo`, and nothing else, unless told otherwise. */
export function changeOf(parts: Partial<AcceptedChange>): AcceptedChange {
  return { profileId: 'demo', writes: [], devices: [], sessions: [], fence: null, ...parts };
}

/** The nth entry of another region's stream, as its reader saw it. */
export function pointAt(nth: number, isSeen = true): ReadPoint {
  return { offset: `${String(nth).padStart(20, '0')}-${'0'.repeat(20)}`, isSeen };
}

export function takenUpTo(hot: HotStore, profileId = 'demo'): Promise<ReadPoint | null> {
  return hot.takenUpTo({ partition: partitionOf(profileId, hot.partitions), region: elsewhere });
}

/** Takes in what the other region accepted of one partition's profiles, after all that was. */
export async function takeIn(hot: HotStore, ...parts: Partial<AcceptedChange>[]): Promise<void> {
  const changes = parts.map(changeOf);
  const partition = partitionOf(changes[0]?.profileId ?? 'demo', hot.partitions);
  const after = await hot.takenUpTo({ partition, region: elsewhere });
  const upTo = pointAt(Number.parseInt(after?.offset ?? '0', 10) + 1);
  const taken = { partition, region: elsewhere, after, changes, upTo, nowMs: msAt(0) };
  const stands = await hot.takeIn(taken);
  if (stands?.offset !== upTo.offset) throw new Error('The store says that others read as well.');
}

/** Every entry that the store has for other regions, of the partition of one profile. */
export async function entriesOf(
  opened: HotStoreUnderTest,
  profileId = 'demo',
): Promise<AcceptedEntry[]> {
  const partition = partitionOf(profileId, opened.hot.partitions);
  const read = await opened.accepted().read({ partition, from: null, limit: 10_000 });
  return read.entries;
}

/** The changes of those entries; one that was refused is none. */
export async function changesOf(
  opened: HotStoreUnderTest,
  profileId = 'demo',
): Promise<AcceptedChange[]> {
  const entries = await entriesOf(opened, profileId);
  return entries.map((entry) => {
    if ('refusal' in entry) throw new Error(`An entry of its own is refused: ${entry.refusal}.`);
    return entry.change;
  });
}
