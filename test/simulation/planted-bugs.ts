import type { PlaybackEvent } from '../../domain/heartbeat.ts';
import { floorTitle } from '../../domain/playhead.ts';
import { encodeSessionToken, openSessionToken } from '../../domain/session-token.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { AcceptedStream } from '../../stores/accepted-stream.ts';
import type { DurableStore } from '../../stores/durable-store.ts';
import type { HotStore, MergeRequest, SettledTitle } from '../../stores/hot-store.ts';
import { recordHeartbeats } from '../../subgraphs/playback/record-heartbeats.ts';
import type { CellRule } from './cassandra.ts';
import type { World } from './world.ts';

/** What dressing a hot store may need to know of its process. */
export interface DressedProcess {
  clock: Clock;
  /** The write path made this request just now; otherwise it is made again, from memory. */
  isFresh(request: MergeRequest): boolean;
  /** Lets a clean profile go from the hot store, and nobody knows. False: it stays. */
  forget(profileId: string): boolean;
}

/** A mistake that the product could make: what it would do to a process's parts, or to the world. */
export interface PlantedBug {
  hot?(hot: HotStore, process: DressedProcess): HotStore;
  durable?(durable: DurableStore): DurableStore;
  peer?(peer: AcceptedStream): AcceptedStream;
  recordHeartbeats?: typeof recordHeartbeats;
  world?(world: World): void;
}

export const noBug: PlantedBug = {};

