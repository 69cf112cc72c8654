// What breaks: one process cannot reach the hot store, or cannot write there; others can.
// How: its calls fail, while another process writes and this one's live streams are told of it.
// What must still hold: once it is back, every live stream has the last state, though nothing changes
// any more.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { defaultPolicy } from '../../../domain/policy.ts';
import { StoreTakesNoWrites } from '../../../stores/faults.ts';
import type { PlaybackDeps } from '../../../subgraphs/playback/deps.ts';
import { createTwoTiers, type TwoTiers } from '../../../subgraphs/playback/two-tiers.ts';
import { type PlayheadUpdate, watchPlayheads } from '../../../subgraphs/playback/watch.ts';
import { playheadAt } from '../../contract/writes.ts';
import { until } from '../../support/until.ts';
import { openTwoTiers, type TwoTiers as Stores } from './two-tiers.ts';

const secondMs = 1_000;

let stores: Stores;
let tiers: TwoTiers;
let seen: PlayheadUpdate[];
let stream: AsyncIterableIterator<PlayheadUpdate>;

beforeEach(async () => {
  stores = await openTwoTiers();
  tiers = createTwoTiers({ ...stores, intervalMs: 30 * secondMs });
  tiers.start();
});
afterEach(async () => {
  await stream.return?.();
  stores.hotFaults.heal();
  await tiers.close();
  await stores.close();
});

/** Follows until the end, and returns once the snapshot is there. */
async function follow(title: string | null): Promise<void> {
  const deps = { ...tiers, ...stores, hot: tiers.hot, policy: defaultPolicy };
  stream = watchPlayheads(deps as unknown as PlaybackDeps, { profileId: 'demo', title });
  seen = [];
  const reading = (async () => {
    for await (const update of stream) seen.push(update);
  })();
  reading.catch(() => {});
  await until(() => seen.length > 0, { what: 'the snapshot' });
}

/** Another process writes to the hot store, which tells this one. */
async function elsewhere(second: number): Promise<void> {
  await stores.actual.hot.merge({
    profileId: 'demo',
    nowMs: stores.clock.nowMs(),
    writes: [{ title: 'sintel', playhead: playheadAt(second), visibility: null }],
    device: null,
    presence: null,
    transitions: [],
    onlyIf: null,
  });
}

const last = () => seen.at(-1)?.playheads[0]?.version;

describe.each([null, 'sintel'])('a live stream of %s', (title) => {
  it('has the last state once its process reaches the hot store again (LIVE-12)', async () => {
    await elsewhere(1);
    await follow(title);
    stores.hotFaults.fail(({ method }) => method !== 'onChanged');
    await elsewhere(2);
    await until(() => stores.durableFaults.callsOf('read').length > 1, {
      what: 'it was told, and could only ask the durable store',
    });
    stores.hotFaults.heal();
    await stores.clock.advance(2 * secondMs);
    await until(() => last() === playheadAt(2).version, { what: 'the last state' });
  });

  it('has the last state once its process writes to the hot store again', async () => {
    await elsewhere(1);
    await follow(title);
    const isWriting = ({ method }: { method: string }) => method === 'merge';
    stores.hotFaults.fail(isWriting, () => new StoreTakesNoWrites('full'));
    const write = { title: 'sintel', playhead: playheadAt(3), visibility: null };
    const nothing = { device: null, presence: null, transitions: [], onlyIf: null };
    const request = { profileId: 'demo', nowMs: 0, writes: [write], ...nothing };
    expect(await tiers.writePath.write(request, { isIntent: true })).toMatchObject({
      kind: 'direct',
    });
    stores.hotFaults.heal();
    await stores.clock.advance(2 * secondMs);
    await until(() => last() === playheadAt(3).version, { what: 'the last state' });
    const updates = seen.length;
    await stores.clock.advance(10 * secondMs);
    expect(seen).toHaveLength(updates);
  });

  it('looks once after each return, however often it was away, and not at all once it has ended', async () => {
    await elsewhere(1);
    await follow(title);
    for (let round = 1; round <= 3; round += 1) {
      stores.hotFaults.fail(({ method }) => method !== 'onChanged');
      await tiers.reader.read({ profileId: 'demo', titles: null, need: 'show' });
      stores.hotFaults.heal();
      stores.hotFaults.calls.length = 0;
      await stores.clock.advance(2 * secondMs);
      await until(() => stores.hotFaults.callsOf('read').length > 0, { what: 'it looked again' });
      await stores.clock.advance(10 * secondMs);
      expect(stores.hotFaults.callsOf('read')).toHaveLength(1);
    }
    // Nothing was written meanwhile, and so there is nothing to tell (LIVE-5).
    expect(seen).toHaveLength(1);
    await stream.return?.();
    stores.hotFaults.calls.length = 0;
    stores.hotFaults.fail(({ method }) => method === 'read');
    await tiers.reader.read({ profileId: 'demo', titles: null, need: 'show' });
    stores.hotFaults.heal();
    await stores.clock.advance(2 * secondMs);
    expect(seen).toHaveLength(1);
  });

  it('tells that its state is certain again, once, though nothing was written', async () => {
    await elsewhere(1);
    await follow(title);
    stores.hotFaults.fail(({ method }) => method !== 'onChanged');
    await elsewhere(2);
    await until(() => stores.durableFaults.callsOf('read').length > 1, { what: 'it asked again' });
    const degraded = () => seen.at(-1)?.playheads[0]?.freshness.degraded;
    stores.hotFaults.heal();
    await stores.clock.advance(2 * secondMs);
    await until(() => degraded() === false, { what: 'the state, certain' });
    const updates = seen.length;
    const { hot } = stores.actual;
    for (let each = 0; each < hot.partitions; each += 1) await hot.raiseGeneration(each);
    await stores.clock.advance(10 * secondMs);
    expect(seen).toHaveLength(updates);
  });
});
