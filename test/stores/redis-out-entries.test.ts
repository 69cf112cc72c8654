import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { packPlayhead } from '../../domain/codec.ts';
import { floorTitle } from '../../domain/playhead.ts';
import { defaultPolicy } from '../../domain/policy.ts';
import { partitionOf, versionFloor } from '../../domain/version.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { AcceptedEntry, AcceptedStream } from '../../stores/accepted-stream.ts';
import type { HotProfile, HotStore, MergeRequest } from '../../stores/hot-store.ts';
import { openRedisAcceptedStream } from '../../stores/redis/accepted-stream.ts';
import { openRedisHotStore } from '../../stores/redis/hot.ts';
import { merge, put, read } from '../contract/hot-subject.ts';
import { beatOf, forgottenAt, msAt, phone, playheadAt, tv } from '../contract/writes.ts';
import { denseTimesMs, events, statesOf, versionsAt } from '../support/arbitraries.ts';
import { hasRedisServer, type RedisServer, startRedis } from '../support/redis-server.ts';
import '../support/seeds.ts';

const partitions = 4;
const home = partitionOf('demo', partitions);
const outKey = `ph:{${home}}:out`;
const greeting = 'here|1|4';
const position = packPlayhead(playheadAt(1));
const isThere = await hasRedisServer();

