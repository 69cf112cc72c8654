import { floorTitle } from '../../domain/playhead.ts';
import type { ProfileState } from '../../subgraphs/playback/hydrate.ts';
import { type PlayheadView, viewOf } from '../../subgraphs/playback/playhead-view.ts';
import { noonMs } from '../support/manual-clock.ts';
import type { PlaybackProcess } from './playback-process.ts';
import type { SimulatedRedis } from './redis.ts';
import type { Region } from './region.ts';
import { type Named, registersOf, writeName } from './registers.ts';
import type { Subscriber } from './subscriber.ts';
import { policy, profileIds, registersSeen, titles, type World } from './world.ts';

/** How long after everything was healed: before, or after, the longest mark has ended. */
type When = 'soon' | 'late';

const everything = {
  sinceMs: Number.POSITIVE_INFINITY,
  skip: 0,
  limit: Number.POSITIVE_INFINITY,
};

/** Reads through every process, and compares with what was promised. */
export async function expectPromisesKept(world: World, when: When): Promise<void> {
  for (const process of world.processes) {
    for (const profileId of profileIds) await expectShown(world, { process, profileId, when });
  }
}

async function expectShown(
  { ledger }: World,
  of: { process: PlaybackProcess; profileId: string; when: When },
): Promise<void> {
  const { process, profileId, when } = of;
  const where = `${when}, ${process.name}:`;
  const state = await readDecisively(process, profileId);
  if (state.isDegraded || !state.isComplete) {
    ledger.violate('healed', `${where} ${profileId} is degraded`);
  }
  const seen = registersSeen(profileId, state);
  const { truth } = process.region;
  const lasting = ledger.lasting(profileId, { truth, isLate: when === 'late' });
  for (const [key, { version: promised, durability }] of lasting) {
    const version = seen.get(key)?.version ?? '';
    if (version >= promised) continue;
    ledger.violate('nothing lost', `${where} ${key} is ${version}; ${durability} was ${promised}`);
  }
}

/** Hot, durable here and durable elsewhere hold the same, whatever was evicted; nothing is owed. */
export async function expectTiersEqual(world: World): Promise<void> {
  for (const region of world.regions) {
    for (const owed of await owedIn(region)) world.ledger.violate('drained', owed);
  }
  for (const profileId of profileIds) await expectEqual(world, profileId);
}

async function expectEqual(world: World, profileId: string): Promise<void> {
  const [first = '', ...others] = durably(world, profileId);
  const differs = (what: string) => world.ledger.violate('tiers equal', `${profileId}, ${what}`);
  for (const other of others) if (other !== first) differs(`remote: ${other} | ${first}`);
  for (const region of world.regions) {
    for (const temperature of ['warm', 'cold'] as const) {
      const shown = await shownIn(region, { profileId, temperature });
      const where = `${region.name ?? ''} ${temperature}`.trim();
      if (shown !== first) differs(`${where}: ${shown} | ${first}`);
    }
  }
}

/** What a region shows of a profile: as it is hot, or after it was evicted. */
async function shownIn(
  { redis, processes }: Region,
  of: { profileId: string; temperature: 'warm' | 'cold' },
): Promise<string> {
  const { profileId, temperature } = of;
  if (temperature === 'cold') redis.evict(profileId);
  const state = await readDecisively(processes[0] as PlaybackProcess, profileId);
  return sorted([...registersSeen(profileId, state).values()]);
}

/** All tiers agree, and nothing is owed to any of them. */
export async function isAtRest(world: World): Promise<boolean> {
  for (const region of world.regions) {
    if ((await owedIn(region)).length > 0) return false;
    for (const profileId of profileIds) {
      const hot = sorted(await hotRegisters(region, profileId));
      if (durably(world, profileId).some((durable) => durable !== hot)) return false;
    }
  }
  return true;
}

/** What is hot and newer than the durable store is dirty: otherwise nobody would ever write it. */
export async function expectOwed({ redis, centre, world }: Region): Promise<void> {
  const dirty = await dirtyIn(redis);
  for (const profileId of profileIds) {
    for (const named of await hotRegisters({ redis }, profileId)) {
      const { key, packed, version } = named;
      // What came from another region is owed there.
      if (world.regions.length > 1 && !redis.held.isOwn(writeName(named))) continue;
      const isOwed = dirty.has(key.slice(0, key.lastIndexOf('|')));
      if (isOwed || packed <= (centre.register(key) ?? '')) continue;
      const what = `${key} ${version} is hot and nowhere else, and clean`;
      world.ledger.violate('owed until durable', what);
    }
  }
}

