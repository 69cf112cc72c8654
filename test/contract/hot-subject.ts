import type { TitleState } from '../../domain/playhead.ts';
import { floorTitle } from '../../domain/playhead.ts';
import type { Transition } from '../../domain/transition.ts';
import { partitionOf } from '../../domain/version.ts';
import type { AcceptedStream } from '../../stores/accepted-stream.ts';
import type { EventStream } from '../../stores/event-stream.ts';
import type {
  DirtyTitle,
  HotProfile,
  HotStore,
  Hydration,
  MergeRequest,
  MergeResult,
} from '../../stores/hot-store.ts';
import { msAt, nothing } from './writes.ts';

/** A hot store as the suite needs it: empty, of several partitions, under `defaultPolicy`. */
export interface HotStoreUnderTest {
  hot: HotStore;
  /** The stream that its merges append to. */
  events: EventStream;
  /** Takes away the room of every profile that the store may evict. */
  evict(): Promise<void>;
  /** What it accepted, for other regions; throws when it was opened for none. */
  accepted(): AcceptedStream;
  close(): Promise<void>;
}

export interface RegionUnderTest {
  name: string;
  outLengthMax: number;
}

/** Without a region, no other one wants to know what is accepted. */
export type OpenHotStore = (region?: RegionUnderTest) => Promise<HotStoreUnderTest>;

/** Later than every time in these suites. */
export const lastMs = Number.MAX_SAFE_INTEGER;

/** A merge of the profile `demo` at noon that writes nothing, unless told otherwise. */
export function merge(hot: HotStore, request: Partial<MergeRequest>): Promise<MergeResult> {
  return hot.merge({
    profileId: 'demo',
    nowMs: msAt(0),
    writes: [],
    device: null,
    presence: null,
    transitions: [],
    onlyIf: null,
    ...request,
  });
}

/** Writes to one title, `sintel` of `demo` at noon unless told otherwise. */
export function put(
  hot: HotStore,
  write: Partial<TitleState> & { title?: string; profileId?: string; nowMs?: number },
): Promise<MergeResult> {
  const { title = 'sintel', profileId = 'demo', nowMs = msAt(0), ...registers } = write;
  return merge(hot, { profileId, nowMs, writes: [{ title, ...nothing, ...registers }] });
}

export function read(
  hot: HotStore,
  query: { profileId?: string; titles?: readonly string[] | null; nowMs?: number } = {},
): Promise<HotProfile> {
  return hot.read({ profileId: 'demo', titles: null, nowMs: msAt(0), ...query });
}

/** Both registers of a title as the store holds them, the floor's included. */
export async function stateOf(
  hot: HotStore,
  of: { title?: string; profileId?: string } = {},
): Promise<TitleState> {
  const { title = 'sintel', profileId = 'demo' } = of;
  const { titles, floor } = await read(hot, { profileId, titles: [title] });
  if (title === floorTitle) return { playhead: floor, visibility: null };
  return titles.get(title) ?? nothing;
}

/** Hydrates with what the durable store is said to hold, under the identity read just before. */
export async function hydrate(
  hot: HotStore,
  hydration: Partial<Omit<Hydration, 'titles'>> & { titles?: Record<string, Partial<TitleState>> },
): Promise<string[]> {
  const { titles = {}, profileId = 'demo', nowMs = msAt(0), ...rest } = hydration;
  const { witness } = await read(hot, { profileId, nowMs });
  const states = Object.entries(titles).map(
    ([title, state]) => [title, { ...nothing, ...state }] as const,
  );
  const all = { profileId, nowMs, witness, devices: [], markMs: 60_000, ...rest };
  return hot.hydrate({ ...all, titles: new Map(states) });
}

/** Everything dirty in the profile's partition, however young. */
export function dirtyOf(hot: HotStore, profileId = 'demo'): Promise<DirtyTitle[]> {
  const partition = partitionOf(profileId, hot.partitions);
  return hot.due({ partition, sinceMs: lastMs, skip: 0, limit: 1_000 });
}

/** Tells the store that the durable one has these titles just as `due` showed them. */
export async function settleAll(
  hot: HotStore,
  titles: readonly DirtyTitle[],
  nowMs = msAt(0),
): Promise<void> {
  for (const { profileId, title, playhead, visibility } of titles) {
    await hot.settle({
      partition: partitionOf(profileId, hot.partitions),
      titles: [
        {
          profileId,
          title,
          playheadVersion: playhead?.version ?? null,
          visibilityVersion: visibility?.version ?? null,
        },
      ],
      nowMs,
    });
  }
}

/** Everything that was appended for the profile's partition, in order. */
export async function appended(
  { hot, events }: HotStoreUnderTest,
  profileId = 'demo',
): Promise<Transition[]> {
  const partition = partitionOf(profileId, hot.partitions);
  const entries = await events.read({ partition, after: null, limit: 1_000 });
  return entries.map(({ transition }) => transition);
}

/** A profile that lives in another partition than `demo`. */
export function profileElsewhere(hot: HotStore): string {
  const home = partitionOf('demo', hot.partitions);
  for (let number = 0; number < 1_000; number += 1) {
    if (partitionOf(`profile-${number}`, hot.partitions) !== home) return `profile-${number}`;
  }
  throw new Error('The suite needs a store of several partitions.');
}
