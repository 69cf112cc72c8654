import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { hasRedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';
import { LaneRun } from './lane-run.ts';
import { LaneWorld } from './lane-world.ts';

/** Answers to heartbeats while something is broken. */
const faultAnswers = 20;
/** Well before a connection without a word is suspected, so nothing of it is an error. */
const lateMs = 400;
/** A gateway waits for 4 s. */
const tooLateMs = 6_000;
const hasRedis = await hasRedisServer();

// What breaks: what is between the gateway's fast lane and playback, under a load by HTTP and WebSocket.
// How: SIGKILL; connections cut in the middle of an answer; a process that is stopped; answers that come late.
// What must hold: no wrong answer, nothing acknowledged is lost, and the lane is used again.
(hasRedis ? describe : describe.skip)('the fast lane, when its subgraph', () => {
  let world: LaneWorld;
  beforeAll(async () => {
    world = await LaneWorld.open();
  });
  afterAll(() => world?.close());

  it('is killed, and started again', () => isKilled(world));

  it('is cut off in the middle of an answer, again and again', async () => {
    const run = await LaneRun.begin(world, 'cut');
    await run.retire('before');
    run.breaks();
    for (const bytes of [1, 9, 150]) {
      const before = world.proxy.cuts;
      world.proxy.cutAnswersAfter(bytes);
      await until(() => world.proxy.cuts > before, { what: `cut after ${bytes} bytes` });
      await run.isBack();
    }
    await run.isRepaired();
    await run.retire('during');
    await run.answers('beats', faultAnswers);
    expect(await run.verdict()).toEqual([]);
  });

  it('is stopped for longer than anybody waits, and goes on', async () => {
    const run = await LaneRun.begin(world, 'stopped');
    await run.retire('before');
    run.breaks();
    const timeouts = () => run.errors('TIMEOUT');
    world.playback.process.kill('SIGSTOP');
    try {
      await until(() => timeouts() >= 4, { what: 'clients are told of the time-out' });
    } finally {
      world.playback.process.kill('SIGCONT');
    }
    await run.isRepaired();
    await run.retire('during');
    await run.answers('beats', faultAnswers);
    expect(await run.verdict()).toEqual([]);
  });

  it('answers late, and then later than anybody waits', () => answersLate(world));

  it('is asked twice, or is killed and nobody says so: the judge does', async () => {
    // As a case does that failed: its load goes on no longer than until the next one begins.
    const abandoned = await LaneRun.begin(world, 'abandoned');
    const run = await LaneRun.begin(world, 'planted', { isStallExcused: false });
    const asked = abandoned.history.lines.length;
    world.isAskedTwice = true;
    await run.answers('beats', faultAnswers);
    world.isAskedTwice = false;
    await world.playback.kill9();
    await run.answers('beats', faultAnswers);
    await world.restartPlayback();
    await run.isOnTheLane();
    const rules = (await run.violations()).map((violation) => violation.split(':')[0]);
    expect(new Set(rules)).toEqual(new Set(['asked-twice', 'broken-answer']));
    expect(abandoned.history.lines).toHaveLength(asked);
  });
});

// What breaks: the same link, where the lane speaks no frames: each answer has a connection of its own.
// How: answers come late, and then later than the gateway waits; SIGKILL.
// What must hold: the same.
(hasRedis ? describe : describe.skip)('the fast lane over HTTP, when its subgraph', () => {
  let world: LaneWorld;
  beforeAll(async () => {
    world = await LaneWorld.open({ lane: 'http' });
  });
  afterAll(() => world?.close());

  afterEach(async () => {
    expect(await world.forwarded()).toMatchObject({ framed: 0 });
  });

  it('answers late, and then later than anybody waits', () => answersLate(world));

  it('is killed, and started again', () => isKilled(world));
});

async function isKilled(world: LaneWorld): Promise<void> {
  const run = await LaneRun.begin(world, 'killed');
  await run.retire('before');
  run.breaks();
  await world.playback.kill9();
  await run.answers('beats', faultAnswers);
  await run.retire('during');
  await world.restartPlayback();
  await run.isRepaired();
  await run.answers('beats', faultAnswers);
  expect(await run.verdict()).toEqual([]);
}

async function answersLate(world: LaneWorld): Promise<void> {
  const run = await LaneRun.begin(world, 'slow');
  await run.retire('before');
  world.proxy.delay(lateMs, 'answers');
  await run.answers('beats', faultAnswers);
  await run.isOnTheLane();
  run.breaks();
  world.proxy.delay(tooLateMs, 'answers');
  await until(() => run.errors('TIMEOUT') >= 4, { what: 'clients are told of the time-out' });
  await run.retire('during');
  await world.proxy.heal();
  // What is still on its slow way would arrive seconds after the repair.
  world.proxy.reset();
  await run.isRepaired();
  await run.answers('beats', faultAnswers);
  expect(await run.verdict()).toEqual([]);
}
