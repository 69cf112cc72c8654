import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith, sharedCassandra } from '../support/cassandra.ts';
import type { FaultProxy } from '../support/fault-proxy.ts';
import { promise } from '../support/promise.ts';
import { hasRedisServer } from '../support/redis-server.ts';
import { Run } from './run.ts';
import { World } from './world.ts';

/** As in a world where Redis is near: the slowest link below is slower. */
const commandTimeoutMs = 400;
/** Each way: an answer comes 600 ms after its question, when nobody waits for it any more. */
const delayMs = 300;

// What breaks: the network between every playback process and a Redis that is well.
// How: a proxy cuts the links, swallows or holds what passes, delays it, loses the answers, half closes.
// What must hold: nothing acknowledged is lost, what arrives late or twice does no harm, no answer is an
// error, and all is hot again soon after the repair.
describeWith(
  (await hasRedisServer()) ? await sharedCassandra() : null,
  'when the network to Redis fails under load',
  (cassandra) => {
    let world: World;
    beforeAll(async () => {
      const env = { REDIS_COMMAND_TIMEOUT_MS: String(commandTimeoutMs) };
      world = await World.open({ cassandra, env, proxied: ['redis'] });
    });
    afterAll(() => world.close());

    const proxies = () => world.members.map(({ redisProxy }) => redisProxy!);
    const heal = async () => {
      for (const proxy of proxies()) await proxy.heal();
    };
    const faults: [
      name: string,
      what: string,
      begin: (proxy: FaultProxy) => void | Promise<void>,
    ][] = [
      ['cut', 'cut: connections are reset, new ones refused', (proxy) => proxy.cut()],
      ['hole', 'a black hole: what is sent vanishes', (proxy) => proxy.drop()],
      ['late', 'a black hole that heals: what was sent arrives late', (proxy) => proxy.hold()],
      ['slow', 'slower than anybody waits', (proxy) => proxy.delay(delayMs)],
      ['mute', 'without answers: Redis does what nobody learns of', (proxy) => proxy.loseAnswers()],
      ['ended', 'half closed: Redis goes on in good faith', (proxy) => proxy.halfClose('answers')],
      [
        'deaf',
        'half closed: the processes go on in good faith',
        (proxy) => proxy.halfClose('requests'),
      ],
    ];

    it.each(faults)('%s: it is %s', async (name, _what, begin) => {
      const run = await Run.begin(world, name);
      const { backMs } = await run.fault({
        troubles: ['hot', 'apart'],
        answers: 40,
        async begin() {
          for (const proxy of proxies()) await begin(proxy);
        },
        end: heal,
      });
      expect(await run.verdict()).toEqual([]);
      promise(`network to Redis ${name}, all hot again after`, backMs, 2_000);
    });
  },
);
