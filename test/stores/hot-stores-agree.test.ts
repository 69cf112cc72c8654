import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { floorTitle } from '../../domain/playhead.ts';
import { defaultPolicy } from '../../domain/policy.ts';
import { advancePresence, mergePresence, type Presence } from '../../domain/presence.ts';
import { partitionOf, type Version, versionFloor, versionZero } from '../../domain/version.ts';
import type { AcceptedChange } from '../../stores/accepted-stream.ts';
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
import { changesOf, ownRegion, takeIn } from '../contract/other-region.ts';
import { type RedisSubject, redisSubject } from '../contract/redis-subject.ts';
import { beatOf, msAt, phone, transitionAt, tv, versionAt } from '../contract/writes.ts';
import {
  collidingVersions,
  denseTimesMs,
  events,
  statesOf,
  versionsAt,
} from '../support/arbitraries.ts';
import { hasRedisServer } from '../support/redis-server.ts';

const titles = fc.constantFrom('sintel', 'spring', floorTitle);
const timesMs = fc.nat({ max: 900 }).map(msAt);
const devices = fc.constantFrom(tv, phone, { ...tv, name: null });

/** Each described once. */
const named = fc.uniqueArray(devices, { selector: ({ id }) => id, maxLength: 2 });

const report = fc.record({
  sessionId: fc.constantFrom('on-tv', 'on-phone'),
  title: fc.constantFrom('sintel', 'spring'),
  device: fc.constantFrom(tv, phone),
  event: events,
  positionMs: fc.nat({ max: 9_000 }),
  startedAtMs: fc.constant(msAt(0)),
  receivedAtMs: timesMs,
  sequence: fc.nat({ max: 9 }),
  actedAt: fc.option(fc.nat({ max: 900 }).map((second) => versionAt(second))),
});

const takeOvers = fc.record({
  sessionId: fc.constantFrom('on-tv', 'on-phone', 'in-bedroom'),
  device: devices,
  at: fc.nat({ max: 900 }).map((second) => versionAt(second, phone)),
});

/** A report of a session that goes on: nearly always the next one, now and then late, repeated or of another kind. */
const beat = fc.record({
  kind: fc.constant('beat'),
  passMs: fc.oneof(fc.constant(5_000), fc.nat({ max: 20_000 }), fc.constantFrom(0, 1, 20)),
  lateMs: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat({ max: 15_000 })),
  aheadMs: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat({ max: 3_000 })),
  session: fc.oneof(
    { weight: 6, arbitrary: fc.constant({ sessionId: 'on-tv', device: tv }) },
    fc.constantFrom(
      { sessionId: 'on-phone', device: phone },
      { sessionId: 'again-on-tv', device: tv },
      { sessionId: 'on-tv', device: { ...tv, name: 'Bedroom' } },
      { sessionId: 'in-bedroom', device: { ...tv, name: 'Bedroom' } },
    ),
  ),
  title: fc.oneof({ weight: 5, arbitrary: fc.constant('sintel') }, fc.constant('spring')),
  event: fc.oneof({ weight: 6, arbitrary: fc.constant('HEARTBEAT' as const) }, events),
  status: fc.oneof(
    { weight: 9, arbitrary: fc.constant('IN_PROGRESS' as const) },
    fc.constant('FINISHED' as const),
  ),
  acts: fc.oneof(
    { weight: 6, arbitrary: fc.constant('BEGAN' as const) },
    fc.constantFrom('NEVER' as const, 'NOW' as const),
  ),
});

/** What another region may know of the sessions; those that play on are known to it as to this one. */
const sessions = fc.array(
  fc.record({ session: report, takenOver: fc.option(takeOvers) }).map(({ session, takenOver }) => ({
    ...advancePresence(null, session, defaultPolicy),
    takenOver,
  })),
  { maxLength: 2 },
);

/** Anything that may happen to a profile, with versions of these. */
function stepsOf(versions: fc.Arbitrary<Version>) {
  const states = statesOf(versions);
  const seen = fc.oneof(versions, fc.constant(versionZero));
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
  return fc.oneof(
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
    fc.record({
      kind: fc.constant('take over'),
      from: fc.constantFrom('on-tv', 'on-phone'),
      sessionId: fc.constantFrom('on-tv', 'on-phone', 'in-bedroom'),
      device: devices,
      at: versions,
    }),
    fc.record({ kind: fc.constant('replay'), nowMs: timesMs }),
    fc.record({ kind: fc.constant('erase'), nowMs: timesMs, fence: timesMs.map(versionFloor) }),
    fc.record({
      kind: fc.constant('take in'),
      changes: fc.array(fc.record({ writes, devices: named, sessions }), {
        minLength: 1,
        maxLength: 2,
      }),
    }),
  );
}