(isThere ? describe : describe.skip)("an entry of another region's stream in Redis", () => {
  let server: RedisServer;
  let redis: Redis;
  let here: HotStore;
  let accepted: AcceptedStream;

  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
    const options = optionsOf(server.url);
    here = await openRedisHotStore({ ...options, region: { name: 'here', outLengthMax: 10_000 } });
    accepted = await openRedisAcceptedStream({ ...options, region: 'here' });
  });
  beforeEach(async () => {
    await redis.flushall();
  });
  afterAll(async () => {
    await here?.close();
    await accepted?.close();
    redis?.disconnect();
    await server?.close();
  });

  async function readAll(): Promise<AcceptedEntry[]> {
    const { entries } = await accepted.read({ partition: home, from: null, limit: 10_000 });
    return entries;
  }

  /** How each of these entries is taken. */
  async function takenAs(entries: readonly (readonly string[])[]): Promise<string[]> {
    await redis.del(outKey);
    await Promise.all(entries.map((fields) => redis.xadd(outKey, '*', ...fields)));
    return (await readAll()).map((entry) => ('refusal' in entry ? entry.refusal : 'change'));
  }

  /** Entry by entry, as if each were all that there is. */
  async function takeAllIn(there: HotStore): Promise<void> {
    const pointAt = (nth: number) => ({ offset: String(nth), isSeen: true });
    for (const [nth, entry] of (await readAll()).entries()) {
      if ('refusal' in entry) throw new Error(`An entry of ours is refused: ${entry.refusal}.`);
      const at = { after: nth === 0 ? null : pointAt(nth - 1), upTo: pointAt(nth), nowMs: msAt(0) };
      const changes = [entry.change];
      await there.takeIn({ partition: home, region: 'here', changes, ...at });
    }
  }

  const bodyOf = (body: unknown) => ['g', greeting, 'p', 'demo', 'b', JSON.stringify(body)];

  it('of another region, format or number of partitions is refused, and says why', async () => {
    const [, , ...rest] = bodyOf({ w: ['t:sintel', position] });
    const greeted = (text: string) => ['g', text, ...rest];
    expect(
      await takenAs([
        ...[greeted('here|1|4'), greeted('there|1|4'), greeted('here|2|4'), greeted('here|1|8')],
        ...[greeted('there|2|8'), greeted('here|2|8'), ['g', 'here|2|4', 'later', 'fields']],
        ...[greeted(''), greeted('here|1'), greeted('here|1|4|x'), greeted('HERE|1|4')],
        ...[['greeting', 'here|1|4', ...rest], rest, ['x', 'y']],
      ]),
    ).toEqual([
      ...['change', 'region', 'format', 'partitions'],
      ...['region', 'format', 'format'],
      ...['garbage', 'garbage', 'garbage', 'region'],
      ...['garbage', 'garbage', 'garbage'],
    ]);
  });

  it('of a profile of another partition, or of none, is garbage', async () => {
    const stranger = ['a', 'b', 'c', 'd', 'e', 'f'].find((id) => partitionOf(id, 4) !== home);
    const body = JSON.stringify({ w: ['t:sintel', position] });
    const of = (profileId = '') => ['g', greeting, 'p', profileId, 'b', body];
    const entries = [of('demo'), of(stranger), of(''), of('a b'), of('x'.repeat(65))];
    const [first, ...others] = await takenAs(entries);
    expect([first, new Set(others)]).toEqual(['change', new Set(['garbage'])]);
  });

  it('that says nothing, or what nobody writes, is garbage', async () => {
    const bodies: unknown[] = [
      ...[{}, [], 1, null, 'text', { w: [] }, { s: [] }, { d: [] }, { x: 1 }, { w: {} }],
      ...[{ w: ['t:sintel'] }, { w: [position] }, { w: ['sintel', position] }, { w: [1, 2] }],
      ...[{ w: ['t:', position] }, { w: ['t:a.b', position] }, { w: ['x:sintel', position] }],
      ...[{ w: ['v:sintel', position] }, { w: ['t:sintel', position], x: [] }],
      ...[{ w: ['t:sintel', `${position} `] }, { w: ['t:sintel', `0${position}`] }],
      ...[{ w: ['t:sintel', position.replace('i', 'i0')] }, { w: ['t:sintel', position, 't:b'] }],
      ...[{ w: ['t:sintel', position.replace(/i.*\./, `i${'z'.repeat(20)}..`)] }],
      ...[{ w: ['t:sintel', `${position}.${'x'.repeat(300)}`] }],
      ...[{ d: ['TV|tv', ''] }, { d: [['TV|tv']] }, { d: [['tv', '']] }, { d: [['TV|a b', '']] }],
      ...[{ f: 'never' }, { f: '' }, { f: [versionFloor(1)] }, { s: ['evening'] }, { s: [[]] }],
    ];
    const taken = await takenAs(bodies.map(bodyOf));
    expect(taken).toEqual(bodies.map(() => 'garbage'));
  });

  it('that says more than a script could take in is garbage, and the most that it says is taken in', async () => {
    const titles = (count: number) => Array.from({ length: count }, (_, nth) => `title-${nth}`);
    const registers = (count: number) => titles(count).flatMap((title) => [`t:${title}`, position]);
    const devices = (count: number) => titles(count).map((id) => [`TV|${id}`, '']);
    expect(
      await takenAs([
        ...[bodyOf({ w: registers(2_001) }), bodyOf({ d: devices(1_001) })],
        bodyOf({ w: registers(2_000), d: devices(1_000) }),
      ]),
    ).toEqual(['garbage', 'garbage', 'change']);
    await redis.xtrim(outKey, 'MAXLEN', 1);
    await takeAllIn(here);
    expect((await read(here)).titles.size).toBe(2_000);
  });

  it('keeps what a later release writes into a register', async () => {
    await takenAs([bodyOf({ w: ['t:sintel', `${position}.later.fields`] })]);
    const playhead = { ...playheadAt(1), laterFields: '.later.fields' };
    expect(await readAll()).toMatchObject([{ change: { writes: [{ playhead }] } }]);
  });

  it('that is more than a minute ahead of its own time is garbage: it would win for ever', async () => {
    const [seconds, microseconds] = await redis.time();
    const nowMs = Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
    const ahead = (ms: number) => versionFloor(nowMs + ms);
    for (const [version, taken] of [
      [ahead(30_000), 'change'],
      [ahead(600_000), 'garbage'],
    ] as const) {
      expect(
        await takenAs([
          bodyOf({ w: ['t:sintel', packPlayhead({ ...playheadAt(1), version })] }),
          bodyOf({ w: ['v:sintel', `${version}h`] }),
          bodyOf({ f: version }),
        ]),
      ).toEqual([taken, taken, taken]);
    }
    await redis.del(outKey);
    const beat = (ms: number) => beatOf({ atMs: nowMs + ms, sequence: ms });
    for (const ms of [1_000, 2_000, 600_000]) await here.merge(beat(ms));
    const by = { sessionId: 'on-phone', device: phone, at: ahead(600_000) };
    await here.takeOver({ profileId: 'demo', from: 'evening', by });
    const kinds = (await readAll()).map((entry) => 'change' in entry);
    expect(kinds).toEqual([true, true, false, false]);
  });

  it('never throws and never becomes a change, whatever it holds', async () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constant('{'));
    const parts = fc.constantFrom('w', 'd', 's', 'f');
    const body = fc.oneof(
      text,
      fc.json(),
      fc.dictionary(parts, fc.jsonValue(), { minKeys: 1 }).map((all) => JSON.stringify(all)),
    );
    const fields = fc.oneof(
      fc
        .array(text, { minLength: 1, maxLength: 4 })
        .map((all) => all.flatMap((each) => [each, each])),
      body.map((each) => ['g', greeting, 'p', 'demo', 'b', each]),
      text.map((each) => ['g', greeting, 'p', `${each} `, 'b', `{"w":["t:sintel","${position}"]}`]),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fields, { minLength: 1, maxLength: 20 }), async (entries) => {
        const taken = await takenAs(entries);
        expect(taken).toHaveLength(entries.length);
        expect(taken).not.toContain('change');
      }),
      { numRuns: 100 },
    );
  });

  it('that is one of ours, cut or put together wrongly, is garbage', async () => {
    const writtenOf = async () => (await redis.xrange(outKey, '-', '+')).map(([, all]) => all);
    for (const sequence of [1, 2, 3]) await here.merge(beatOf({ atMs: msAt(sequence), sequence }));
    const by = { sessionId: 'on-phone', device: phone, at: playheadAt(9).version };
    await here.takeOver({ profileId: 'demo', from: 'evening', by });
    const written = await writtenOf();
    await here.merge(beatOf({ atMs: msAt(12), sequence: 12, acts: 'NOW', event: 'PLAY' }));
    await here.erase({ profileId: 'demo', fence: versionFloor(msAt(5)), nowMs: msAt(5) });
    written.push(...(await writtenOf()));
    // Heartbeats that came and went plainly, and what else there is: sessions, a fence, what it left.
    const begin = written.map((fields) => fields[5]?.[0]);
    expect(begin).toEqual(['{', 'P', 'P', '{', '{', '{']);
    const ours = fc.constantFrom(...written);
    const spoilt = fc.oneof(
      fc.tuple(ours, fc.nat()).map(([fields, at]) => {
        const body = fields[5] as string;
        return [...fields.slice(0, 5), body.slice(0, at % body.length)];
      }),
      fc.tuple(ours, fc.nat()).map(([fields, at]) => {
        const body = fields[5] as string;
        return [...fields.slice(0, 5), body.slice(1 + (at % body.length))];
      }),
      ours.map((fields) => [...fields, ...fields.slice(4)]),
      ours.map((fields) => fields.slice(2)),
      ours.map((fields) => fields.slice(0, 4)),
      ours.map((fields) => [...fields.slice(0, 2), ...fields.slice(4), ...fields.slice(2, 4)]),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(spoilt, { minLength: 1, maxLength: 50 }), async (entries) => {
        expect(new Set(await takenAs(entries))).toEqual(new Set(['garbage']));
      }),
      { numRuns: 30 },
    );
    expect(new Set(await takenAs(written))).toEqual(new Set(['change']));
  });

  describe('of our own', () => {
    let other: RedisServer;
    let otherRedis: Redis;
    let there: HotStore;

    beforeAll(async () => {
      other = await startRedis();
      otherRedis = new Redis(other.url);
      there = await openRedisHotStore(optionsOf(other.url));
    });
    afterAll(async () => {
      await there?.close();
      otherRedis?.disconnect();
      await other?.close();
    });

    it('says all that the request left: registers and sessions come to the same elsewhere', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 25 }), async (history) => {
          await Promise.all([redis.flushall(), otherRedis.flushall()]);
          for (const step of history) await step(here);
          await takeAllIn(there);
          const [left, taken] = [await read(here), await read(there)];
          expect(taken.titles).toEqual(left.titles);
          expect(taken.floor).toEqual(left.floor);
          expect(bySession(taken.sessions)).toEqual(bySession(left.sessions));
          const named = [...taken.titles.values()].map(
            ({ playhead }) => playhead?.deviceHash ?? '',
          );
          const idsOf = ({ devices }: HotProfile) => named.map((hash) => devices.get(hash)?.id);
          expect(idsOf(taken)).toEqual(idsOf(left));
        }),
        { numRuns: 60 },
      );
    });
  });
});

