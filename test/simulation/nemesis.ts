import { coincidences } from './coincidences.ts';
import { cassandraFaults, type Fault, otherFaults, redisFaults } from './faults.ts';
import { fairGateway } from './gateway.ts';
import type { Region } from './region.ts';
import { regionFaults } from './region-faults.ts';
import { fairRoute } from './route.ts';
import { fairWeather } from './wire.ts';
import type { World } from './world.ts';

/** Things that are worse together than one by one. */
const storms: readonly (readonly string[])[] = [
  ['the link between data centres is cut', 'profiles are evicted', 'the data centre is down'],
  ['the data centre reads slowly', 'profiles are evicted'],
  ['the data centre writes slowly', 'profiles are evicted', 'messages to redis are slow'],
  ['redis fails over, and the last to notice dies'],
  ['a process cannot reach redis', 'a process dies'],
  ['redis is full', 'profiles are evicted'],
  ['redis hangs', 'a process dies', 'the data centre is slow'],
  ['redis crashes and loses its tail', 'messages to cassandra are lost'],
  ['devices have a bad network', 'profiles are evicted'],
];

/** The same where there are several regions. */
const regionStorms: readonly (readonly string[])[] = [
  ['a region and another are cut off from each other', 'redis crashes and loses its tail'],
  ['a region and another are cut off from each other', 'profiles are evicted'],
  ['a region is cut off from all', 'redis fails over'],
  ['a region is cut off from all', 'redis hangs', 'a process dies'],
  ['a region does not hear another', 'the data centre is down', 'profiles are evicted'],
  ['messages between two regions are lost', 'a process dies', 'messages to redis are lost'],
  ['a region is lost, and comes back', 'messages of a region to others are slow'],
  ['a region is lost, and built anew', 'a region does not hear another'],
  ['the data centre falls while the other one lags', 'a region hears nobody'],
  ['redis fails over', 'redis crashes and loses its tail', 'a process dies'],
  ['a process cannot reach redis', 'profiles are evicted'],
];

const kindsIn = (groups: readonly Record<string, Fault>[]) =>
  groups.flatMap((group) =>
    Object.entries(group).map(([name, fault]): Kind => ({ name, fault, group })),
  );

const kindsOfOne = kindsIn([redisFaults, cassandraFaults, otherFaults]);
/** What goes wrong between regions is as likely as what does in one. */
const kindsOfSeveral = [...kindsOfOne, ...kindsIn([regionFaults]), ...kindsIn([regionFaults])];

interface Kind {
  name: string;
  fault: Fault;
  /** Of one server's faults one at a time. */
  group: object;
}

/**
 * What goes wrong in one run: nothing, one kind of thing again and again, several at once, anything, or
 * one coincidence and nothing after it.
 */
export async function haunt(world: World, { activeMs }: { activeMs: number }): Promise<void> {
  const { chance } = world;
  if (chance.of(0.1)) return coincide(world, activeMs);
  const { kinds, isStorm } = kindsOf(world);
  world.note(`goes wrong: ${kinds.map(({ name }) => name).join(', ') || 'nothing'}`);
  while (!world.isEnding && kinds.length > 0) {
    await world.timeline.sleep(chance.below(12_000));
    const begun = isStorm
      ? kinds.map((kind) => begin(world.anyRegion(), kind))
      : [begin(world.anyRegion(), chance.pick(kinds))];
    if (isStorm || chance.of(0.6)) await Promise.all(begun);
  }
}

async function coincide(world: World, activeMs: number): Promise<void> {
  const { chance, timeline } = world;
  const [name, fault] = chance.pick(Object.entries(coincidences));
  await timeline.sleep(activeMs / 6 + chance.below(activeMs / 2));
  world.note(`goes wrong: ${name}`);
  await fault(world.anyRegion());
}

async function begin(region: Region, kind: Kind): Promise<void> {
  const { name, fault, group } = kind;
  const isAlone = group !== otherFaults;
  const { chance, timeline, busy, world } = region;
  await timeline.sleep(chance.below(chance.of(0.5) ? 2_000 : 25_000));
  if (region.isEnding || region.isLost || (isAlone && busy.has(group))) return;
  busy.add(group);
  const where = region.name === null ? '' : ` (${region.name})`;
  world.note(`begins: ${name}${where}`);
  await fault(region);
  busy.delete(group);
  world.note(`is over: ${name}${where}`);
}

function kindsOf({ chance, regions }: World): { kinds: Kind[]; isStorm: boolean } {
  const isAlone = regions.length === 1;
  const allKinds = isAlone ? kindsOfOne : kindsOfSeveral;
  if (chance.of(0.05)) return { kinds: [], isStorm: false };
  if (chance.of(0.35)) {
    const names = chance.pick(isAlone ? storms : [...storms, ...regionStorms, ...regionStorms]);
    const kinds = allKinds.filter(({ name }) => names.includes(name));
    return { kinds: [...new Map(kinds.map((kind) => [kind.name, kind])).values()], isStorm: true };
  }
  const count = chance.of(0.4) ? 1 : chance.of(0.5) ? 3 : allKinds.length;
  return { kinds: Array.from({ length: count }, () => chance.pick(allKinds)), isStorm: false };
}

/** Everything works again; a full Redis does once it was drained. */
export function heal(world: World): void {
  const { regions, routes, cassandra, gateway } = world;
  for (const region of regions) {
    region.rise();
    const { redis, processes: here } = region;
    if (redis.state === 'hung') redis.thaw();
    redis.restart();
    redis.isReadOnly = false;
    for (const { redisClient } of here) redis.notice(redisClient.id);
  }
  cassandra.mend();
  gateway.weather = { ...fairGateway };
  for (const { redisWire, cassandraWire, remoteWire } of world.processes) {
    for (const wire of [redisWire, cassandraWire, remoteWire]) wire.turn(fairWeather);
  }
  routes.turn(routes.all, fairRoute);
}
