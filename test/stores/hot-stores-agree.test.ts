import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { floorTitle } from '../../domain/playhead.ts';
import { partitionOf, versionZero } from '../../domain/version.ts';
import type { HotStore, MergeRequest } from '../../stores/hot-store.ts';
import { openEmbeddedHot } from '../contract/embedded-hot.ts';
import {
  appended,
  dirtyOf,
  type HotStoreUnderTest,
  hydrate,
  merge,
  read,
  settleAll,
} from '../contract/hot-subject.ts';
import { type RedisSubject, redisSubject } from '../contract/redis-subject.ts';
import { msAt, phone, transitionAt, tv } from '../contract/writes.ts';
import {
  collidingVersions,
  denseTimesMs,
  events,
  statesOf,
  versionsAt,
} from '../support/arbitraries.ts';
import { hasRedisServer } from '../support/redis-server.ts';

const versions = fc.oneof(versionsAt(denseTimesMs), collidingVersions);
const titles = fc.constantFrom('sintel', 'spring', floorTitle);
const states = statesOf(versions);
const timesMs = fc.nat({ max: 900 }).map(msAt);
const devices = fc.constantFrom(tv, phone, { ...tv, name: null });

const writes = fc.array(
  fc.tuple(titles, states).map(([title, state]) => ({ title, ...state })),
  { maxLength: 3 },
);

const offers = fc.array(
  fc.record({
    transition: fc
      .record({
        title: titles,
        version: versions,
        status: fc.constantFrom('NOT_STARTED', 'IN_PROGRESS', 'FINISHED'),
      })
      .map((changed) => transitionAt(1, changed)),
    onlyIfBefore: versions,
  }),
  { maxLength: 3 },
);

const report = fc.record({
  sessionId: fc.constantFrom('on-tv', 'on-phone'),
  title: fc.constantFrom('sintel', 'spring'),
  device: fc.constantFrom(tv, phone),
  event: events,
  positionMs: fc.nat({ max: 9_000 }),
  startedAtMs: fc.constant(msAt(0)),
  receivedAtMs: timesMs,
  sequence: fc.nat({ max: 9 }),
  hasActed: fc.boolean(),
});

const seen = fc.oneof(versions, fc.constant(versionZero));

const step = fc.oneof(
  fc.record({
    kind: fc.constant('merge'),
    nowMs: timesMs,
    writes,
    device: fc.option(devices),
    presence: fc.option(report),
    transitions: offers,
    onlyIf: fc.option(fc.record({ title: titles, version: seen, floorVersion: seen })),
  }),
  fc.record({
    kind: fc.constant('hydrate'),
    nowMs: timesMs,
    titles: fc.dictionary(titles, states, { noNullPrototype: true }),
    devices: fc.array(devices, { maxLength: 2 }),
    markMs: fc.constantFrom(0, 60_000, 600_000),
  }),
  fc.record({ kind: fc.constant('settle'), nowMs: timesMs, length: fc.nat({ max: 3 }) }),
  fc.record({ kind: fc.constant('quarantine'), title: titles }),
);

type Step = typeof step extends fc.Arbitrary<infer Each> ? Each : never;

const isThere = await hasRedisServer();

(isThere ? describe : describe.skip)('the hot store in process and the one in Redis', () => {
  let redis: RedisSubject;
  beforeAll(async () => {
    redis = (await redisSubject())!;
  });
  afterAll(() => redis?.close());

  it('answer and hold the same after any history', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (history) => {
        const both = [await openEmbeddedHot(), await redis.openHot()] as const;
        try {
          for (const each of history) {
            const [inProcess, inRedis] = await Promise.all(
              both.map(async (opened) => ({
                answer: await take(opened.hot, each),
                held: await heldBy(opened, 'nowMs' in each ? each.nowMs : msAt(0)),
              })),
            );
            expect(inRedis).toEqual(inProcess);
          }
        } finally {
          for (const { close } of both) await close();
        }
      }),
      { numRuns: 300 },
    );
  });
});

async function take(hot: HotStore, each: Step): Promise<unknown> {
  switch (each.kind) {
    case 'merge':
      return merge(hot, each as Partial<MergeRequest>);
    case 'hydrate':
      return (await hydrate(hot, each)).sort();
    case 'settle':
      return settleAll(hot, (await dirtyTitles(hot)).slice(0, each.length), each.nowMs);
    case 'quarantine':
      return hot.quarantine({
        partition: partitionOf('demo', hot.partitions),
        profileId: 'demo',
        title: each.title,
      });
  }
}

/** All that can be told of a store from outside, but for its identity. */
async function heldBy(opened: HotStoreUnderTest, nowMs: number): Promise<unknown> {
  const { hot } = opened;
  const { witness, sessions, ...profile } = await read(hot, { nowMs });
  return {
    ...profile,
    lengthMs: witness.lengthMs,
    sessions: sessions.sort((left, right) => (left.sessionId < right.sessionId ? -1 : 1)),
    dirty: await dirtyTitles(hot),
    backlog: await hot.backlog(partitionOf('demo', hot.partitions)),
    transitions: await appended(opened),
  };
}

/** Titles dirty since the same time have no order of their own. */
async function dirtyTitles(hot: HotStore) {
  const dirty = await dirtyOf(hot);
  return dirty.sort((left, right) => (left.title < right.title ? -1 : 1));
}
