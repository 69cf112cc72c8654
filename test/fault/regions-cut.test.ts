// What breaks: the network between two regions, of their Redis and of their data centres; then the Redis of
// one of them; then one of them as a whole, Redis, Cassandra node and process.
// How: the rig's links are cut, all of them, those of one tier, or one way; SIGKILL, and back with an empty Redis.
// What must hold: each region goes on alone, nothing acknowledged is lost beyond the stated window, and after
// the repair every register is the same in both Redis, both data centres and for every reader.
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, expect, it, jest } from '@jest/globals';
import { packPlayhead, unpackPlayhead } from '../../domain/codec.ts';
import { describeWith } from '../support/cassandra.ts';
import { ownRegions } from '../support/own-regions.ts';
import { promise } from '../support/promise.ts';
import type { Regions } from '../support/regions.ts';
import { until } from '../support/until.ts';
import { lossesOf } from './check-finals.ts';
import { backlogOf } from './final-states.ts';
import { freshnessMs, percentile } from './freshness.ts';
import type { History } from './history.ts';
import { indexOf } from './history-index.ts';
import { differing, RegionsRun } from './regions-run.ts';

/** What a region that is lost takes with it at most: what it acknowledged as HOT and no other one had read. */
const lossWindowMs = 5_000;
/** A Cassandra node alone takes up to a minute to start, on a machine that has time. */
const regionDeadlineMs = 600_000;

/** Each waits for Cassandra's hints, on a machine that may stand still for seconds. */
jest.setTimeout(420_000);

/** What is cut, and in which tier it is felt. */
const cuts: [string, 'hot' | 'durable', (regions: Regions) => Promise<unknown>][] = [
  ['all links', 'hot', (regions) => regions.partition('cut')],
  [
    'the links of their Redis alone',
    'hot',
    (regions) => Promise.all(regions.links.map((link) => link.of('hot').cut())),
  ],
  [
    'the links of their data centres alone',
    'durable',
    (regions) => Promise.all(regions.links.map((link) => link.of('durable').cut())),
  ],
  ['the links one way', 'hot', (regions) => regions.link('eu', 'us').cut()],
];

