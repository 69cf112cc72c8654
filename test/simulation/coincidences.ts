import { usualWorkMsMax } from './cassandra.ts';
import { dies, type Fault, failOver } from './faults.ts';
import { Viewer } from './viewer.ts';
import { profileIds } from './world.ts';

const comparisons = 10;

/** Left to chance, what these bring together meets in one run of some thousands. */
export const coincidences: Record<string, Fault> = {
  /** The new primary was compared just before the durable store had the change. */
  async 'a change lands on a deposed primary, and its process dies'(region) {
    const { chance, timeline, processes, world } = region;
    const last = chance.pick(processes);
    const other = processes.find((process) => process !== last);
    if (other === undefined) return;
    const over = failOver(region, [last]);
    await timeline.sleep(chance.below(300));
    const reads = profileIds.map((profileId) =>
      other.deps.reader.read({ profileId, titles: null, need: 'decide' }),
    );
    await Promise.allSettled(reads);
    await new Viewer(world, 'hasty').change(chance.pick(profileIds), last).catch(() => {});
    await dies(region, last);
    await over;
  },
  /** What the comparison has read is older than what went to the durable store meanwhile. */
  async 'a profile is drained and evicted while it is compared'(region) {
    const { chance, timeline, centre, redis } = region;
    centre.workMsMax = { ...usualWorkMsMax, read: 3_000 };
    for (let times = 0; times < comparisons && !region.isEnding; times += 1) {
      const [reader, drainer] = [chance.pick(region.processes), chance.pick(region.processes)];
      const partition = chance.below(redis.partitions);
      await drainer.tiers.hot.raiseGeneration(partition).catch(() => {});
      const all = { sinceMs: Number.POSITIVE_INFINITY, skip: 0, limit: profileIds.length };
      const [dirty] = await redis.engine.due({ partition, ...all });
      const profileId = dirty?.profileId ?? chance.pick(profileIds);
      const read = reader.deps.reader.read({ profileId, titles: null, need: 'decide' });
      await timeline.sleep(chance.below(1_500));
      await drainer.tiers.writeBehind.drain({ minimumAgeMs: 0 }).catch(() => {});
      redis.evict(profileId);
      await Promise.race([read.catch(() => {}), reader.death]);
      await timeline.sleep(chance.below(2_000));
    }
    centre.workMsMax = usualWorkMsMax;
  },
};
