import { describe, expect, it } from '@jest/globals';
import { versionFloor } from '../../../domain/version.ts';
import { fencingAgain } from '../../../subgraphs/playback/fence-again.ts';
import { put, stateOf } from '../../contract/hot-subject.ts';
import { eachTime } from '../../contract/subject.ts';
import { msAt, nothing, playheadAt } from '../../contract/writes.ts';
import { demoPartition } from './regions.ts';
import { openTwoTiers, partitions } from './two-tiers.ts';

const stores = eachTime(openTwoTiers);

/** Profiles have themselves for a key. */
function fencing(fences: Record<string, string>) {
  const { hot, clock } = stores();
  const known = new Map(Object.entries(fences));
  return fencingAgain({ hot, clock, keyOf: (profileId) => profileId, known: () => known });
}

describe('known fences, applied again', () => {
  it('take what came in under them, and leave what is newer', async () => {
    const { hot } = stores();
    await put(hot, { title: 'old', playhead: playheadAt(1) });
    await put(hot, { title: 'new', playhead: playheadAt(3) });
    await fencing({ demo: versionFloor(msAt(2)) })(demoPartition);
    expect(await stateOf(hot, { title: 'old' })).toEqual(nothing);
    expect((await stateOf(hot, { title: 'new' })).playhead).toEqual(playheadAt(3));
  });

  it('reach the partition alone that they are applied to', async () => {
    const { hot } = stores();
    await put(hot, { playhead: playheadAt(1) });
    await fencing({ demo: versionFloor(msAt(2)) })((demoPartition + 1) % partitions);
    expect((await stateOf(hot)).playhead).toEqual(playheadAt(1));
  });

  it('cost nothing while nobody was erased, and one walk for all partitions that ask at once', async () => {
    const { hotFaults } = stores();
    const walks = () => hotFaults.callsOf('eachProfile').length;
    const all = [...Array(partitions).keys()];
    await Promise.all(all.map(fencing({})));
    expect(walks()).toBe(0);
    await Promise.all(all.map(fencing({ demo: versionFloor(msAt(2)) })));
    expect(walks()).toBe(1);
  });

  it('are walked for once more where somebody asks while a walk is under way, or one failed', async () => {
    const { hot, hotFaults } = stores();
    const apply = fencing({ demo: versionFloor(msAt(2)) });
    hotFaults.fail(({ method }) => method === 'eachProfile');
    const first = apply(demoPartition);
    await expect(first).rejects.toThrow('does not answer');
    hotFaults.heal();
    await put(hot, { playhead: playheadAt(1) });
    const { release } = hotFaults.hang(({ method }) => method === 'eachProfile');
    const second = apply((demoPartition + 1) % partitions);
    await Promise.resolve();
    await Promise.resolve();
    const third = apply(demoPartition);
    release();
    await Promise.all([second, third]);
    expect(await stateOf(hot)).toEqual(nothing);
  });
});
