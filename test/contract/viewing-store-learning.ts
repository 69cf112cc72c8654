import { describe, expect, it } from '@jest/globals';
import { partitionOf } from '../../domain/version.ts';
import { noonMs } from '../support/manual-clock.ts';
import { transition } from '../support/transitions.ts';
import { eachTime } from './subject.ts';
import { offsetOf, profileId, type ViewingStoreUnderTest } from './viewing-histories.ts';

/** What every ViewingStore promises of what is learned from a profile. */
export function describeLearning(name: string, { open, partitions }: ViewingStoreUnderTest): void {
  describe(`viewing store contract, learning: ${name}`, () => {
    const store = eachTime(open);
    const correction = Uint8Array.from({ length: 640 }, (_, index) => (index * 37) % 256);
    const kept = async (of = profileId) => {
      const learning = await store().learning(of);
      return { ...learning, correction: learning.correction && [...learning.correction] };
    };

    it('knows nothing of anybody at first', async () => {
      expect(await kept()).toEqual({ isOptedOut: false, correction: null });
    });

    it('keeps every byte, for this profile alone, until it is forgotten', async () => {
      await store().putCorrection(profileId, correction);
      expect((await kept()).correction).toEqual([...correction]);
      expect((await kept('another')).correction).toBeNull();
      await store().putCorrection(profileId, null);
      expect((await kept()).correction).toBeNull();
    });

    it('forgets it when the profile opts out, and keeps no other until it is back', async () => {
      await store().putCorrection(profileId, correction);
      await store().setOptOut(profileId, true);
      expect(await kept()).toEqual({ isOptedOut: true, correction: null });
      await store().putCorrection(profileId, correction);
      expect((await kept()).correction).toBeNull();
      await store().setOptOut(profileId, false);
      await store().putCorrection(profileId, correction);
      expect(await kept()).toEqual({ isOptedOut: false, correction: [...correction] });
    });

    it('forgets it with all that was watched, and stays opted out', async () => {
      const forget = (afterMs: number) =>
        store().fold({
          partition: partitionOf(profileId, partitions),
          transitions: [transition({ kind: 'FORGET_ALL', occurredAtMs: noonMs + afterMs })],
          offset: offsetOf(afterMs),
        });
      await store().putCorrection(profileId, correction);
      await forget(1);
      expect(await kept()).toEqual({ isOptedOut: false, correction: null });
      await store().setOptOut(profileId, true);
      await forget(2);
      expect(await kept()).toEqual({ isOptedOut: true, correction: null });
    });
  });
}
