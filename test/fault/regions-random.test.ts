// What breaks: the network between two regions, a Redis and a process now and then, as a seed decides; and
// once it is away for longer than a region keeps what it has to tell.
// How: the rig's links are cut, held and slowed down, all or one tier or one way; SIGKILL and a restart.
// What must hold: when all is repaired no register differs between the two Redis, the two data centres and
// what readers get, and every history is sound. `SEED=… npm test -- test/fault/regions-random` repeats one.
import { afterAll, afterEach, expect, it, jest } from '@jest/globals';
import { partitionOf } from '../../domain/version.ts';
import { partitionKeys } from '../../stores/redis/keys.ts';
import { describeWith } from '../support/cassandra.ts';
import { Chance } from '../support/chance.ts';
import { ownRegions } from '../support/own-regions.ts';
import { promise } from '../support/promise.ts';
import type { TestRegion } from '../support/region.ts';
import { firstSeed, seedToReplay } from '../support/seeds.ts';
import { until } from '../support/until.ts';
import { Player, Positions, type Target } from './players.ts';
import { differing, RegionsRun } from './regions-run.ts';
import { drawSchedule, take, told } from './regions-schedule.ts';
import { metricOf } from './run.ts';

/** Redis was back, and the connection for what is told beside a merge was not yet: reads were flagged. */
const keptSeeds: readonly number[] = [3_964_700];
const drawn = Array.from({ length: 50 }, (_, index) => firstSeed + index);
const seeds = seedToReplay === undefined ? [...keptSeeds, ...drawn] : [seedToReplay];
const deadlineMs = 1_200_000;
/** The least that can be configured: more than a short partition leaves, and passed by a long one. */
const outLengthMax = 1_000;
/** How many devices make it long: each waits for its answers. */
const fastDevices = 6;
/** As configured by default. */
const partitions = 16;

/** Both data centres are waited for, on a machine that may stand still for seconds. */
jest.setTimeout(420_000);

const env = { REGION_OUT_LENGTH: String(outLengthMax) };

describeWith(await ownRegions({ env }), 'two regions', (regions) => {
  const [eu, us] = regions.all;
  afterEach(() => regions.heal());
  afterAll(() => regions.close());

  it(
    `are equal after ${seeds.length} partitions drawn by chance`,
    async () => {
      const runs: RegionsRun[] = [];
      let longestMs = 0;
      for (const seed of seeds) {
        const chance = new Chance(seed);
        const names = [eu.name, us.name] as const;
        const schedule = drawSchedule(chance, names);
        process.stdout.write(`SEED=${seed}: ${told(schedule)}\n`);
        const run = await RegionsRun.begin(regions, { name: `seed-${seed}`, seed });
        for (const step of schedule) await take(step, { regions, run });
        await run.load.forget(chance.pick(names));
        await regions.heal();
        await run.load.stop();
        longestMs = Math.max(longestMs, await run.areEqual('hot'));
        await run.quiet();
        runs.push(run);
      }
      const diverged: string[] = [];
      for (const run of runs) {
        expect(await run.verdict()).toEqual([]);
        diverged.push(...differing(await run.registers('hot')));
        diverged.push(...differing(await run.registers('durable')));
      }
      process.stdout.write(
        `${diverged.length} registers diverged after ${runs.length} partitions\n`,
      );
      expect(diverged).toEqual([]);
      promise('both Redis equal after a partition drawn by chance, longest', longestMs, 10_000);
    },
    deadlineMs,
  );

  it('are equal once read where one was away for longer than the other keeps what it has to tell', async () => {
    const [name, title] = ['overrun', 'long'];
    const run = await RegionsRun.begin(regions, { name, alsoRead: title });
    const [[profileId, token]] = [...run.tokens] as [[string, string]];
    const { out, generation } = partitionKeys(partitionOf(profileId, partitions));
    const generationBefore = Number(await us.redisClient.get(generation));
    const [reader] = run.targetsIn(us.name) as [Target];
    const gaps = () => metricOf(reader, 'playhead_region_gaps_total');
    const gapsBefore = await gaps();

    await Promise.all(regions.links.map((link) => link.of('hot').cut()));
    await run.answers('beats', 10);
    // From here on nobody reads: what the other region misses, only the repair can bring.
    await run.load.stop();
    const last = await newestIn(eu, out);
    const isTold = async () => (await oldestIn(eu, out)) <= last;
    const devices = fastDevicesOf(run, { profileId, token, title });
    await Promise.all(
      devices.map(async (device) => {
        while (await isTold()) await device.step();
      }),
    );
    // What the stream no longer tells comes from the own data centre: it must be there.
    await run.areEqual('durable');
    const key = `${profileId}|last-${eu.name}`;
    const missed = await run.registers('hot');
    expect(missed[us.name]![key]).not.toEqual(missed[eu.name]![key]);

    await regions.heal();
    await until(async () => (await gaps()) > gapsBefore, { what: 'the gap is counted' });
    await until(async () => Number(await us.redisClient.get(generation)) > generationBefore, {
      what: 'every profile of the partition is compared again',
    });
    const equalMs = await run.areEqual('hot', { asked: true });
    expect(await run.verdict()).toEqual([]);
    promise('both Redis equal, asked, after a gap', equalMs, 10_000);
  });
});

/** Devices in the first region that report as fast as they are answered. */
function fastDevicesOf(
  run: RegionsRun,
  of: { profileId: string; token: string; title: string },
): Player[] {
  const { profileId, token, title } = of;
  const [home] = run.targets as [Target];
  const positions = new Positions();
  return Array.from({ length: fastDevices }, (_, index) => {
    const chance = new Chance(run.seed + index);
    const options = { history: run.history, targets: [home], chance, profileId, token };
    return new Player(options, { title, deviceId: `fast-${index}`, positions });
  });
}

/** When the oldest entry was appended: an id is a time. */
async function oldestIn({ redisClient }: TestRegion, stream: string): Promise<number> {
  const [entry] = await redisClient.xrange(stream, '-', '+', 'COUNT', 1);
  return timeOf(entry);
}

async function newestIn({ redisClient }: TestRegion, stream: string): Promise<number> {
  const [entry] = await redisClient.xrevrange(stream, '+', '-', 'COUNT', 1);
  return timeOf(entry);
}

function timeOf(entry: [id: string, fields: string[]] | undefined): number {
  return Number(entry?.[0].split('-')[0]);
}
