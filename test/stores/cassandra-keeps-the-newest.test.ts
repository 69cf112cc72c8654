import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import '../support/seeds.ts';
import { packPlayhead } from '../../domain/codec.ts';
import { mergePlayhead, mergeTitle } from '../../domain/merge.ts';
import { floorTitle, type PlayheadRegister, type TitleState } from '../../domain/playhead.ts';
import { openCassandraDurableStore } from '../../stores/cassandra/durable.ts';
import type { DurableStore } from '../../stores/durable-store.ts';
import { StoreUnreachable } from '../../stores/faults.ts';
import { forgottenAt, hiddenAt, nothing, playheadAt, tv, versionAt } from '../contract/writes.ts';
import { playheadsOf, statesOf } from '../support/arbitraries.ts';
import {
  describeWith,
  sharedCassandra,
  type TestKeyspace,
  testKeyspace,
} from '../support/cassandra.ts';

/** Versions of which any two have one write time: all but the last 8 digits are the same. */
const sameWriteTime = fc.stringMatching(/^[0-9a-f]{8}$/).map((tail) => `1790000000000001${tail}`);

describeWith(await sharedCassandra(), 'a register in Cassandra', (local) => {
  let keyspace: TestKeyspace;
  let durable: DurableStore;
  beforeAll(async () => {
    keyspace = await testKeyspace(local);
    await keyspace.migrate();
    durable = await openCassandraDurableStore(keyspace.cluster);
  }, 120_000);
  afterAll(async () => {
    await durable.close();
    await keyspace.close();
  });

  const write = (profileId: string, ...states: readonly Partial<TitleState>[]) =>
    durable.write({
      profileId,
      titles: states.map((state) => ({ title: 'sintel', ...nothing, ...state })),
      devices: [],
    });
  const writeFloor = (profileId: string, playhead: PlayheadRegister) =>
    durable.write({
      profileId,
      titles: [{ title: floorTitle, playhead, visibility: null }],
      devices: [],
    });
  const stateOf = async (profileId: string, title = 'sintel') =>
    (await durable.read(profileId)).titles.get(title) ?? nothing;
  const rowsOf = async (profileId: string) => {
    const columns = 'kind, id, packed, TTL(packed) AS ttl, WRITETIME(packed) AS written';
    const { rows } = await keyspace.client.execute(
      `SELECT ${columns} FROM ${keyspace.name}.profile_state WHERE profile_id = ?`,
      [profileId],
      { prepare: true },
    );
    return rows;
  };

  it('falls as the merge does when two write times are equal, in both orders', async () => {
    const pairs = fc.tuple(statesOf(sameWriteTime), statesOf(sameWriteTime));
    await fc.assert(
      fc.asyncProperty(pairs, async ([left, right]) => {
        // In one batch both expire in the same second, whatever the clock does meanwhile.
        const forwards = randomUUID();
        await write(forwards, left, right);
        expect(await stateOf(forwards)).toEqual(mergeTitle(left, right));
        const backwards = randomUUID();
        await write(backwards, right, left);
        expect(await stateOf(backwards)).toEqual(mergeTitle(left, right));
      }),
    );
  });

  it('falls as the merge does for the floor, however far apart two equal write times arrive', async () => {
    const pairs = fc.tuple(playheadsOf(sameWriteTime), playheadsOf(sameWriteTime));
    await fc.assert(
      fc.asyncProperty(pairs, async (pair) => {
        const expected = mergePlayhead(pair[0], pair[1]);
        for (const order of [pair, pair.toReversed()]) {
          const profileId = randomUUID();
          for (const playhead of order) await writeFloor(profileId, playhead);
          expect((await stateOf(profileId, floorTitle)).playhead).toEqual(expected);
        }
      }),
    );
  });

  it('comes to the newest of all writes in whatever order they arrive, some of them twice', async () => {
    const seconds = fc.uniqueArray(fc.nat({ max: 600 }), { minLength: 1, maxLength: 8 });
    const arrivals = seconds.chain((all) =>
      fc.tuple(
        fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }),
        fc.subarray(all),
      ),
    );
    await fc.assert(
      fc.asyncProperty(arrivals, async ([first, again]) => {
        const profileId = randomUUID();
        for (const second of [...first, ...again]) {
          await write(profileId, { playhead: playheadAt(second), visibility: hiddenAt(second) });
        }
        const newest = Math.max(...first);
        expect(await stateOf(profileId)).toEqual({
          playhead: playheadAt(newest),
          visibility: hiddenAt(newest),
        });
      }),
      { numRuns: 40 },
    );
  });

  it('is one value: no field of an older write is ever seen beside those of a newer one', async () => {
    await write('mixed', { playhead: playheadAt(2, { durationMs: null, deviceHash: null }) });
    await write('mixed', { playhead: playheadAt(1, { status: 'FINISHED' }) });
    const expected = playheadAt(2, { durationMs: null, deviceHash: null });
    expect((await stateOf('mixed')).playhead).toEqual(expected);
  });

  it('stays forgotten whatever older writes come late', async () => {
    await write('forgetful', { playhead: playheadAt(1) });
    await write('forgetful', { playhead: forgottenAt(9) });
    for (const second of [8, 2, 1]) await write('forgetful', { playhead: playheadAt(second) });
    expect((await stateOf('forgetful')).playhead).toEqual(forgottenAt(9));
  });

  it('is written at the time that its version says', async () => {
    await write('timed', { playhead: playheadAt(3), visibility: hiddenAt(4) });
    const written = new Map((await rowsOf('timed')).map((row) => [row.kind, String(row.written)]));
    expect(written.get('playhead')).toBe(versionAt(3).slice(0, 16));
    expect(written.get('visibility')).toBe(versionAt(4).slice(0, 16));
  });

  it('expires after 400 days, and the floor never: it covers what may be written after it', async () => {
    await durable.write({
      profileId: 'expiring',
      titles: [
        { title: 'sintel', playhead: playheadAt(1), visibility: null },
        { title: floorTitle, playhead: forgottenAt(0), visibility: null },
      ],
      devices: [tv],
    });
    const ttl = new Map(
      (await rowsOf('expiring')).map((row) => [row.id, row.ttl as number | null]),
    );
    expect(ttl.get('sintel')).toBeGreaterThan(399 * 86_400);
    expect(ttl.get('sintel')).toBeLessThanOrEqual(400 * 86_400);
    expect(ttl.get(floorTitle)).toBeNull();
  });

  it('keeps what later releases add: fields behind its own, and rows of other kinds', async () => {
    const packed = `${packPlayhead(playheadAt(5))}.4k.atmos`;
    await put('later', { kind: 'playhead', id: 'sintel', packed, version: versionAt(5) });
    await put('later', { kind: 'rating', id: 'sintel', packed: '5', version: versionAt(5) });
    const { playhead } = await stateOf('later');
    expect(playhead).toEqual(playheadAt(5, { laterFields: '.4k.atmos' }));
    await write('elsewhere', { playhead: playhead! });
    expect((await rowsOf('elsewhere')).map((row) => row.packed)).toEqual([packed]);
    expect((await durable.read('later')).titles.size).toBe(1);
  });

  it('is read with all others of its profile, over several pages', async () => {
    const titles = Array.from({ length: 1_200 }, (_, number) => ({
      title: `title-${number}`,
      playhead: playheadAt(number),
      visibility: null,
    }));
    await durable.write({ profileId: 'long', titles, devices: [tv] });
    const { titles: read, devices } = await durable.read('long');
    expect(read).toEqual(new Map(titles.map(({ title, ...state }) => [title, state])));
    expect(devices).toEqual([tv]);
  });

  it('is refused with its whole profile when that has more registers than any viewer', async () => {
    for (let part = 0; part < 3; part += 1) {
      const titles = Array.from({ length: 3_400 }, (_, number) => ({
        title: `title-${part}-${number}`,
        playhead: playheadAt(1),
        visibility: null,
      }));
      await durable.write({ profileId: 'robot', titles, devices: [] });
    }
    const error: unknown = await durable.read('robot').catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'STATE_UNAVAILABLE',
      // Whose it is no error says: it may end in a log.
      message: expect.stringMatching(/^A profile has more than \d+ registers\.$/),
    });
    // Cassandra answered: nobody else's profile must wait for it.
    expect(error).not.toBeInstanceOf(StoreUnreachable);
  });

  it('travels in statements that the nodes have prepared', async () => {
    await write('prepared', { playhead: playheadAt(1), visibility: hiddenAt(1) });
    await writeFloor('prepared', forgottenAt(0));
    await durable.read('prepared');
    const { rows } = await keyspace.client.execute(
      'SELECT query_string FROM system.prepared_statements WHERE logged_keyspace = ? ALLOW FILTERING',
      [keyspace.name],
    );
    const prepared = rows.map((row) => row.query_string as string);
    for (const statement of [/^UPDATE .* TIMESTAMP \? SET/s, /AND TTL 0/, /^SELECT kind, id/]) {
      expect(prepared.filter((query) => statement.test(query))).toHaveLength(1);
    }
  });

  it('is written to, and read from, a majority of its data centre and no less', async () => {
    const nodes = keyspace.client.hosts.length;
    const copies = (count: number) =>
      keyspace.client.execute(
        `ALTER KEYSPACE ${keyspace.name} WITH replication =
         {'class': 'NetworkTopologyStrategy', '${local.dataCentre}': ${count}}`,
      );
    // So many that all nodes there are make no majority.
    await copies(2 * nodes + 1);
    try {
      for (const work of [durable.read('few'), write('few', { playhead: playheadAt(1) })]) {
        const error: unknown = await work.catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(StoreUnreachable);
        expect(inspect(error)).toContain('LOCAL_QUORUM');
      }
    } finally {
      await copies(1);
    }
  });

  /** A row as another release might have written it. */
  async function put(
    profileId: string,
    row: { kind: string; id: string; packed: string; version: string },
  ): Promise<void> {
    await keyspace.client.execute(
      `UPDATE ${keyspace.name}.profile_state USING TIMESTAMP ${row.version.slice(0, 16)}
       SET packed = ? WHERE profile_id = ? AND kind = ? AND id = ?`,
      [row.packed, profileId, row.kind, row.id],
      { prepare: true },
    );
  }
});
