import { afterAll, describe, it, jest } from '@jest/globals';
import { describeEventStream } from './event-stream.ts';
import { describeHotStore } from './hot-store.ts';
import { describeLeases } from './leases.ts';
import { describeRateLimiter } from './rate-limiter.ts';
import { partitions, redisClusterSubject } from './redis-subject.ts';
import { describeViewingStore } from './viewing-store.ts';

/** Hundreds of histories, each step a round trip or three: a machine that stands still takes minutes for one case. */
jest.setTimeout(420_000);

const redis = await redisClusterSubject();

if (redis === null) {
  describe('the Redis stores on a Cluster', () => it.skip('need redis-server', () => {}));
} else {
  afterAll(() => redis.close());
  describeHotStore('redis cluster', (region) => redis.openHot(region), 40);
  describeEventStream('redis cluster', () => redis.openEvents());
  describeLeases('redis cluster', () => redis.openLeases());
  describeRateLimiter('redis cluster', () => redis.openRates());
  describeViewingStore('redis cluster', { open: () => redis.openViewings(), partitions, runs: 25 });
}
