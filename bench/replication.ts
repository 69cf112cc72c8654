import { defaultPolicy } from '../domain/policy.ts';
import { systemClock } from '../runtime/clock.ts';
import type { AcceptedChange, AcceptedStream, ReadPoint } from '../stores/accepted-stream.ts';
import type { HotStore, MergeRequest } from '../stores/hot-store.ts';
import { openRedisAcceptedStream } from '../stores/redis/accepted-stream.ts';
import { openRedisHotStore } from '../stores/redis/hot.ts';
import { type RedisServer, startRedis } from '../test/support/redis-server.ts';
import { Audience } from './audience.ts';
import { redisCpuUs, type Spread, spreadOf } from './machine.ts';
import { RawRedis } from './raw-redis.ts';
import { drain, preload } from './redis-script.ts';

/** How often a player reports here. */
const beatMs = 10_000;
/** As the write-behind leaves it: a title is drained when it has been dirty this long. */
const drainAfterMs = 30_000;
/** Everything is in one partition. */
const partition = 0;
/** Entries that a region keeps of it, as by default. */
const outLengthMax = 50_000;
const region = 'here';
/** Set-up is done for so many viewers at once. */
const setUpInFlightMax = 100;

/**
 * How heartbeats come: how many reach one process in the same instant, and so go to Redis in one call; and
 * how many a partition takes in the 100 ms between two looks of the replicator.
 */
export interface Load {
  atOnce: number;
  betweenLooks: number;
}

/** Ten thousand viewers in a partition, each heartbeat a call of its own, as they come. */
export const busyLoad: Load = { atOnce: 1, betweenLooks: 100 };
const loads: readonly Load[] = [
  { atOnce: 1, betweenLooks: 10 },
  busyLoad,
  { atOnce: 10, betweenLooks: 100 },
];

/** CPU of Redis for one heartbeat, µs. */
interface CostsAs<Figure> {
  /** Of the write of a region that is alone. */
  writeUs: Figure;
  /** That it adds to keep it for others. */
  keepUs: Figure;
  /** That reading it costs the region that is read. */
  readUs: Figure;
  /** That it costs the region that takes it in. */
  takeInUs: Figure;
  /** All that replication adds, as a share of the write alone. */
  share: Figure;
}

type Costs = CostsAs<number>;

export interface ReplicationFigure extends CostsAs<Spread> {
  load: Load;
}

export interface ReplicationFigures {
  figures: ReplicationFigure[];
  /** Profiles compared in the end, and those that were not the same in all three. */
  profiles: number;
  different: number;
}

export interface ReplicationScale {
  viewers: number;
  /** Times that every viewer's player reports in each load. */
  rounds: number;
}

interface Region {
  server: RedisServer;
  hot: HotStore;
  redis: RawRedis;
}

interface Rig {
  /** The write path of a region that is alone, of one that others read, and one that reads it. */
  alone: Region;
  here: Region;
  there: Region;
  accepted: AcceptedStream;
  audience: Audience;
  readPoint: ReadPoint | null;
}

/**
 * Measures what replication to one other region costs: the same heartbeats go through the product's
 * adapter into a Redis without regions and one with, and from there in batches into a third.
 *
 * Shape: Redis as operators are asked to run it, on this machine; all three hold the same profiles.
 */
