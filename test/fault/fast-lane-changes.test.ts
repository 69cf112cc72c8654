import { readFile, rename, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hasRedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';
import { LaneRun } from './lane-run.ts';
import { key, LaneWorld } from './lane-world.ts';
import { operations } from './load-client.ts';

/** Answers to heartbeats while something changes, and after it. */
const someAnswers = 20;
/** Clocks may differ by so much: a token is taken for as long after its end. */
const toleranceMs = 5_000;
/** What a token needs to be seen on the lane, on a busy machine. */
const tokenLifeMs = 8_000;

const progress = '{ answer: viewer { playhead(playableId: "shared") { progress } } }';
const asksProgress = { query: progress, variables: {} };

// What breaks: nothing, but what the fast lane relies on becomes another: graph, tokens, keys, process.
// How: another supergraph, a token's end, a key replaced, a deploy of playback; under load.
// What must hold: no failed request but where told so, nobody is let in for longer, the lane is used again.
((await hasRedisServer()) ? describe : describe.skip)('the fast lane, when', () => {
  let world: LaneWorld;
  beforeAll(async () => {
    world = await LaneWorld.open();
  });
  afterAll(() => world?.close());

  const replace = async (change: (text: string) => string) => {
    const text = change(await readFile(world.supergraphPath, 'utf8'));
    await writeFile(`${world.supergraphPath}.next`, text);
    await rename(`${world.supergraphPath}.next`, world.supergraphPath);
  };

  const describes = async (word: string) => {
    const query = '{ __type(name: "PlayheadConnection") { description } }';
    const { graphqlUrl: url } = world.gateway;
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) });
    return (await response.text()).includes(word);
  };

  it('the supergraph is another, first an equal one and then one that has lost a field', async () => {
    const run = await LaneRun.begin(world, 'reloaded');
    const [token = ''] = run.tokens.values();
    // Often enough that the lane knows it.
    for (let index = 0; index < someAnswers; index += 1) {
      expect(await world.ask(token, asksProgress)).toEqual({ status: 200, code: 'OK' });
    }

    await replace((text) => text.replace(/type PlayheadConnection\b/, '"""second"""\n$&'));
    await until(() => describes('second'), { what: 'the second graph is served' });
    await run.isBack();

    await replace((text) =>
      text.replace(/"""[^"]*"""\s*progress: Float\n/, '').replace('"second"', '"third"'),
    );
    await until(() => describes('third'), { what: 'the third graph is served' });
    expect(await world.ask(token, asksProgress)).toMatchObject({
      status: 200,
      code: 'GRAPHQL_VALIDATION_FAILED',
    });
    await run.isBack();
    await run.answers('beats', someAnswers);
    expect(await world.ask(token, asksProgress)).toMatchObject({
      code: 'GRAPHQL_VALIDATION_FAILED',
    });
    expect(await run.verdict()).toEqual([]);
  });

  it('a token ends while it is known, and a socket with it', async () => {
    const run = await LaneRun.begin(world, 'expired');
    const endMs = run.history.nowMs() + tokenLifeMs;
    const token = await world.token('expired-eve', { leftMs: tokenLifeMs });
    const read = { query: operations.read, variables: { titles: ['shared'] } };
    expect(await world.ask(token, read)).toEqual({ status: 200, code: 'OK' });
    expect(await world.askBySocket(token, read)).toEqual('OK');

    const isOver = async () => (await world.ask(token, read)).status === 401;
    await until(isOver, { what: 'the token is refused' });
    // By seconds, as tokens have them.
    expect(run.history.nowMs()).toBeGreaterThan(endMs - 1_000);
    await until(() => run.history.nowMs() > endMs + toleranceMs, {
      what: 'it is over for anybody',
    });
    for (let index = 0; index < someAnswers; index += 1) {
      expect(await world.ask(token, read)).toEqual({ status: 401, code: 'UNAUTHENTICATED' });
    }
    expect(await world.askBySocket(token, read)).toEqual('UNAUTHENTICATED');
    await run.answers('beats', someAnswers);
    expect(await run.verdict()).toEqual([]);
  });

  it('playback is deployed', async () => {
    const run = await LaneRun.begin(world, 'deployed');
    await run.retire('before');
    const before = world.playback;
    world.takeOver(await world.startPlayback());
    await run.answers('beats', someAnswers);
    await before.terminate();
    await run.isBack();
    await run.retire('during');
    await run.answers('beats', someAnswers);
    expect(await run.verdict()).toEqual([]);
  });

  it('the key of statements is replaced, one process after the other', async () => {
    const run = await LaneRun.begin(world, 'replaced');
    const [before, next] = [key('identity'), key('next identity')];
    const both = { IDENTITY_KEY: next, IDENTITY_KEY_PREVIOUS: before };
    const deploy = async (env: Record<string, string>) => {
      const old = world.playback;
      world.takeOver(await world.startPlayback({ env }));
      await old.terminate();
      await run.isBack();
    };
    await deploy(both);
    await run.restartGateway(both);
    await deploy({ IDENTITY_KEY: next });
    await run.answers('beats', someAnswers);
    expect(await run.verdict()).toEqual([]);
  });
});
