// What breaks: the hot store restarts empty, or another takes its place, which lacks what came last.
// How: the store behind the production wiring is exchanged for a new one, with another epoch.
// What must still hold: what this process had accepted in the last ten seconds is hot again.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { defaultPolicy } from '../../../domain/policy.ts';
import { partitionOf } from '../../../domain/version.ts';
import { openEmbeddedHotStore } from '../../../stores/embedded/hot.ts';
import {
  type EmbeddedEventStream,
  openEmbeddedEventStream,
} from '../../../stores/embedded/stream.ts';
import type { HotStore, MergeRequest } from '../../../stores/hot-store.ts';
import { HotRestorer } from '../../../subgraphs/playback/hot-restore.ts';
import { createTwoTiers, type TwoTiers } from '../../../subgraphs/playback/two-tiers.ts';
import { playheadAt } from '../../contract/writes.ts';
import { faulty } from '../../support/faulty.ts';
import { openTwoTiers, type TwoTiers as Stores } from './two-tiers.ts';

const secondMs = 1_000;
const partitions = 4;

/** The store that is there just now. */
class Exchangeable {
  readonly events: EmbeddedEventStream;
  current: HotStore;
  /** Requests that it was given, whichever store it was. */
  merges = 0;

  constructor(stores: Stores) {
    this.events = openEmbeddedEventStream({ path: ':memory:', partitions, clock: stores.clock });
    this.current = this.#fresh();
  }

  get hot(): HotStore {
    return new Proxy(this.current, {
      get: (_, property) => {
        const member: unknown = Reflect.get(this.current, property);
        if (property === 'merge') this.merges += 1;
        return typeof member === 'function' ? member.bind(this.current) : member;
      },
    });
  }

  restartEmpty(): void {
    this.current = this.#fresh();
  }

  #fresh(): HotStore {
    return openEmbeddedHotStore({ policy: defaultPolicy, partitions, events: this.events });
  }
}

let stores: Stores;
let redis: Exchangeable;
let tiers: TwoTiers;

beforeEach(async () => {
  stores = await openTwoTiers();
  redis = new Exchangeable(stores);
  tiers = createTwoTiers({
    ...stores,
    hot: faulty(redis.hot, stores.hotFaults),
    intervalMs: 30 * secondMs,
  });
  tiers.start();
});
afterEach(async () => {
  await tiers.close();
  await redis.events.close();
  await stores.close();
});

const write = (second: number, of: { title?: string; profileId?: string } = {}) =>
  tiers.writePath.write(requestAt(second, of), { isIntent: false });

const shown = async (title = 'sintel') =>
  (await tiers.reader.read({ profileId: 'demo', titles: [title], need: 'show' })).titles.get(title)
    ?.playhead;

describe('a hot store that lost what it accepted', () => {
  it('is given it again within two seconds', async () => {
    await write(1);
    redis.restartEmpty();
    await stores.clock.advance(2 * secondMs);
    const { titles } = await redis.current.read({ profileId: 'demo', titles: null, nowMs: 0 });
    expect(titles.get('sintel')?.playhead).toEqual(playheadAt(1));
  });

  it('is given the newest of each title, and owes it to the durable store', async () => {
    await write(1);
    await write(3);
    await write(2);
    await write(1, { title: 'spring' });
    redis.restartEmpty();
    await stores.clock.advance(2 * secondMs);
    expect(await shown('sintel')).toEqual(playheadAt(3));
    await stores.clock.advance(60 * secondMs);
    const { titles } = await stores.actual.durable.read('demo');
    expect(titles.get('sintel')?.playhead).toEqual(playheadAt(3));
    expect(titles.get('spring')?.playhead).toEqual(playheadAt(1));
  });

  it('is not given once more what it has, from the first second of a process on', async () => {
    await stores.clock.advance(0);
    await write(1);
    await stores.clock.advance(5 * secondMs);
    expect(redis.merges).toBe(1);
    redis.restartEmpty();
    await stores.clock.advance(2 * secondMs);
    expect(redis.merges).toBe(2);
  });

  it('hides nothing of it from this process until then, although its mark is valid', async () => {
    await write(1);
    await stores.clock.advance(1 * secondMs);
    redis.restartEmpty();
    const nowMs = stores.clock.nowMs();
    const { witness } = await redis.current.read({ profileId: 'demo', titles: null, nowMs });
    const nothing = { titles: new Map(), devices: [], isRemote: false, unreadable: [] };
    const as = { profileId: 'demo', ...nothing, witness, nowMs, markMs: 60 * secondMs };
    await redis.current.hydrate(as);
    const state = await tiers.reader.read({ profileId: 'demo', titles: null, need: 'decide' });
    expect(state).toMatchObject({ source: 'HOT', isDegraded: false, epoch: witness.epoch });
    expect(state.titles.get('sintel')?.playhead).toEqual(playheadAt(1));
  });

  it('is given nothing that is older than ten seconds', async () => {
    await write(1);
    await stores.clock.advance(12 * secondMs);
    redis.restartEmpty();
    await write(1, { title: 'spring' });
    await stores.clock.advance(2 * secondMs);
    const { titles } = await redis.current.read({ profileId: 'demo', titles: null, nowMs: 0 });
    expect([...titles.keys()]).toEqual(['spring']);
  });

  it('is given what came before an outage of any length', async () => {
    await write(1);
    stores.hotFaults.fail();
    await stores.clock.advance(300 * secondMs);
    redis.restartEmpty();
    stores.hotFaults.heal();
    await stores.clock.advance(2 * secondMs);
    expect(await shown()).toEqual(playheadAt(1));
  });

  it('is given it in every partition', async () => {
    const profileIds = Array.from({ length: 40 }, (_, index) => `profile-${index}`);
    for (const profileId of profileIds) await write(1, { profileId });
    redis.restartEmpty();
    await stores.clock.advance(2 * secondMs);
    for (const profileId of profileIds) {
      const { titles } = await redis.current.read({ profileId, titles: null, nowMs: 0 });
      expect(titles.size).toBe(1);
    }
  });
});

describe('a process that owes more than it can remember', () => {
  it('has the marks of the partition invalidated instead', async () => {
    const { clock, log } = stores;
    const restorer = new HotRestorer({ hot: redis.hot, clock, log, titlesMax: 2 * partitions });
    const home = partitionOf('demo', partitions);
    const { generation } = await redis.current.identity(home);
    for (const title of ['sintel', 'spring']) restorer.owe(requestAt(1, { title }));
    await restorer.look();
    expect((await redis.current.identity(home)).generation).toBe(generation);
    for (const title of ['sintel', 'spring', 'charge']) restorer.owe(requestAt(2, { title }));
    expect(restorer.owedCount).toBe(2);
    await restorer.look();
    expect((await redis.current.identity(home)).generation).toBe(generation + 1);
    expect(restorer.owedCount).toBe(0);
  });
});

function requestAt(
  second: number,
  { title = 'sintel', profileId = 'demo' }: { title?: string; profileId?: string },
): MergeRequest {
  return {
    profileId,
    nowMs: stores.clock.nowMs(),
    writes: [{ title, playhead: playheadAt(second), visibility: null }],
    device: null,
    presence: null,
    transitions: [],
    onlyIf: null,
  };
}
