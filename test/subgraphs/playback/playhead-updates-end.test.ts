import { beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'graphql';
import { createLog } from '../../../runtime/log.ts';
import { subscribeToSubgraph } from '../../../runtime/subscribe.ts';
import { minuteMs, secondMs, sharePlayback, type TestDevice } from '../../support/playback.ts';
import { follow } from './follow.ts';

const playback = sharePlayback();
let tv: TestDevice;

beforeEach(async () => {
  tv = playback.device({ id: 'tv', kind: 'TV' });
});

/** A moment that lasts until the test lets it go on. */
function held(): { reached: Promise<void>; wait: () => Promise<void>; release: () => void } {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  return {
    reached: reached.promise,
    release: released.resolve,
    wait: () => {
      reached.resolve();
      return released.promise;
    },
  };
}

describe('leaving', () => {
  it('settles at once while nothing happens, and so does who was waiting', async () => {
    await tv.play(minuteMs);
    const follower = await follow(playback);
    await follower.next();
    expect(await follower.isQuiet()).toBe(true);
    expect(playback.listeners).toBe(1);
    await follower.leave();
    expect(await follower.hasEnded()).toBe(true);
    expect(playback.listeners).toBe(0);
  });

  it('takes back every timer', async () => {
    await tv.play(minuteMs);
    const pending = playback.clock.pending;
    const follower = await follow(playback);
    await follower.next();
    expect(playback.clock.pending).toBe(pending + 1);
    await follower.leave();
    expect(playback.clock.pending).toBe(pending);
  });

  it.each([
    ['snapshot', 'read'],
    ['place among the listeners', 'onChanged'],
  ])(
    'settles at once while waiting for the %s, and leaves nothing behind',
    async (_what, method) => {
      await tv.play(minuteMs);
      const pending = playback.clock.pending;
      const follower = await follow(playback);
      const moment = held();
      playback.hot.interrupt('after', method, moment.wait);
      follower.ask();
      await moment.reached;
      await follower.leave();
      moment.release();
      expect(await follower.hasEnded()).toBe(true);
      expect(playback.clock.pending).toBe(pending);
      expect(playback.listeners).toBe(0);
    },
  );

  it('settles at once while a change is being read, and leaves nothing behind', async () => {
    await tv.play(minuteMs);
    const pending = playback.clock.pending;
    const follower = await follow(playback);
    await follower.next();
    await tv.report('HEARTBEAT', minuteMs);
    const moment = held();
    playback.hot.interrupt('after', 'read', moment.wait);
    follower.ask();
    await moment.reached;
    await follower.leave();
    moment.release();
    expect(await follower.hasEnded()).toBe(true);
    expect(playback.clock.pending).toBe(pending);
    expect(playback.listeners).toBe(0);
  });

  it('twice deafens nobody who came in between', async () => {
    await tv.play(minuteMs);
    const first = await follow(playback);
    await first.next();
    await first.leave();
    const second = await follow(playback);
    await second.next();
    await first.leave();
    await tv.report('HEARTBEAT', 2 * minuteMs);
    expect((await second.next()).playheads).toMatchObject([{ positionMs: 2 * minuteMs }]);
    await second.leave();
  });

  it('before anything was asked for opens nothing', async () => {
    const follower = await follow(playback);
    await follower.leave();
    expect(await follower.hasEnded()).toBe(true);
    expect(playback.listeners).toBe(0);
  });

  it('of a hundred subscribers leaves as many as came: none', async () => {
    await tv.play(minuteMs);
    const pending = playback.clock.pending;
    const followers = await Promise.all(Array.from({ length: 100 }, () => follow(playback)));
    for (const follower of followers) {
      await follower.next();
      follower.ask();
    }
    expect(playback.listeners).toBe(100);
    await tv.report('HEARTBEAT', minuteMs);
    await Promise.all(followers.map((follower) => follower.leave()));
    expect(playback.listeners).toBe(0);
    expect(playback.clock.pending).toBe(pending);
  });
});

describe('a subscription whose title nobody can read', () => {
  const query = 'subscription { playheadUpdates(playableId: "film") { playheads { positionMs } } }';
  const log = createLog({ level: 'silent', part: 'test' });

  it('says STATE_UNAVAILABLE once instead of showing a zero, and ends', async () => {
    // Breaks: hot memory and durable store at once. Holds: an error, no playhead, no listener.
    await tv.begin();
    await playback.kill();
    playback.durable.isDown = true;
    const headers = { authorization: await playback.authorization() };
    const answers = await subscribeToSubgraph(
      playback.subgraph,
      { document: parse(query), headers },
      log,
    );
    if (!(Symbol.asyncIterator in answers)) throw new Error(JSON.stringify(answers));
    expect(await answers.next()).toMatchObject({
      value: { errors: [{ extensions: { code: 'STATE_UNAVAILABLE', retryable: true } }] },
    });
    expect(await answers.next()).toEqual({ done: true, value: undefined });
    expect(playback.listeners).toBe(0);
  });

  it.each([
    ['without an access token', false, 'UNAUTHENTICATED', 'film'],
    ['with an id that is none', true, 'BAD_USER_INPUT', 'a|b'],
  ])('is refused %s', async (_what, isSignedIn, ...[code, playableId]) => {
    const authorization = isSignedIn ? await playback.authorization() : undefined;
    const document = parse(query.replace('film', playableId ?? ''));
    const headers = { authorization };
    const refusal = await subscribeToSubgraph(playback.subgraph, { document, headers }, log);
    expect(refusal).toMatchObject({ errors: [{ extensions: { code } }] });
  });
});

describe('the context of a subscription', () => {
  it('serves fresh values for as long as it lives', async () => {
    await tv.play(minuteMs);
    const follower = await follow(playback, {
      query: `subscription { playheadUpdates { kind playheads {
        positionMs playable { playhead { positionMs version } } } } }`,
    });
    await follower.next();
    for (let step = 2; step <= 4; step += 1) {
      await playback.clock.advance(secondMs);
      const { playhead } = await tv.report('HEARTBEAT', step * minuteMs);
      expect((await follower.next()).playheads).toEqual([
        {
          positionMs: step * minuteMs,
          playable: { playhead: { positionMs: step * minuteMs, version: playhead?.version } },
        },
      ]);
    }
    await follower.leave();
  });
});
