import { defaultPolicy } from '../../domain/policy.ts';
import { openEmbeddedHotStore } from '../../stores/embedded/hot.ts';
import { openEmbeddedEventStream } from '../../stores/embedded/stream.ts';
import type { HotStore } from '../../stores/hot-store.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type HotStoreUnderTest, merge, type RegionUnderTest } from './hot-subject.ts';

const partitions = 4;
const profilesMax = 6;

/** The embedded hot store, small enough that a suite can fill it. */
export async function openEmbeddedHot(region?: RegionUnderTest): Promise<HotStoreUnderTest> {
  const clock = new ManualClock();
  const events = openEmbeddedEventStream({ path: ':memory:', partitions, clock });
  const options = { policy: defaultPolicy, partitions, events, profilesMax };
  const hot = openEmbeddedHotStore({ ...options, ...(region && { region }) });
  return {
    hot,
    events,
    evict: () => crowd(hot),
    accepted: () => hot.accepted(),
    async close() {
      await hot.close();
      await events.close();
    },
  };
}

/** So many visitors come that nobody else has room who may leave. */
async function crowd(hot: HotStore): Promise<void> {
  for (let visitor = 0; visitor < 2 * profilesMax; visitor += 1) {
    await merge(hot, { profileId: `visitor-${visitor}` });
  }
}
