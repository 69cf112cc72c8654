import { afterAll, describe, it } from '@jest/globals';
import { describeEventStream } from './event-stream.ts';
import { describeHotStore } from './hot-store.ts';
import { describeLeases } from './leases.ts';
import { partitions, redisSubject } from './redis-subject.ts';
import { describeViewingStore } from './viewing-store.ts';

const redis = await redisSubject();

if (redis === null) {
  describe('the Redis stores', () => it.skip('need redis-server', () => {}));
} else {
  afterAll(() => redis.close());
  describeHotStore('redis', () => redis.openHot(), 300);
  describeEventStream('redis', () => redis.openEvents());
  describeLeases('redis', () => redis.openLeases());
  describeViewingStore('redis', { open: () => redis.openViewings(), partitions, runs: 60 });
}
