// What breaks: some nodes of the durable store, and with them more titles of a partition than a step of a
// drain takes, the oldest of it. How: a durable store that does not take them.
// What must still hold: the other titles are written, and these as soon as they can be.
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { partitionOf } from '../../../domain/version.ts';
import type { ProfileBatch } from '../../../stores/durable-store.ts';
import { WriteBehind } from '../../../subgraphs/playback/write-behind.ts';
import { merge } from '../../contract/hot-subject.ts';
import { playheadAt } from '../../contract/writes.ts';
import type { Call } from '../../support/faulty.ts';
import { openTwoTiers, partitions, type TwoTiers } from './two-tiers.ts';

const home = partitionOf('demo', partitions);
const names = Array.from({ length: 99 }, (_, number) => `sibling-${number}`);
const sibling = names.find((id) => partitionOf(id, partitions) === home)!;
const away = Array.from({ length: 450 }, (_, number) => `away-${number}`);

let tiers: TwoTiers;
let writeBehind: WriteBehind;

beforeEach(async () => {
  tiers = await openTwoTiers();
  writeBehind = new WriteBehind({ ...tiers, intervalMs: 30_000 });
  for (const title of away) await put('demo', title);
  await tiers.clock.advance(1);
  await put(sibling, 'sintel');
  tiers.durableFaults.fail((call) => isWrite(call) && batchOf(call).profileId === 'demo');
});

afterEach(async () => {
  tiers.durableFaults.heal();
  await writeBehind.close();
  await tiers.close();
});

it('what cannot be written keeps nobody waiting for good', async () => {
  for (let pass = 0; pass < 3; pass += 1) await tried();
  expect((await tiers.actual.durable.read(sibling)).titles.size).toBe(1);
  expect(await dirty()).toBe(away.length);
});

it('it is tried a step at a time, and all of it again', async () => {
  expect([await tried(), await tried(), await tried()]).toEqual([200, 200, 51]);
  expect([await tried(), await tried(), await tried()]).toEqual([200, 200, 50]);
});

it('once it can be written it is, whatever was passed over', async () => {
  await tried();
  tiers.durableFaults.heal();
  await tried();
  expect(await dirty()).toBe(200);
  await tried();
  expect(await dirty()).toBe(0);
});

it('the last drain of a process passes nothing over', async () => {
  await tried();
  tiers.durableFaults.heal();
  await writeBehind.close();
  expect(await dirty()).toBe(0);
});

function put(profileId: string, title: string) {
  const writes = [{ title, playhead: playheadAt(1), visibility: null }];
  return merge(tiers.hot, { profileId, writes, nowMs: tiers.clock.nowMs() });
}

/** How many titles a pass tries to write. */
async function tried(): Promise<number> {
  const before = tiers.durableFaults.callsOf('write').length;
  await writeBehind.drain({ minimumAgeMs: 0 }).catch(() => {});
  const batches = tiers.durableFaults.callsOf('write').slice(before).map(batchOf);
  return batches.flatMap(({ titles }) => titles).length;
}

async function dirty(): Promise<number> {
  return (await tiers.actual.hot.backlog(home)).dirty;
}

function isWrite({ method }: Call): boolean {
  return method === 'write';
}

function batchOf(call: Call): ProfileBatch {
  return call.args[0] as ProfileBatch;
}
