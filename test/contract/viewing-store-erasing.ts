import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { erasureTransition } from '../../domain/erasure.ts';
import { partitionOf, versionFloor, versionZero } from '../../domain/version.ts';
import { foldInto, type ProfileView } from '../../stores/viewing-fold.ts';
import type { ViewingStore } from '../../stores/viewing-store.ts';
import { noonMs } from '../support/manual-clock.ts';
import { transition } from '../support/transitions.ts';
import {
  neighbourOf,
  offsetOf,
  profileId,
  type ViewingStoreUnderTest,
} from './viewing-histories.ts';

const fence = versionFloor(noonMs + 20_000);

export function describeErasing(name: string, { open, partitions }: ViewingStoreUnderTest): void {
  describe(`viewing store contract: ${name}: an erased profile`, () => {
    const partition = partitionOf(profileId, partitions);
    const neighbour = neighbourOf(partitions);
    let store: ViewingStore;
    let offsets = 0;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    const at = (second: number, title: string, of = profileId) =>
      transition({ kind: 'PAUSE', title, profileId: of, occurredAtMs: noonMs + second * 1_000 });
    const fold = (...transitions: ReturnType<typeof at>[]) => {
      offsets += 1;
      return store.fold({ partition, transitions, offset: offsetOf(offsets) });
    };
    const contents = async (of: string) => ({
      titles: (await store.recent({ profileId: of, limit: 100 })).map(({ title }) => title),
      plays: (await store.plays(of)).map(({ title }) => title),
      learning: await store.learning(of),
    });
    const nothing = { titles: [], plays: [], learning: { isOptedOut: false, correction: null } };

    it('is empty: viewings, plays, what was learned, an opt-out', async () => {
      await fold(at(1, 'old'), at(2, 'older'));
      await store.putCorrection(profileId, Uint8Array.of(1, 2));
      await store.erase({ profileId, fence });
      expect(await contents(profileId)).toEqual(nothing);
      await store.setOptOut(profileId, true);
      await store.erase({ profileId, fence });
      expect(await contents(profileId)).toEqual(nothing);
      expect(await store.endedPlays({ beforeMs: noonMs + 1e9, limit: 10 })).toEqual([]);
    });

    it('is not brought back by the event stream, read again from its beginning', async () => {
      const told = [at(1, 'old'), at(2, 'older')];
      await fold(...told);
      await store.erase({ profileId, fence });
      await fold(...told, at(19, 'late'));
      expect(await contents(profileId)).toEqual(nothing);
    });

    it('keeps and takes in what is newer', async () => {
      await fold(at(1, 'old'), at(25, 'new'));
      await store.erase({ profileId, fence });
      await fold(at(30, 'newer'));
      expect((await contents(profileId)).titles).toEqual(['newer', 'new']);
    });

    it('touches no other profile, and not the offset', async () => {
      await fold(at(1, 'mine'), at(1, 'theirs', neighbour));
      await store.setOptOut(neighbour, true);
      const before = [await contents(neighbour), await store.offset(partition)];
      await store.erase({ profileId, fence });
      expect([await contents(neighbour), await store.offset(partition)]).toEqual(before);
    });

    it('may be erased before anything was ever read of its partition', async () => {
      await store.erase({ profileId, fence });
      expect(await store.offset(partition)).toBeNull();
      await fold(at(1, 'late'));
      expect(await contents(profileId)).toEqual(nothing);
    });

    it('is emptied of what a backup put back below its floor', () => {
      const view: ProfileView = {
        ...{ floor: versionZero, playsFloor: versionZero },
        ...{ viewings: new Map(), plays: new Map() },
      };
      foldInto(view, at(1, 'old'));
      expect([view.viewings.size, view.plays.size]).toEqual([1, 1]);
      view.floor = fence;
      foldInto(view, erasureTransition({ profileId, fence }));
      expect([view.viewings.size, view.plays.size, view.floor]).toEqual([0, 0, fence]);
    });

    it('is found by its floor at most, and every other profile is', async () => {
      await fold(at(1, 'mine'), at(1, 'theirs', neighbour));
      await store.setOptOut('opted-out', true);
      await store.erase({ profileId, fence });
      const visited = new Set<string>();
      await store.eachProfile(async (found) => void visited.add(found));
      expect([...visited].filter((found) => found !== profileId).sort()).toEqual(
        [neighbour, 'opted-out'].sort(),
      );
    });
  });
}
