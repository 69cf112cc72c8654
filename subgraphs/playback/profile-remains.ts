import { stateAbove } from '../../domain/erasure.ts';
import { type Device, floorTitle, type TitleState } from '../../domain/playhead.ts';
import { activityTimeMs, partitionOf, type Version } from '../../domain/version.ts';
import { newestVersion } from '../../domain/viewing.ts';
import type { AcceptedStream } from '../../stores/accepted-stream.ts';
import type { Erasing } from '../../stores/erasures.ts';
import type { HotStore } from '../../stores/hot-store.ts';
import { beginningOf } from '../../stores/interactions.ts';
import type { ProfileStores } from '../../stores/open.ts';
import type { ViewingStore } from '../../stores/viewing-store.ts';
import { leftInAccepted } from './left-in-accepted.ts';
import { leftInStream } from './left-in-stream.ts';

/** What a store holds of an erased profile that is not newer than its fence. */
export interface Remains {
  store: string;
  /** Null: it could not be read. */
  found: number | null;
  /** It leaves by itself, and nobody is served from it. */
  isResidue?: true;
  note?: string;
}

/** Titles of a profile that are looked at. */
const viewingsMax = 10_000;

interface RemainsDeps {
  stores: Omit<ProfileStores, 'close'>;
  keyOf: (profileId: string) => string;
  clock: { nowMs(): number };
}

/** Nothing is left but what leaves by itself, and every store said so. */
export function isClean(remains: readonly Remains[]): boolean {
  return remains.every(({ found, isResidue }) => isResidue || found === 0);
}

/** Reads every store again. Errors: none, a store that cannot be read says so. */
export async function remainsOf(deps: RemainsDeps, erasing: Erasing): Promise<Remains[]> {
  const { hot, viewings, accepted, peers } = deps.stores;
  const counts: [store: string, count: () => Promise<number>][] = [
    ['durable store', () => inDurable(deps, erasing)],
    ['watch log', () => inWatchLog(deps, erasing)],
    ['view of the row', () => inView(viewings, erasing)],
    ['interaction log', () => inInteractions(deps, erasing)],
  ];
  if (hot !== null) counts.push(['hot store', () => inHot(deps, { hot, erasing })]);
  if (accepted !== null) {
    counts.push(['accepted for other regions', () => inAccepted(deps, { accepted, erasing })]);
  }
  for (const { region, ...peer } of peers) {
    counts.push(
      [`hot store of ${region}`, () => inHot(deps, { ...peer, erasing })],
      [`view of the row of ${region}`, () => inView(peer.viewings, erasing)],
      [`accepted by ${region} for others`, () => inAccepted(deps, { ...peer, erasing })],
    );
  }
  const remains = await Promise.all(counts.map(([store, count]) => counted(store, count)));
  if (hot === null) remains.push(hotInsideServer);
  const inStream = await counted('event stream', () => inEventStream(deps, erasing));
  const note = 'entries leave the stream a week after they were appended';
  return [...remains, { ...inStream, isResidue: true, note: inStream.note ?? note }];
}

const hotInsideServer: Remains = {
  store: 'hot store',
  found: 0,
  note: 'it lives inside the server, which erases it within 3 s of a fence',
};

async function counted(store: string, count: () => Promise<number>): Promise<Remains> {
  try {
    return { store, found: await count() };
  } catch (error) {
    return { store, found: null, note: (error as Error).message };
  }
}

/** Registers of before; and devices, of which only what is newer may tell. */
function countOf(
  of: { titles: ReadonlyMap<string, TitleState>; devices: Iterable<Device> },
  fence: Version,
): number {
  let [old, newer] = [0, 0];
  for (const [title, state] of of.titles) {
    if (title === floorTitle) continue;
    const above = stateAbove(state, fence);
    const registers = Number(state.playhead !== null) + Number(state.visibility !== null);
    const kept = Number(above.playhead !== null) + Number(above.visibility !== null);
    old += registers - kept;
    newer += kept;
  }
  return newer > 0 ? old : old + [...of.devices].length;
}

async function inDurable({ stores }: RemainsDeps, { profileId, fence }: Erasing): Promise<number> {
  const profile = await stores.durable.read(profileId);
  return countOf(profile, fence) + profile.unreadable.length;
}

async function inHot(
  { clock }: RemainsDeps,
  { hot, erasing: { profileId, fence } }: { hot: HotStore; erasing: Erasing },
): Promise<number> {
  const profile = await hot.read({ profileId, titles: null, nowMs: clock.nowMs() });
  const isOld = ({ lastHeartbeatAtMs }: { lastHeartbeatAtMs: number }) =>
    lastHeartbeatAtMs <= activityTimeMs(fence);
  const { titles, devices, sessions } = profile;
  const old = sessions.filter(isOld).length;
  return old + countOf({ titles, devices: devices.values() }, fence);
}

function inAccepted(
  { stores }: RemainsDeps,
  { accepted, erasing }: { accepted: AcceptedStream; erasing: Erasing },
): Promise<number> {
  const partition = partitionOf(erasing.profileId, stores.events.partitions);
  return leftInAccepted(accepted, { ...erasing, partition });
}

async function inWatchLog(deps: RemainsDeps, { profileId, fence }: Erasing): Promise<number> {
  const { stores, clock } = deps;
  const log = await stores.watchLog.read({ profileId, nowMs: clock.nowMs() });
  return log.filter(({ version }) => version <= fence).length;
}

async function inView(store: ViewingStore, { profileId, fence }: Erasing): Promise<number> {
  const viewings = await store.recent({ profileId, limit: viewingsMax });
  const plays = await store.plays(profileId);
  const versions = [...viewings.map(newestVersion), ...plays.map(({ version }) => version)];
  const old = versions.filter((version) => version <= fence).length;
  if (versions.length > old) return old;
  const { isOptedOut, correction } = await store.learning(profileId);
  return old + Number(isOptedOut) + Number(correction !== null);
}

async function inInteractions(deps: RemainsDeps, { profileId, fence }: Erasing): Promise<number> {
  const lines = await deps.stores.interactions.of(deps.keyOf(profileId));
  return lines.filter((line) => beginningOf(line) <= activityTimeMs(fence)).length;
}

async function inEventStream(
  { stores }: RemainsDeps,
  { profileId, fence }: Erasing,
): Promise<number> {
  const entries = await leftInStream(stores.events, { profileId, after: null });
  return entries.filter(({ version, kind }) => version <= fence && kind !== 'FORGET_ALL').length;
}