const anything = stepsOf(fc.oneof(versionsAt(denseTimesMs), collidingVersions));

/** A household that watches, while now and then anything happens, about as new as what is watched. */
const watching = fc.oneof(
  { weight: 4, arbitrary: beat },
  stepsOf(
    fc.oneof(
      versionsAt(fc.nat({ max: 100 }).map(msAt)),
      fc.nat({ max: 100 }).map((second) => versionAt(second)),
    ),
  ),
);

type Step = typeof watching extends fc.Arbitrary<infer Each> ? Each : never;

/** Hundreds of histories, each step a dozen round trips: a machine that stands still takes minutes for one case. */
jest.setTimeout(420_000);

const isThere = await hasRedisServer();

(isThere ? describe : describe.skip)('the hot store in process and the one in Redis', () => {
  let redis: RedisSubject;
  beforeAll(async () => {
    redis = (await redisSubject())!;
  });
  afterAll(() => redis?.close());

  it('answer and hold the same after any history', async () => {
    await agreeOn(fc.array(anything, { minLength: 1, maxLength: 12 }));
  });

  it('answer and hold the same of sessions that go on', async () => {
    await agreeOn(fc.array(watching, { minLength: 1, maxLength: 25 }), { examples: onceFailed });
  });

  async function agreeOn(
    histories: fc.Arbitrary<Step[]>,
    kept: { examples: [Step[]][] } = { examples: [] },
  ): Promise<void> {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const both = [await openEmbeddedHot(ownRegion), await redis.openHot(ownRegion)] as const;
        try {
          let clockMs = msAt(0);
          for (const [index, each] of history.entries()) {
            if (each.kind === 'beat') clockMs += each.passMs;
            const [inProcess, inRedis] = await Promise.all(
              both.map(async (opened) => ({
                answer: await take(opened.hot, each, clockMs),
                held: await heldBy(opened, {
                  nowMs: 'nowMs' in each ? each.nowMs : msAt(0),
                  elsewhere: takenIn(history.slice(0, index + 1)),
                }),
              })),
            );
            expect(inRedis).toEqual(inProcess);
          }
        } finally {
          for (const { close } of both) await close();
        }
      }),
      { numRuns: 300, ...kept },
    );
  }
});

/** A television in the living room, for a moment called the bedroom's under a number that was taken. */
const renamedByALateReport: Step[] = [
  { passMs: 0, name: 'Living room', status: 'IN_PROGRESS' as const },
  { passMs: 1, name: 'Bedroom', status: 'IN_PROGRESS' as const },
  { passMs: 49, name: 'Living room', status: 'IN_PROGRESS' as const },
  { passMs: 0, name: 'Living room', status: 'FINISHED' as const },
].map(({ passMs, name, status }) => ({
  ...{ kind: 'beat', passMs, lateMs: 0, aheadMs: 0, title: 'sintel', event: 'HEARTBEAT', status },
  session: { sessionId: 'on-tv', device: { id: 'tv', kind: 'TV', name } },
  acts: 'BEGAN' as const,
}));

const onTv = { sessionId: 'on-tv' as const, device: tv };
const beatOnTv: Extract<Step, { kind: 'beat' }> = {
  kind: 'beat',
  passMs: 5_000,
  lateMs: 0,
  aheadMs: 0,
  session: onTv,
  title: 'sintel',
  event: 'HEARTBEAT',
  status: 'IN_PROGRESS',
  acts: 'BEGAN',
};

/** A session that went from one title to another is taken over, and reports the first one again. */
const takenOverFromAnotherTitle: Step[] = [
  { ...beatOnTv, passMs: 0 },
  { ...beatOnTv, title: 'spring', acts: 'NEVER' },
  { kind: 'take over', from: 'on-tv', ...onTv, at: '1772366401000971f0350c80' as Version },
  beatOnTv,
  { ...beatOnTv, event: 'PING', session: { sessionId: 'on-phone', device: phone } },
  { ...beatOnTv, passMs: 0 },
];