describeWith(await ownRegions(), 'two regions under load', (regions) => {
  const [eu, us] = regions.all;
  afterEach(() => regions.heal());
  afterAll(() => regions.close());

  it('see each other’s playheads live while all is well', async () => {
    const run = await RegionsRun.begin(regions, { name: 'well', viewers: ['ann', 'bob'] });
    const fromMs = run.history.nowMs();
    await run.answers('beats', 120);
    const fresh = freshnessMs(run.history.lines, { fromMs, toMs: run.history.nowMs() });
    expect(await run.verdict()).toEqual([]);
    expect(fresh.length).toBeGreaterThan(100);
    promise('seen in the other region, p50', percentile(fresh, 0.5), 300);
    promise('seen in the other region, p99', percentile(fresh, 0.99), 2_000);
  });

  it('leave a history in which the checker, a program of its own, names one altered register', async () => {
    const run = await RegionsRun.begin(regions, { name: 'altered' });
    await run.answers('beats', 10);
    expect(await run.verdict()).toEqual([]);
    expect(await judged(run.history)).toEqual({ code: 0, told: '\n0 violations\n' });
    const finals = run.history.lines.findLast((line) => line.line === 'finals')!;
    const key = 'altered-ann|shared';
    const registers = finals.hot.us![key]!;
    const playhead = unpackPlayhead(registers.playhead!);
    const altered = packPlayhead({ ...playhead, positionMs: playhead.positionMs + 1 });
    finals.hot.us![key] = { ...registers, playhead: altered };
    const verdict = await judged(run.history);
    expect(verdict.code).toBe(1);
    expect(verdict.told).toContain(`tiers-differ: ${key} is`);
    expect(verdict.told).toContain(altered);
    expect(verdict.told.match(/ in Redis of us/g)?.length).toBeGreaterThan(0);
    expect(verdict.told).not.toContain('|by-hand');
  });

  const healed = new Map<string, RegionsRun>();

  it.each(cuts)(
    'go on alone while %s are cut, and answer the same afterwards',
    async (what, tier, cut) => {
      const run = await RegionsRun.begin(regions, { name: what.replaceAll(' ', '-') });
      await cut(regions);
      await run.answers('beats', 20);
      await run.load.forget('eu');
      await run.load.silence('us');
      await run.answers('beats', 10);
      await run.load.stop();
      await untilDrained(regions);
      expect(differing(await run.registers(tier))).not.toEqual([]);
      await regions.heal();
      const hotMs = await run.areEqual('hot');
      await run.quiet();
      healed.set(what, run);
      promise(`both Redis equal after ${what} healed`, hotMs, 10_000);
    },
  );

  // Cassandra looks at its hints every 10 s: those of all cuts are waited for together.
  it('have all that was written during any of the cuts in both data centres', async () => {
    expect([...healed.keys()]).toEqual(cuts.map(([what]) => what));
    const fromMs = performance.now();
    await Promise.all([...healed.values()].map((run) => run.areEqual('durable')));
    told(`both data centres equal ${(performance.now() - fromMs).toFixed(0)} ms after the last`);
    for (const run of healed.values()) expect(await run.verdict()).toEqual([]);
  });

  it('lose nothing when the Redis of one of them comes back empty', async () => {
    const run = await RegionsRun.begin(regions, { name: 'emptied' });
    // What the other region accepted from now on is nowhere here but in the Redis that is lost.
    await Promise.all(regions.links.map((link) => link.of('durable').cut()));
    await run.answers('beats', 10);
    await Promise.all(regions.all.map(({ name }) => run.load.silence(name)));
    const isOver = run.trouble('us', 'hot', 'apart', 'restoring');
    await us.redis.kill();
    await us.redis.removeFiles();
    await run.answers('beats', 10);
    await us.redis.start();
    const backMs = run.history.nowMs();
    await run.isWell();
    const wellMs = run.history.nowMs() - backMs;
    await run.answers('beats', 10);
    await run.load.stop();
    const equalMs = await run.areEqual('hot', { asked: true });
    isOver();
    await regions.heal();
    expect(await run.verdict()).toEqual([]);
    promise('a Redis that came back empty answers for both regions after', wellMs, 2_000);
    promise('and both Redis equal, asked, after', equalMs, 10_000);
  });

  it(
    'lose nothing durable with one of them, whose viewers go on in the other',
    async () => {
      const run = await RegionsRun.begin(regions, { name: 'lost' });
      await run.load.silence('eu');
      const isBack = run.trouble('eu', 'hot', 'durable', 'apart', 'restoring');
      const areBack = run.away(run.targetsIn('eu'));
      const fromMs = run.history.nowMs() - lossWindowMs;
      await eu.kill();
      run.history.trouble('loss', { region: 'eu', fromMs, toMs: run.history.nowMs() });
      run.load.move('eu', 'us');
      await run.answers('beats', 40, ['us']);
      await eu.start({ redis: 'empty' });
      areBack();
      await run.isWell();
      run.load.move('eu', 'eu');
      await run.answers('beats', 10);
      await run.load.stop();
      const equalMs = await run.areEqual('hot', { asked: true, deadlineMs: regionDeadlineMs / 2 });
      isBack();
      expect(await run.verdict()).toEqual([]);
      const losses = lossesOf(indexOf(run.history.lines));
      const longestMs = Math.max(0, ...losses.map(({ lostMs }) => lostMs));
      told(
        `a region lost with all that was hot: ${losses.length} of ${run.load.titles.length} titles older`,
      );
      promise('of a region that is lost, what is lost at most', longestMs, lossWindowMs);
      told(`all regions equal, asked, ${equalMs.toFixed(0)} ms after viewers were back`);
    },
    regionDeadlineMs,
  );
});

/** As whoever has nothing but the file. */
async function judged(history: History): Promise<{ code: number; told: string }> {
  const path = history.write();
  try {
    const judging = promisify(execFile)(process.execPath, ['test/fault/check-history.ts', path]);
    const { stdout } = await judging;
    return { code: 0, told: stdout };
  } catch (error) {
    const { code, stdout } = error as { code: number; stdout: string };
    return { code, told: stdout };
  } finally {
    await rm(path);
  }
}

function told(what: string): void {
  process.stdout.write(`${what}\n`);
}

/** What is dirty reaches the own data centre also while the other one is away. */
async function untilDrained(regions: Regions): Promise<void> {
  for (const { name, redisClient } of regions.all) {
    await until(async () => (await backlogOf(redisClient)).dirty === 0, {
      what: `nothing is dirty in ${name}`,
      deadlineMs: 60_000,
    });
  }
}