type Step = (hot: HotStore) => Promise<unknown>;

const titles = fc.constantFrom('sintel', 'spring');

/** Reports of a few sessions, late and repeated ones among them. */
const reported: fc.Arbitrary<Step> = fc
  .record({
    sessionId: fc.constantFrom('on-tv', 'on-phone', 'in-bedroom'),
    title: fc.oneof({ weight: 5, arbitrary: fc.constant('sintel') }, titles),
    event: fc.oneof({ weight: 6, arbitrary: fc.constant('HEARTBEAT' as const) }, events),
    acts: fc.constantFrom('BEGAN' as const, 'BEGAN' as const, 'NEVER' as const, 'NOW' as const),
    second: fc.nat({ max: 60 }),
    isNamed: fc.boolean(),
  })
  .map(({ second, isNamed, ...beat }) => {
    const device =
      beat.sessionId === 'on-phone' ? phone : { ...tv, name: isNamed ? 'Attic' : null };
    const request = beatOf({ ...beat, device, atMs: msAt(second), sequence: second });
    const writes = beat.event === 'PING' ? [] : request.writes;
    return (hot) => hot.merge({ ...request, writes });
  });

/** Registers of any kind, those of later releases among them. */
const written: fc.Arbitrary<Step> = fc
  .array(fc.tuple(titles, statesOf(versionsAt(denseTimesMs))), { minLength: 1, maxLength: 3 })
  .map((states) => {
    const writes: MergeRequest['writes'] = states.map(([title, state]) => ({ title, ...state }));
    return (hot) => merge(hot, { writes, device: tv });
  });