/** Another region knows of a newer act in a session that plays on here. */
const actedInAnotherRegion: Step[] = [
  { ...beatOnTv, passMs: 0 },
  {
    kind: 'take in',
    changes: [
      {
        ...{ writes: [], devices: [] },
        sessions: [
          {
            ...{ ...onTv, title: 'sintel', playerState: 'PLAYING', positionMs: 0, sequence: 0 },
            ...{ startedAtMs: msAt(0), lastHeartbeatAtMs: msAt(0), intervalMs: 5_000 },
            ...{ pausedSinceMs: null, actedAt: versionAt(1), takenOver: null },
          },
        ],
      },
    ],
  },
  { ...beatOnTv, passMs: 50 },
];

/** Histories that the stores once disagreed on. */
const onceFailed: [Step[]][] = [
  [renamedByALateReport],
  [takenOverFromAnotherTitle],
  [actedInAnotherRegion],
];

/** What another region told of sessions. */
function takenIn(history: readonly Step[]): Presence[] {
  return history.flatMap((each) =>
    each.kind === 'take in' ? each.changes.flatMap(({ sessions }) => sessions) : [],
  );
}

async function take(hot: HotStore, each: Step, clockMs: number): Promise<unknown> {
  switch (each.kind) {
    case 'beat':
      return hot.merge(requestOf(each, clockMs));
    case 'merge':
      return merge(hot, each as Partial<MergeRequest>);
    case 'hydrate':
      return (await hydrate(hot, each)).sort();
    case 'take over': {
      const { from, sessionId, device, at } = each;
      return hot.takeOver({ profileId: 'demo', from, by: { sessionId, device, at } });
    }
    case 'settle':
      return settleAll(hot, (await dirtyTitles(hot)).slice(0, each.length), each.nowMs);
    case 'quarantine':
      return hot.quarantine({
        partition: partitionOf('demo', hot.partitions),
        profileId: 'demo',
        title: each.title,
      });
    case 'erase':
      return hot.erase({ profileId: 'demo', fence: each.fence, nowMs: each.nowMs });
    case 'take in':
      return takeIn(hot, ...each.changes);
    case 'replay':
      return hot.replay({ partition: partitionOf('demo', hot.partitions), nowMs: each.nowMs });
  }
}

function requestOf(each: Extract<Step, { kind: 'beat' }>, clockMs: number): MergeRequest {
  const { title, event, status, acts } = each;
  const atMs = clockMs - each.lateMs;
  // Reports of one moment share a sequence now and then.
  const sequence = Math.floor((atMs - msAt(-100)) / 50);
  const nowMs = clockMs - each.aheadMs;
  return beatOf({ ...each.session, title, event, status, acts, atMs, nowMs, sequence });
}

/** All that can be told of a store from outside, but for its identity. */
async function heldBy(
  opened: HotStoreUnderTest,
  at: { nowMs: number; elsewhere: readonly Presence[] },
): Promise<unknown> {
  const { hot } = opened;
  const { nowMs, elsewhere } = at;
  const { witness, sessions, ...profile } = await read(hot, { nowMs });
  return {
    ...profile,
    lengthMs: witness.lengthMs,
    sessions: sessions.sort((left, right) => (left.sessionId < right.sessionId ? -1 : 1)),
    dirty: await dirtyTitles(hot),
    backlog: await hot.backlog(partitionOf('demo', hot.partitions)),
    transitions: await appended(opened),
    accepted: asTaken(await changesOf(opened), elsewhere),
  };
}

/**
 * What one change says has no order of its own. What a session's entry leaves out, its viewer's act or who
 * took it over, an earlier one said, or another region's, and whoever reads them all folds them.
 */
function asTaken(changes: readonly AcceptedChange[], elsewhere: readonly Presence[]) {
  const known = new Map<string, Presence>();
  const folded = (session: Presence) => {
    const told = mergePresence(known.get(session.sessionId) ?? session, session);
    known.set(session.sessionId, told);
    const others = elsewhere.filter(({ sessionId }) => sessionId === session.sessionId);
    const { actedAt, takenOver } = others.reduce(mergePresence, told);
    return { ...told, actedAt, takenOver };
  };
  return changes.map(({ writes, devices, sessions, ...change }) => ({
    ...change,
    writes: new Map(writes.map((write) => [write.title, write])),
    devices: new Map(devices.map((device) => [device.id, device])),
    sessions: new Map(sessions.map((session) => [session.sessionId, folded(session)])),
  }));
}

/** Titles dirty since the same time have no order of their own. */
async function dirtyTitles(hot: HotStore) {
  const dirty = await dirtyOf(hot);
  return dirty.sort((left, right) => (left.title < right.title ? -1 : 1));
}
