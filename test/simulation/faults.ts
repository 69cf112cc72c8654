import { type DataCentre, usualWorkMsMax } from './cassandra.ts';
import { fairGateway } from './gateway.ts';
import type { PlaybackProcess } from './playback-process.ts';
import type { Region } from './region.ts';
import { fairWeather, type Wire } from './wire.ts';
import { profileIds } from './world.ts';

/** Something that goes wrong for a while, and is put right. */
export type Fault = (region: Region) => Promise<void> | void;

/** Of what was written, this much may be lost when a server dies: appendfsync everysec, lag of replicas. */
const tailMsMax = 2_000;
/** How long some go on talking to a deposed primary. */
const splitMsMax = 2_000;

export const redisFaults: Record<string, Fault> = {
  async 'redis crashes and loses its tail'(region) {
    region.redis.crash({ tailMs: region.chance.below(tailMsMax) });
    await redisComesBack(region);
  },
  async 'redis restarts with everything'(region) {
    region.redis.crash({ tailMs: 0 });
    await redisComesBack(region);
  },
  async 'redis restarts empty'(region) {
    region.redis.crash({ tailMs: Number.POSITIVE_INFINITY });
    await redisComesBack(region);
  },
  async 'redis fails over'(region) {
    await failOver(region);
  },
  async 'redis fails over and back'(region) {
    await failOver(region);
    await region.timeline.sleep(region.chance.below(5_000));
    if (!region.isEnding) await failOver(region);
  },
  async 'redis fails over, and the last to notice dies'(region) {
    const { chance, timeline } = region;
    const last = chance.pick(region.processes);
    if (region.processes.length < 2) return;
    const over = failOver(region, [last]);
    await timeline.sleep(chance.below(splitMsMax));
    await dies(region, last);
    await over;
  },
  async 'redis hangs'(region) {
    region.redis.hang();
    await region.timeline.sleep(500 + region.chance.below(12_000));
    region.redis.thaw();
  },
  async 'redis is full'(region) {
    const { redis, timeline, chance } = region;
    redis.fill();
    await timeline.sleep(1_000 + chance.below(25_000));
    while (redis.isFull) {
      await redis.makeRoom();
      await timeline.sleep(500);
    }
  },
  async 'redis is read-only'(region) {
    region.redis.isReadOnly = true;
    await region.timeline.sleep(1_000 + region.chance.below(20_000));
    region.redis.isReadOnly = false;
  },
};

export const cassandraFaults: Record<string, Fault> = {
  async 'the data centre is down'(region) {
    const { centre, world, timeline, chance } = region;
    centre.fall();
    await timeline.sleep(1_000 + chance.below(20_000));
    world.cassandra.raise(centre);
  },
  async 'the data centre hangs'(region) {
    const { centre, world, timeline, chance } = region;
    centre.state = 'hung';
    await timeline.sleep(1_000 + chance.below(15_000));
    world.cassandra.raise(centre);
  },
  async 'the data centre is slow'(region) {
    const slowMs = 200 + region.chance.below(8_000);
    await withWork(region, { write: slowMs, read: slowMs });
  },
  async 'the data centre reads slowly'(region) {
    await withWork(region, { ...usualWorkMsMax, read: 500 + region.chance.below(3_500) });
  },
  async 'the data centre writes slowly'(region) {
    await withWork(region, { ...usualWorkMsMax, write: 500 + region.chance.below(8_000) });
  },
  async 'the data centre falls while the other one lags'(region) {
    const { centre, world, timeline, chance, redis } = region;
    world.cassandra.cutFrom(centre);
    await timeline.sleep(5_000 + chance.below(20_000));
    centre.fall();
    for (const profileId of profileIds) if (redis.state === 'up') redis.evict(profileId);
    await timeline.sleep(3_000 + chance.below(10_000));
    world.cassandra.raise(centre);
    await timeline.sleep(chance.below(20_000));
    world.cassandra.mendFrom(centre);
  },
  async 'the data centre is overloaded'(region) {
    const { centre, timeline, chance } = region;
    centre.overload = 0.2 + chance.below(80) / 100;
    await timeline.sleep(5_000 + chance.below(20_000));
    centre.overload = 0;
  },
};

