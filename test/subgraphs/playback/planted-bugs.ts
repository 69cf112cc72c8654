import { floorTitle } from '../../../domain/playhead.ts';
import type { DurableStore } from '../../../stores/durable-store.ts';
import type { HotStore, SettledTitle } from '../../../stores/hot-store.ts';
import type { Dress } from './household.ts';

/** Mistakes that the write and the read path could make, each as what it would do to a store. */
export const plantedBugs: Readonly<Record<string, Dress>> = {
  'a title is clean after a drain, whatever came meanwhile': dressHot((hot) => ({
    async settle(done) {
      const titles = await Promise.all(done.titles.map((title) => asItIsNow(hot, title)));
      return hot.settle({ ...done, titles });
    },
  })),
  'a title is taken out of the dirty set before it was written': dressHot((hot) => ({
    async due(query) {
      const due = await hot.due(query);
      const titles = due.map(({ profileId, title, playhead, visibility }) => ({
        profileId,
        title,
        playheadVersion: playhead?.version ?? null,
        visibilityVersion: visibility?.version ?? null,
      }));
      await hot.settle({ partition: query.partition, titles, nowMs: 0 });
      return due;
    },
  })),
  'a hash that holds anything counts as compared': dressHot((hot) => ({
    async read(query) {
      const profile = await hot.read(query);
      const isEmpty = profile.titles.size === 0 && profile.floor === null;
      return isEmpty ? profile : { ...profile, mark: 'valid' };
    },
  })),
  'a heartbeat into an empty hash sets its mark': dressHot((hot) => ({
    async merge(request) {
      const { profileId, nowMs } = request;
      const { mark, witness } = await hot.read({ profileId, titles: [], nowMs });
      const result = await hot.merge(request);
      const compared = { profileId, nowMs, witness, titles: new Map(), devices: [] };
      if (mark === 'absent') await hot.hydrate({ ...compared, markMs: 60_000 });
      return result;
    },
  })),
  'a hydration sets its mark, whatever was evicted meanwhile': dressHot((hot) => ({
    async hydrate(hydration) {
      const { profileId, nowMs } = hydration;
      const { witness } = await hot.read({ profileId, titles: [], nowMs });
      return hot.hydrate({ ...hydration, witness });
    },
  })),
  'an intent is acknowledged before the durable store has it': ({ hot, durable }) => ({
    hot,
    durable: over(durable, {
      async write(batch) {
        void durable.write(batch).catch(() => {});
      },
    }),
  }),
};

function dressHot(methods: (hot: HotStore) => Partial<HotStore>): Dress {
  return ({ hot, durable }) => ({ hot: over(hot, methods(hot)), durable });
}

/** The store with some of its methods replaced. */
function over<Store extends HotStore | DurableStore>(store: Store, methods: Partial<Store>): Store {
  return new Proxy(store, {
    get: (target, property) =>
      Reflect.get(property in methods ? methods : target, property) as unknown,
  });
}

async function asItIsNow(hot: HotStore, { profileId, title }: SettledTitle): Promise<SettledTitle> {
  const { titles, floor } = await hot.read({ profileId, titles: [title], nowMs: 0 });
  const state = titles.get(title);
  const playhead = title === floorTitle ? floor : state?.playhead;
  return {
    profileId,
    title,
    playheadVersion: playhead?.version ?? null,
    visibilityVersion: state?.visibility?.version ?? null,
  };
}