const removed: fc.Arbitrary<Step> = fc
  .tuple(fc.oneof(titles, fc.constant(floorTitle)), fc.nat({ max: 60 }))
  .map(
    ([title, second]) =>
      (hot) =>
        put(hot, { title, playhead: forgottenAt(second) }),
  );

const takenOver: fc.Arbitrary<Step> = fc
  .record({
    from: fc.constantFrom('on-tv', 'on-phone'),
    sessionId: fc.constantFrom('on-tv', 'on-phone', 'in-bedroom'),
    second: fc.nat({ max: 60 }),
  })
  .map(({ from, sessionId, second }) => {
    const by = { sessionId, device: tv, at: playheadAt(second).version };
    return (hot) => hot.takeOver({ profileId: 'demo', from, by });
  });

const steps = fc.oneof(
  { weight: 12, arbitrary: reported },
  { weight: 1, arbitrary: written },
  { weight: 1, arbitrary: removed },
  { weight: 2, arbitrary: takenOver },
);

function bySession<Session extends { sessionId: string }>(sessions: readonly Session[]) {
  return new Map(sessions.map((session) => [session.sessionId, session]));
}

function optionsOf(url: string) {
  return {
    address: { url },
    partitions,
    policy: defaultPolicy,
    commandTimeoutMs: 5_000,
    clock: systemClock,
  };
}