/** By profile and title. */
async function dirtyIn(redis: SimulatedRedis): Promise<Set<string>> {
  const partitions = Array.from({ length: redis.partitions }, (_, partition) => partition);
  const due = await Promise.all(
    partitions.map((partition) => redis.engine.due({ partition, ...everything })),
  );
  return new Set(due.flat().map(({ profileId, title }) => `${profileId}|${title}`));
}

/** What each subscriber was told last is what the store holds. */
export async function expectToldLast(subscribers: readonly Subscriber[]): Promise<void> {
  for (const { region, profileId, last, streams } of subscribers) {
    const process = region.processes[0] as PlaybackProcess;
    const state = await readDecisively(process, profileId);
    for (const title of titles) {
      const { playhead: told, stream } = last.get(title) ?? {};
      const isRight =
        told === undefined
          ? isUntold(state, title)
          : told.version === versionOf(state, title) ||
            (stream !== streams && isForgottenAgain(state, told)) ||
            wasLost(region, `${profileId}|${title}`, told.version);
      if (isRight) continue;
      const what = `${profileId} ${title} is ${versionOf(state, title)}, told was ${told?.version}`;
      region.world.ledger.violate('told last', what);
    }
  }
}

/** A snapshot tells of what was started, and of nothing that was forgotten. */
function isUntold(state: ProfileState, title: string): boolean {
  return viewOf(state, title, { profileId: '', nowMs: noonMs, policy }).status === 'NOT_STARTED';
}

/** It was told to an earlier stream that it was forgotten: the next one knows nothing of it. */
function isForgottenAgain(
  state: ProfileState,
  { playableId, status, hidden }: PlayheadView,
): boolean {
  const shown = viewOf(state, playableId, { profileId: '', nowMs: noonMs, policy });
  return status === 'NOT_STARTED' && shown.status === status && shown.hidden === hidden;
}

function versionOf(state: ProfileState, title: string): string {
  return viewOf(state, title, { profileId: '', nowMs: noonMs, policy }).version;
}

/** It was told of what the hot store lost since, and no stream goes back. */
function wasLost({ redis }: Region, title: string, version: string): boolean {
  const floor = `${title.slice(0, title.indexOf('|'))}|${floorTitle}`;
  const names = [`${title}|playhead`, `${title}|visibility`, `${floor}|playhead`];
  return names.some((name) => {
    const write = `${name}|${version}`;
    return redis.held.everHeld.has(write) && !redis.held.has(write);
  });
}

function readDecisively(process: PlaybackProcess, profileId: string): Promise<ProfileState> {
  return process.deps.reader.read({ profileId, titles: null, need: 'decide' });
}

/** Who owes anything to the other tier. */
async function owedIn({ redis, processes }: Region): Promise<string[]> {
  const partitions = Array.from({ length: redis.partitions }, (_, partition) => partition);
  const backlogs = await Promise.all(partitions.map((it) => redis.engine.backlog(it)));
  const counts = [
    ...backlogs.map(({ dirty }, partition) => [`partition ${partition} dirty`, dirty] as const),
    ...backlogs.map(({ quarantined }) => ['quarantined', quarantined] as const),
    ...processes.map(({ name, tiers }) => [name, tiers.restorer.owedCount] as const),
  ];
  return counts.filter(([, count]) => count > 0).map(([who, count]) => `${who}: ${count}`);
}

/** Everything that is durable of a profile, in each data centre. */
function durably({ cassandra }: World, profileId: string): string[] {
  return cassandra.centres.map((centre) =>
    sorted(registersOf(profileId, centre.profile(profileId).titles)),
  );
}

/** Everything that is hot of a profile, as it is. */
async function hotRegisters({ redis }: Pick<Region, 'redis'>, profileId: string): Promise<Named[]> {
  const { titles: hot, floor } = await redis.engine.read({ profileId, titles: null, nowMs: 0 });
  hot.set(floorTitle, { playhead: floor, visibility: null });
  return registersOf(profileId, hot);
}

function sorted(named: readonly Named[]): string {
  return named
    .map(({ key, packed }) => `${key}=${packed}`)
    .sort()
    .join();
}
