import { type DataCentre, usualWorkMsMax } from './cassandra.ts';
import { fairGateway } from './gateway.ts';
import type { PlaybackProcess } from './playback-process.ts';
import { fairWeather, type Wire } from './wire.ts';
import { profileIds, type World } from './world.ts';

/** Something that goes wrong for a while, and is put right. */
export type Fault = (world: World) => Promise<void> | void;

/** Of what was written, this much may be lost when a server dies: appendfsync everysec, lag of replicas. */
const tailMsMax = 2_000;
/** How long some go on talking to a deposed primary. */
const splitMsMax = 2_000;

export const redisFaults: Record<string, Fault> = {
  async 'redis crashes and loses its tail'(world) {
    world.redis.crash({ tailMs: world.chance.below(tailMsMax) });
    await redisComesBack(world);
  },
  async 'redis restarts with everything'(world) {
    world.redis.crash({ tailMs: 0 });
    await redisComesBack(world);
  },
  async 'redis restarts empty'(world) {
    world.redis.crash({ tailMs: Number.POSITIVE_INFINITY });
    await redisComesBack(world);
  },
  async 'redis fails over'(world) {
    await failOver(world);
  },
  async 'redis fails over and back'(world) {
    await failOver(world);
    await world.timeline.sleep(world.chance.below(5_000));
    if (!world.isEnding) await failOver(world);
  },
  async 'redis fails over, and the last to notice dies'(world) {
    const { chance, timeline } = world;
    const last = chance.pick(world.processes);
    if (world.processes.length < 2) return;
    const over = failOver(world, [last]);
    await timeline.sleep(chance.below(splitMsMax));
    await dies(world, last);
    await over;
  },
  async 'redis hangs'(world) {
    world.redis.hang();
    await world.timeline.sleep(500 + world.chance.below(12_000));
    world.redis.thaw();
  },
  async 'redis is full'(world) {
    const { redis, timeline, chance } = world;
    redis.fill();
    await timeline.sleep(1_000 + chance.below(25_000));
    while (redis.isFull) {
      await redis.makeRoom();
      await timeline.sleep(500);
    }
  },
  async 'redis is read-only'(world) {
    world.redis.isReadOnly = true;
    await world.timeline.sleep(1_000 + world.chance.below(20_000));
    world.redis.isReadOnly = false;
  },
};

export const cassandraFaults: Record<string, Fault> = {
  async 'the data centre is down'(world) {
    const { cassandra, timeline, chance } = world;
    cassandra.local.fall();
    await timeline.sleep(1_000 + chance.below(20_000));
    cassandra.local.thaw();
  },
  async 'the data centre hangs'(world) {
    const { cassandra, timeline, chance } = world;
    cassandra.local.state = 'hung';
    await timeline.sleep(1_000 + chance.below(15_000));
    cassandra.local.thaw();
  },
  async 'the data centre is slow'(world) {
    const slowMs = 200 + world.chance.below(8_000);
    await withWork(world, { write: slowMs, read: slowMs });
  },
  async 'the data centre reads slowly'(world) {
    await withWork(world, { ...usualWorkMsMax, read: 500 + world.chance.below(3_500) });
  },
  async 'the data centre writes slowly'(world) {
    await withWork(world, { ...usualWorkMsMax, write: 500 + world.chance.below(8_000) });
  },
  async 'the data centre falls while the other one lags'(world) {
    const { cassandra, timeline, chance, redis } = world;
    cassandra.isLinkUp = false;
    await timeline.sleep(5_000 + chance.below(20_000));
    cassandra.local.fall();
    for (const profileId of profileIds) if (redis.state === 'up') redis.evict(profileId);
    await timeline.sleep(3_000 + chance.below(10_000));
    cassandra.local.thaw();
    await timeline.sleep(chance.below(20_000));
    cassandra.mendLink();
  },
  async 'the data centre is overloaded'(world) {
    const { cassandra, timeline, chance } = world;
    cassandra.local.overload = 0.2 + chance.below(80) / 100;
    await timeline.sleep(5_000 + chance.below(20_000));
    cassandra.local.overload = 0;
  },
};