export const otherFaults: Record<string, Fault> = {
  async 'the link between data centres is cut'(region) {
    region.world.cassandra.cutFrom(region.centre);
    await region.timeline.sleep(5_000 + region.chance.below(60_000));
    region.world.cassandra.mendFrom(region.centre);
  },
  async 'a process dies'(region) {
    await dies(region, region.chance.pick(region.processes));
  },
  async 'a process cannot reach redis'(region) {
    const cut = region.chance.of(0.5) ? 'silent' : 'refused';
    await withWeather(region, [region.chance.pick(region.processes).redisWire], { cut });
  },
  async 'a process cannot reach cassandra'(region) {
    const cut = region.chance.of(0.5) ? 'silent' : 'refused';
    await withWeather(region, [region.chance.pick(region.processes).cassandraWire], { cut });
  },
  async 'messages to redis are lost'(region) {
    const share = region.chance.below(30) / 100;
    const lossy = { requestLoss: share, answerLoss: share, delayMsMax: 100 };
    await withWeather(
      region,
      some(region, ({ redisWire }) => redisWire),
      lossy,
    );
  },
  async 'messages to cassandra are lost'(region) {
    const share = region.chance.below(30) / 100;
    const lossy = { requestLoss: share, answerLoss: share, delayMsMax: 1_500 };
    await withWeather(
      region,
      some(region, ({ cassandraWire }) => cassandraWire),
      lossy,
    );
  },
  async 'messages to redis are slow'(region) {
    const slow = { delayMsMax: 20 + region.chance.below(400) };
    await withWeather(
      region,
      some(region, ({ redisWire }) => redisWire),
      slow,
    );
  },
  async 'profiles are evicted'(region) {
    const { chance, timeline, redis } = region;
    const untilMs = timeline.nowMs() + chance.below(30_000);
    const paceMs = chance.pick([60, 400, 3_000]);
    while (timeline.nowMs() < untilMs && !region.isEnding) {
      if (redis.state === 'up') redis.evict(chance.pick(profileIds));
      await timeline.sleep(chance.below(paceMs));
    }
  },
  async 'devices have a bad network'(region) {
    const { chance, timeline } = region;
    const { gateway } = region.world;
    const share = chance.below(30) / 100;
    gateway.weather = {
      ...{ requestLoss: share, answerLoss: share, repeated: chance.below(50) / 100 },
      delayMsMax: chance.of(0.3) ? 3_000 : 300,
    };
    await timeline.sleep(5_000 + chance.below(40_000));
    gateway.weather = { ...fairGateway };
  },
};

async function redisComesBack(region: Region): Promise<void> {
  const { redis, timeline, chance } = region;
  for (const { redisClient } of region.processes) redisClient.loseConnection();
  await timeline.sleep(200 + chance.below(10_000));
  redis.restart();
}

export async function failOver(
  region: Region,
  late: readonly PlaybackProcess[] = region.processes.filter(() => region.chance.of(0.5)),
): Promise<void> {
  const { redis, timeline, chance } = region;
  const unaware = late.map(({ redisClient }) => redisClient.id);
  redis.failOver({ lagMs: chance.below(tailMsMax), unaware });
  for (const process of region.processes) {
    const isUnaware = unaware.includes(process.redisClient.id);
    timeline.after(isUnaware ? chance.below(splitMsMax) : 0, () => {
      redis.notice(process.redisClient.id);
      process.redisClient.loseConnection();
    });
  }
  await timeline.sleep(splitMsMax);
}

function some(region: Region, wireOf: (process: PlaybackProcess) => Wire): Wire[] {
  const { chance, processes } = region;
  return chance.of(0.5) ? processes.map(wireOf) : [wireOf(chance.pick(processes))];
}

async function withWeather(
  region: Region,
  wires: readonly Wire[],
  weather: Partial<Wire['weather']>,
): Promise<void> {
  for (const wire of wires) wire.turn({ ...wire.weather, ...weather });
  await region.timeline.sleep(1_000 + region.chance.below(25_000));
  for (const wire of wires) wire.turn(fairWeather);
}

async function withWork(region: Region, workMsMax: DataCentre['workMsMax']): Promise<void> {
  const { centre } = region;
  centre.workMsMax = workMsMax;
  await region.timeline.sleep(5_000 + region.chance.below(30_000));
  centre.workMsMax = usualWorkMsMax;
}

/** A process dies, unless it is the last one, and another takes its place. */
export async function dies(region: Region, dying: PlaybackProcess): Promise<void> {
  const { chance, timeline, processes } = region;
  if (processes.length < 2 || dying.life.isOver) return;
  region.crashProcess(dying);
  await timeline.sleep(chance.below(8_000));
  if (!region.isLost) region.startProcess(dying.place);
}
