// What breaks: the network between two regions, a Redis and a process now and then, as a seed decides; and
// once it is away for longer than a region keeps what it has to tell.
// How: the rig's links are cut, held and slowed down, all or one tier or one way; SIGKILL and a restart.
// What must hold: when all is repaired no register differs between the two Redis, the two data centres and
// what readers get, and every history is sound. `SEED=… npm test -- test/fault/regions-random` repeats one.
import { afterAll, afterEach, expect, it } from '@jest/globals';
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

const schedules = seedToReplay === undefined ? 50 : 1;
const deadlineMs = 1_200_000;
/** More than a short partition leaves, and little enough to be passed by a long one. */
const outLengthMax = 400;
/** As configured by default. */
const partitions = 16;

const env = { REGION_OUT_LENGTH: String(outLengthMax) };

describeWith(await ownRegions({ env }), 'two regions', (regions) => {
  const [eu, us] = regions.all;
  afterEach(() => regions.heal());
  afterAll(() => regions.close());

  it(
    `are equal after ${schedules} partitions drawn by chance`,
    async () => {
      const runs: RegionsRun[] = [];
      let longestMs = 0;
      for (let seed = firstSeed; seed < firstSeed + schedules; seed += 1) {
        const chance = new Chance(seed);
        const schedule = drawSchedule(chance, [eu.name, us.name]);
        process.stdout.write(`SEED=${seed}: ${told(schedule)}\n`);
        const run = await RegionsRun.begin(regions, { name: `seed-${seed}`, seed });
        for (const step of schedule) await take(step, { regions, run });
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

    await Promise.all(regions.links.map((link) => link.of('hot').cut()));
    await run.answers('beats', 10);
    // From here on nobody reads: what the other region misses, only the repair can bring.
    await run.load.stop();
    const player = fastPlayer(run, { profileId, token, title });
    const last = await newestIn(eu, out);
    while ((await oldestIn(eu, out)) <= last) await player.step();
    // What the stream no longer tells comes from the own data centre: it must be there.
    await run.areEqual('durable');
    const key = `${profileId}|last-${eu.name}`;
    const missed = await run.registers('hot');
    expect(missed[us.name]![key]).not.toEqual(missed[eu.name]![key]);

    await regions.heal();
    await until(async () => Number(await us.redisClient.get(generation)) > generationBefore, {
      what: 'the gap is noticed',
    });
    const equalMs = await run.areEqual('hot', { asked: true });
    expect(await run.verdict()).toEqual([]);
    promise('both Redis equal, asked, after a gap', equalMs, 10_000);
  });
});

/** A device in the first region that reports as fast as it is answered. */
function fastPlayer(
  run: RegionsRun,
  of: { profileId: string; token: string; title: string },
): Player {
  const { profileId, token, title } = of;
  const [home] = run.targets as [Target];
  const options = { history: run.history, targets: [home], chance: new Chance(run.seed) };
  const plays = { title, deviceId: 'fast', positions: new Positions() };
  return new Player({ ...options, profileId, token }, plays);
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
