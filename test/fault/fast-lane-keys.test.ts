import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hasRedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';
import { LaneRun } from './lane-run.ts';
import { LaneWorld } from './lane-world.ts';
import { operations } from './load-client.ts';

/** Answers while a key is good, and after it is not. */
const someAnswers = 20;

const read = { query: operations.read, variables: { titles: ['shared'] } };

// What breaks: a key of the token issuer is known to a thief; the issuer removes it, and has a new one.
// How: its set is another, where it is served, or in a file that is replaced; a token of that key was verified
// before, by HTTP and on a socket that stays open, and is good for hours.
// What must hold: both ways it is worth nothing once the keys are looked at again, though the lane knew it;
// tokens of the new key are good, and nobody else notices anything.
((await hasRedisServer()) ? describe : describe.skip).each(['url', 'file'] as const)(
  'the fast lane, when keys of the token issuer are replaced, by %s',
  (keysIn) => {
    let world: LaneWorld;
    beforeAll(async () => {
      world = await LaneWorld.open({ keysIn });
    });
    afterAll(() => world?.close());

    const untilCode = (token: string, code: string) =>
      until(async () => (await world.ask(token, read)).code === code, {
        what: `a token is ${code}`,
      });

    it('lets nobody in by a key that is gone, and everybody by the one in its place', async () => {
      await world.issuer.add('stolen');
      await world.publishKeys();
      const run = await LaneRun.begin(world, 'removed');
      const token = await world.token('removed-eve', { kid: 'stolen' });
      await untilCode(token, 'OK');
      const before = await world.forwarded();
      for (let index = 0; index < someAnswers; index += 1) {
        expect(await world.ask(token, read)).toEqual({ status: 200, code: 'OK' });
        expect(await world.askBySocket(token, read)).toBe('OK');
      }
      const { http, socket } = await world.forwarded();
      expect(http - before.http).toBeGreaterThanOrEqual(someAnswers);
      expect(socket - before.socket).toBeGreaterThanOrEqual(someAnswers);

      world.issuer.remove('stolen');
      await world.issuer.add('next');
      await world.publishKeys();
      await untilCode(token, 'UNAUTHENTICATED');
      for (let index = 0; index < someAnswers; index += 1) {
        expect(await world.ask(token, read)).toEqual({ status: 401, code: 'UNAUTHENTICATED' });
        expect(await world.askBySocket(token, read)).toBe('UNAUTHENTICATED');
      }
      expect(world.sockets.openings.get(token)).toBe(1);
      const next = await world.token('removed-ned', { kid: 'next' });
      await untilCode(next, 'OK');
      expect(await world.askBySocket(next, read)).toBe('OK');
      await run.isBack();
      expect(await run.verdict()).toEqual([]);
    });
  },
);