export async function measureReplication(scale: ReplicationScale): Promise<ReplicationFigures> {
  const closing: (() => Promise<void>)[] = [];
  try {
    const rig = await openRig(scale.viewers, closing);
    await setUp(rig);
    const figures: ReplicationFigure[] = [];
    for (const load of loads) figures.push(await measureLoad(rig, { load, rounds: scale.rounds }));
    return { figures, ...(await compare(rig)) };
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

async function openRig(viewers: number, closing: (() => Promise<void>)[]): Promise<Rig> {
  const open = async (name?: string): Promise<Region> => {
    const server = await startRedis();
    closing.push(() => server.close());
    const options = name === undefined ? {} : { region: { name, outLengthMax } };
    const hot = await openRedisHotStore({ ...optionsOf(server), ...options });
    closing.push(() => hot.close());
    const redis = await RawRedis.open(server.port);
    closing.push(async () => redis.close());
    return { server, hot, redis };
  };
  const [alone, here, there] = [await open(), await open(region), await open('there')];
  const accepted = await openRedisAcceptedStream({ ...optionsOf(here.server), region });
  closing.push(() => accepted.close());
  return { alone, here, there, accepted, audience: new Audience(viewers), readPoint: null };
}

function optionsOf(server: RedisServer) {
  return {
    address: { url: server.url },
    partitions: 1,
    policy: defaultPolicy,
    commandTimeoutMs: 30_000,
    clock: systemClock,
  };
}

/** Profiles of twenty titles everywhere, whose viewers have been watching for some seconds. */
async function setUp(rig: Rig): Promise<void> {
  const { alone, here, there, audience } = rig;
  for (const { hot } of [alone, here, there]) {
    // One of its own: making what is in a profile takes a turn of its first viewer.
    await preload({ hot, audience: new Audience(audience.viewers.length) });
  }
  for (const event of ['START', 'HEARTBEAT', 'HEARTBEAT'] as const) {
    const requests = await eachReports(audience, { event });
    for (let first = 0; first < requests.length; first += setUpInFlightMax) {
      const batch = requests.slice(first, first + setUpInFlightMax);
      await Promise.all([alone, here].flatMap(({ hot }) => batch.map((each) => hot.merge(each))));
      await replicate(rig, setUpInFlightMax);
    }
  }
}

async function eachReports(
  audience: Audience,
  { event = 'HEARTBEAT' }: { event?: 'START' | 'HEARTBEAT' } = {},
): Promise<MergeRequest[]> {
  const requests: MergeRequest[] = [];
  while (requests.length < audience.viewers.length) {
    requests.push(await audience.report(beatMs, event));
  }
  return requests;
}

async function measureLoad(
  rig: Rig,
  { load, rounds }: { load: Load; rounds: number },
): Promise<ReplicationFigure> {
  const { alone, here, there, audience } = rig;
  const all: Costs[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const { hot } of [alone, here]) {
      await drain({ hot, audience }, audience.nowMs - drainAfterMs);
    }
    const requests = await eachReports(audience);
    const [write, kept] = await cpuUsDuring([alone, here], () =>
      mergeInTurn([alone, here], { requests, load }),
    );
    const [read, takeIn] = await cpuUsDuring([here, there], () =>
      replicate(rig, load.betweenLooks),
    );
    const each = (us = Number.NaN) => us / requests.length;
    const writeUs = each(write);
    const keepUs = each(kept) - writeUs;
    const [readUs, takeInUs] = [each(read), each(takeIn)];
    const share = (keepUs + readUs + takeInUs) / writeUs;
    all.push({ writeUs, keepUs, readUs, takeInUs, share });
  }
  const spread = (of: keyof Costs) => spreadOf(all.map((costs) => costs[of]));
  return {
    load,
    ...{ writeUs: spread('writeUs'), keepUs: spread('keepUs'), readUs: spread('readUs') },
    ...{ takeInUs: spread('takeInUs'), share: spread('share') },
  };
}

/** The same to each region, in turns of a call: what else this machine does, it does to both. */
async function mergeInTurn(
  regions: readonly Region[],
  { requests, load }: { requests: readonly MergeRequest[]; load: Load },
): Promise<void> {
  for (let first = 0; first < requests.length; first += load.atOnce) {
    const batch = requests.slice(first, first + load.atOnce);
    for (const { hot } of regions) await Promise.all(batch.map((request) => hot.merge(request)));
  }
}

/** Everything that is new here goes there, so many entries at a time. */
async function replicate(rig: Rig, limit: number): Promise<void> {
  for (;;) {
    const { readPoint: from } = rig;
    const { entries, hasGap } = await rig.accepted.read({ partition, from, limit });
    const last = entries.at(-1);
    if (hasGap) throw new Error('Entries were cut off before they were read.');
    if (last === undefined) return;
    const changes = entries.map((entry): AcceptedChange => {
      if ('refusal' in entry) throw new Error(`An entry is refused: ${entry.refusal}.`);
      return entry.change;
    });
    const upTo = { offset: last.offset, isSeen: true };
    const taken = { partition, region, after: from, changes, upTo, nowMs: rig.audience.nowMs };
    rig.readPoint = await rig.there.hot.takeIn(taken);
  }
}

/** CPU time that each Redis spent meanwhile, without the asking. */
async function cpuUsDuring(
  regions: readonly Region[],
  act: () => Promise<void>,
): Promise<number[]> {
  const look = () => Promise.all(regions.map(({ redis }) => cpuUs(redis)));
  const [before, start] = [await look(), await look()];
  await act();
  const end = await look();
  return end.map((us, index) => us - 2 * (start[index] ?? 0) + (before[index] ?? 0));
}

function cpuUs(redis: RawRedis): Promise<number> {
  return redisCpuUs({ info: async (section) => String(await redis.ask('INFO', section)) });
}

/** Reads every profile in all three: registers, devices and sessions must be the same. */
async function compare(rig: Rig): Promise<{ profiles: number; different: number }> {
  const { alone, here, there, audience } = rig;
  let different = 0;
  for (const { token } of audience.viewers) {
    const query = { profileId: token.profileId, titles: null, nowMs: audience.nowMs };
    const found = await Promise.all([alone, here, there].map(({ hot }) => hot.read(query)));
    const states = found.map(({ titles, floor, devices, sessions }) =>
      JSON.stringify([[...titles].sort(), floor, [...devices], sessions]),
    );
    if (new Set(states).size > 1) different += 1;
  }
  return { profiles: audience.viewers.length, different };
}
