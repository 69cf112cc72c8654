import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PlatformError } from '../../../domain/errors.ts';
import { partitionOf } from '../../../domain/version.ts';
import { listQuarantine, replayQuarantine } from '../../../subgraphs/playback/quarantine-cli.ts';
import { createTwoTiers, type TwoTiers } from '../../../subgraphs/playback/two-tiers.ts';
import { dirtyOf, put } from '../../contract/hot-subject.ts';
import { msAt, playheadAt } from '../../contract/writes.ts';
import { openTwoTiers, type TwoTiers as Stores } from './two-tiers.ts';

let stores: Stores;
let tiers: TwoTiers;
let printed: string[];
const print = (line: string) => void printed.push(line);

beforeEach(async () => {
  printed = [];
  stores = await openTwoTiers();
  tiers = createTwoTiers({ ...stores, intervalMs: 1_000 });
});
afterEach(() => stores.close());

/** Five passes in which the title itself is refused. */
async function poisoned(): Promise<void> {
  await put(stores.actual.hot, { playhead: playheadAt(1), nowMs: stores.clock.nowMs() });
  stores.durableFaults.fail(
    ({ method }) => method === 'write',
    () => new PlatformError('too large', { code: 'INTERNAL_SERVER_ERROR' }),
  );
  for (let pass = 0; pass < 5; pass += 1) await tiers.writeBehind.drain({ minimumAgeMs: 0 });
}

describe('a title in quarantine', () => {
  it('is listed for an operator', async () => {
    await poisoned();
    await listQuarantine(stores.actual.hot, print);
    const since = new Date(stores.clock.nowMs()).toISOString();
    expect(printed).toEqual([
      `profile demo  title sintel  dirty since ${since}`,
      '1 in quarantine.',
    ]);
  });

  it('is written once its trouble is over and it is replayed', async () => {
    await poisoned();
    stores.durableFaults.heal();
    await tiers.writeBehind.drain({ minimumAgeMs: 0 });
    expect((await stores.actual.durable.read('demo')).titles.size).toBe(0);
    await replayQuarantine(stores.actual.hot, { nowMs: msAt(0), print });
    expect(printed).toEqual(['1 titles are dirty again.']);
    await tiers.writeBehind.drain({ minimumAgeMs: 0 });
    const { titles } = await stores.actual.durable.read('demo');
    expect(titles.get('sintel')?.playhead).toEqual(playheadAt(1));
    const home = partitionOf('demo', stores.actual.hot.partitions);
    expect(await stores.actual.hot.backlog(home)).toMatchObject({ dirty: 0, quarantined: 0 });
  });

  it('returns to quarantine, whole, while its trouble lasts', async () => {
    await poisoned();
    await replayQuarantine(stores.actual.hot, { nowMs: msAt(0), print });
    expect(await dirtyOf(stores.actual.hot)).toMatchObject([{ playhead: playheadAt(1) }]);
    for (let pass = 0; pass < 5; pass += 1) await tiers.writeBehind.drain({ minimumAgeMs: 0 });
    await listQuarantine(stores.actual.hot, print);
    expect(printed.at(-1)).toBe('1 in quarantine.');
  });
});