/** Each must be noticed by some seed, or the simulation is blind. */
export const plantedBugs: Readonly<Record<string, PlantedBug>> = {
  'an intent is acknowledged before the durable store has it': {
    durable: (durable) =>
      over(durable, {
        async write(batch) {
          void durable.write(batch).catch(() => {});
        },
      }),
  },
  'a title is taken out of the dirty set before it was written': {
    hot: (hot, { clock }) =>
      over(hot, {
        async due(query) {
          const due = await hot.due(query);
          const titles = due.map(({ profileId, title, playhead, visibility }) => ({
            ...{ profileId, title },
            playheadVersion: playhead?.version ?? null,
            visibilityVersion: visibility?.version ?? null,
          }));
          await hot.settle({ partition: query.partition, titles, nowMs: clock.nowMs() });
          return due;
        },
      }),
  },
  'a title is clean after a drain, whatever came meanwhile': {
    hot: (hot) =>
      over(hot, {
        async settle(done) {
          const titles = await Promise.all(done.titles.map((title) => asItIsNow(hot, title)));
          return hot.settle({ ...done, titles });
        },
      }),
  },
  'a register is written at the time of writing, not of its version': cells('time of writing'),
  'of two values of one timestamp the one that arrived last stays': cells('arrival on a tie'),
  'a dirty profile is evicted': {
    world: ({ regions }) => {
      for (const { redis } of regions) redis.evictsDirty = true;
    },
  },
  'a hash that holds anything counts as compared': {
    hot: (hot) =>
      over(hot, {
        async read(query) {
          const profile = await hot.read(query);
          const isEmpty = profile.titles.size === 0 && profile.floor === null;
          return isEmpty ? profile : { ...profile, mark: 'valid' };
        },
      }),
  },
  'a heartbeat into an empty hash sets its mark': {
    hot: (hot) =>
      over(hot, {
        async merge(request) {
          const { profileId, nowMs } = request;
          const { mark, witness } = await hot.read({ profileId, titles: [], nowMs });
          const result = await hot.merge(request);
          const compared = { profileId, nowMs, witness, titles: new Map(), devices: [] };
          if (mark === 'absent') await hot.hydrate({ ...compared, markMs: 60_000 });
          return result;
        },
      }),
  },
  'a hydration sets its mark, whatever was evicted meanwhile': {
    hot: (hot) =>
      over(hot, {
        async hydrate(hydration) {
          const { profileId, nowMs } = hydration;
          const { witness } = await hot.read({ profileId, titles: [], nowMs });
          return hot.hydrate({ ...hydration, witness });
        },
      }),
  },
  'a mark outlives the server and the entry that it was set for': {
    hot: (hot, { clock }) => {
      const marks = new Map<string, number>();
      return over(hot, {
        async hydrate(hydration) {
          const rose = await hot.hydrate(hydration);
          if (hydration.markMs > 0) marks.set(hydration.profileId, clock.nowMs() + 60_000);
          return rose;
        },
        async read(query) {
          const profile = await hot.read(query);
          const isMarked = clock.nowMs() < (marks.get(query.profileId) ?? 0);
          return isMarked ? { ...profile, mark: 'valid' } : profile;
        },
      });
    },
  },
  'the first mark lasts ten minutes': {
    hot: (hot) =>
      over(hot, {
        hydrate: (hydration) =>
          hot.hydrate({ ...hydration, markMs: hydration.markMs > 0 ? 600_000 : 0 }),
      }),
  },
  'a copy of the other data centre counts as compared': {
    durable: (durable) =>
      over(durable, {
        async read(profileId) {
          return { ...(await durable.read(profileId)), isRemote: false };
        },
      }),
  },
  'an anchor is derived again from each request': {
    recordHeartbeats: (deps, profileId, input) => {
      const { signer, clock, policy } = deps;
      const nowMs = clock.nowMs();
      const opened = openSessionToken(input.session, { ...signer, profileId, nowMs, policy });
      if (opened.kind === 'invalid') return recordHeartbeats(deps, profileId, input);
      const anchorMs = nowMs - (input.heartbeats[0]?.elapsedMs ?? 0);
      const session = encodeSessionToken({ ...opened.token, anchorMs }, signer.sign);
      return recordHeartbeats(deps, profileId, { ...input, session });
    },
  },
  'hiding a title writes its position too': {
    hot: (hot) =>
      over(hot, {
        async merge(request) {
          const [write] = request.writes;
          if (request.presence !== null || !write?.visibility) return hot.merge(request);
          const { profileId, nowMs } = request;
          const { titles } = await hot.read({ profileId, titles: [write.title], nowMs });
          const known = titles.get(write.title)?.playhead ?? null;
          const { version } = write.visibility;
          const playhead = known === null ? null : { ...known, version };
          return hot.merge({ ...request, writes: [{ ...write, playhead }] });
        },
      }),
  },
  'what was written directly only loses its mark when the hot store is back': {
    hot: (hot, { isFresh }) =>
      over(hot, {
        async merge(request) {
          if (isFresh(request)) return hot.merge(request);
          await hot.dropMark(request.profileId);
          return { kind: 'merged', titles: [], floor: null, isHeld: false };
        },
      }),
  },
  'a player that is closed is believed though it was taken over': {
    hot: (hot) => believing(hot, (event) => event === 'STOP'),
  },
  'a take-over is noted, and holds nobody': { hot: (hot) => believing(hot, () => true) },
  'a full hot store keeps the marks of what is written past it': {
    hot: (hot) => over(hot, { async dropMark() {} }),
  },
};

/** Such reports are not judged: they count whoever acted since. */
function believing(hot: HotStore, believes: (event: PlaybackEvent) => boolean): HotStore {
  return over(hot, {
    async merge(request) {
      const { presence } = request;
      const isBelieved = presence !== null && believes(presence.event);
      return hot.merge(isBelieved ? { ...request, isFact: true } : request);
    },
  });
}

/** The store with some of its methods replaced. */
export function over<Store extends HotStore | DurableStore | AcceptedStream>(
  store: Store,
  methods: Partial<Store>,
): Store {
  return new Proxy(store, {
    get(target, property) {
      if (property in methods) return Reflect.get(methods, property) as unknown;
      const member: unknown = Reflect.get(target, property, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

function cells(rule: CellRule): PlantedBug {
  return {
    world({ cassandra }) {
      for (const centre of cassandra.centres) centre.rule = rule;
    },
  };
}

async function asItIsNow(hot: HotStore, { profileId, title }: SettledTitle): Promise<SettledTitle> {
  const { titles, floor } = await hot.read({ profileId, titles: [title], nowMs: 0 });
  const state = titles.get(title);
  const playhead = title === floorTitle ? floor : state?.playhead;
  return {
    ...{ profileId, title },
    playheadVersion: playhead?.version ?? null,
    visibilityVersion: state?.visibility?.version ?? null,
  };
}