export const otherFaults: Record<string, Fault> = {
  async 'the link between data centres is cut'(world) {
    world.cassandra.isLinkUp = false;
    await world.timeline.sleep(5_000 + world.chance.below(60_000));
    world.cassandra.mendLink();
  },
  async 'a process dies'(world) {
    await dies(world, world.chance.pick(world.processes));
  },
  async 'a process cannot reach redis'(world) {
    const cut = world.chance.of(0.5) ? 'silent' : 'refused';
    await withWeather(world, [world.chance.pick(world.processes).redisWire], { cut });
  },
  async 'a process cannot reach cassandra'(world) {
    const cut = world.chance.of(0.5) ? 'silent' : 'refused';
    await withWeather(world, [world.chance.pick(world.processes).cassandraWire], { cut });
  },
  async 'messages to redis are lost'(world) {
    const share = world.chance.below(30) / 100;
    const lossy = { requestLoss: share, answerLoss: share, delayMsMax: 100 };
    await withWeather(
      world,
      some(world, ({ redisWire }) => redisWire),
      lossy,
    );
  },
  async 'messages to cassandra are lost'(world) {
    const share = world.chance.below(30) / 100;
    const lossy = { requestLoss: share, answerLoss: share, delayMsMax: 1_500 };
    await withWeather(
      world,
      some(world, ({ cassandraWire }) => cassandraWire),
      lossy,
    );
  },
  async 'messages to redis are slow'(world) {
    const slow = { delayMsMax: 20 + world.chance.below(400) };
    await withWeather(
      world,
      some(world, ({ redisWire }) => redisWire),
      slow,
    );
  },
  async 'profiles are evicted'(world) {
    const { chance, timeline, redis } = world;
    const untilMs = timeline.nowMs() + chance.below(30_000);
    const paceMs = chance.pick([60, 400, 3_000]);
    while (timeline.nowMs() < untilMs && !world.isEnding) {
      if (redis.state === 'up') redis.evict(chance.pick(profileIds));
      await timeline.sleep(chance.below(paceMs));
    }
  },
  async 'devices have a bad network'(world) {
    const { chance, timeline, gateway } = world;
    const share = chance.below(30) / 100;
    gateway.weather = {
      ...{ requestLoss: share, answerLoss: share, repeated: chance.below(50) / 100 },
      delayMsMax: chance.of(0.3) ? 3_000 : 300,
    };
    await timeline.sleep(5_000 + chance.below(40_000));
    gateway.weather = { ...fairGateway };
  },
};

async function redisComesBack(world: World): Promise<void> {
  const { redis, timeline, chance } = world;
  for (const { redisClient } of world.processes) redisClient.loseConnection();
  await timeline.sleep(200 + chance.below(10_000));
  redis.restart();
}

export async function failOver(
  world: World,
  late: readonly PlaybackProcess[] = world.processes.filter(() => world.chance.of(0.5)),
): Promise<void> {
  const { redis, timeline, chance } = world;
  const unaware = late.map(({ redisClient }) => redisClient.id);
  redis.failOver({ lagMs: chance.below(tailMsMax), unaware });
  for (const process of world.processes) {
    const isUnaware = unaware.includes(process.redisClient.id);
    timeline.after(isUnaware ? chance.below(splitMsMax) : 0, () => {
      redis.notice(process.redisClient.id);
      process.redisClient.loseConnection();
    });
  }
  await timeline.sleep(splitMsMax);
}

function some(world: World, wireOf: (process: PlaybackProcess) => Wire): Wire[] {
  const { chance, processes } = world;
  return chance.of(0.5) ? processes.map(wireOf) : [wireOf(chance.pick(processes))];
}

async function withWeather(
  world: World,
  wires: readonly Wire[],
  weather: Partial<Wire['weather']>,
): Promise<void> {
  for (const wire of wires) wire.turn({ ...wire.weather, ...weather });
  await world.timeline.sleep(1_000 + world.chance.below(25_000));
  for (const wire of wires) wire.turn(fairWeather);
}

async function withWork(world: World, workMsMax: DataCentre['workMsMax']): Promise<void> {
  const { local } = world.cassandra;
  local.workMsMax = workMsMax;
  await world.timeline.sleep(5_000 + world.chance.below(30_000));
  local.workMsMax = usualWorkMsMax;
}

/** A process dies, unless it is the last one, and another takes its place. */
export async function dies(world: World, dying: PlaybackProcess): Promise<void> {
  const { chance, timeline, processes } = world;
  if (processes.length < 2 || dying.life.isOver) return;
  world.crashProcess(dying);
  await timeline.sleep(chance.below(8_000));
  world.startProcess(dying.place);
}
