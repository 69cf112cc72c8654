import { isDeepStrictEqual } from 'node:util';
import { floorTitle, type TitleState } from '../../domain/playhead.ts';
import type { AcceptedChange, AcceptedStream, ReadPoint } from '../../stores/accepted-stream.ts';
import type { HotProfile, HotStore, MergeRequest, TitleWrite } from '../../stores/hot-store.ts';
import { type DressedProcess, over, type PlantedBug, plantedBugs } from './planted-bugs.ts';

/** The mistakes that only several regions can notice. */
export const plantedRegionBugs: Readonly<Record<string, PlantedBug>> = {
  'what another region accepted counts as compared': {
    hot: (hot, { clock }) =>
      over(hot, {
        async takeIn(taken) {
          const stands = await hot.takeIn(taken);
          for (const { profileId } of taken.changes) await mark(hot, { profileId, clock });
          return stands;
        },
      }),
  },
  'the read point is noted before what was read is taken in': {
    hot: (hot) =>
      over(hot, {
        async takeIn(taken) {
          const stands = await hot.takeIn({ ...taken, changes: [] });
          if (!isDeepStrictEqual(stands, taken.upTo)) return stands;
          return hot.takeIn({ ...taken, after: taken.upTo });
        },
      }),
  },
  'the read point outlives what was lost': {
    hot: (hot) => {
      const points = new Map<string, ReadPoint | null>();
      return over(hot, {
        async takenUpTo(of) {
          const known = points.get(`${of.partition}|${of.region}`);
          return known === undefined ? hot.takenUpTo(of) : known;
        },
        async takeIn(taken) {
          const { partition, region } = taken;
          const stood = await hot.takenUpTo({ partition, region });
          const stands = await hot.takeIn({ ...taken, after: stood });
          points.set(`${partition}|${region}`, stands);
          return stands;
        },
      });
    },
  },
  'what arrives from another region stays, whatever was there': {
    hot: (hot, { forget }) => replacing(hot, forget),
  },
  'what was forgotten in another region is not': {
    peer: (peer) =>
      telling(peer, (change) => ({
        ...change,
        writes: change.writes.filter(({ playhead }) => playhead?.status !== 'NOT_STARTED'),
      })),
  },
  'what was hidden in another region is not': {
    peer: (peer) =>
      telling(peer, (change) => ({
        ...change,
        writes: change.writes.map((write) => ({ ...write, visibility: null })),
      })),
  },
  'who took a session over is not told to other regions': {
    peer: (peer) =>
      telling(peer, (change) => ({
        ...change,
        sessions: change.sessions.map((session) => ({ ...session, takenOver: null })),
      })),
  },
  'what was already there is not told to other regions': { hot: (hot) => tellingNews(hot) },
  'a gap in what another region tells is passed over': {
    hot: (hot) => over(hot, { async raiseGeneration() {} }),
  },
  'a stream is read on as if nothing had gone from it': {
    peer: (peer) =>
      over(peer, { read: async (query) => ({ ...(await peer.read(query)), hasGap: false }) }),
  },
  'what another region accepted is accepted here': {
    hot: (hot, { clock }) =>
      over(hot, {
        async takeIn(taken) {
          for (const { profileId, writes, devices } of taken.changes) {
            await hot.merge({
              ...fact(profileId, clock.nowMs()),
              writes,
              device: devices[0] ?? null,
            });
          }
          return hot.takeIn(taken);
        },
      }),
  },
  'a batch ends with its last entry, whatever came with it': {
    peer: (peer) =>
      over(peer, {
        async read(query) {
          const found = await peer.read(query);
          return { ...found, entries: found.entries.slice(-1) };
        },
      }),
  },
  'a copy of the data centre of another region counts as compared':
    plantedBugs['a copy of the other data centre counts as compared'] ?? {},
};

/** Sets a mark though nothing was compared. */
async function mark(
  hot: HotStore,
  of: { profileId: string; clock: DressedProcess['clock'] },
): Promise<void> {
  const { profileId } = of;
  const nowMs = of.clock.nowMs();
  const { witness, titles, floor } = await hot.read({ profileId, titles: null, nowMs });
  if (floor !== null) titles.set(floorTitle, { playhead: floor, visibility: null });
  await hot.hydrate({ ...{ profileId, nowMs, witness, titles }, devices: [], markMs: 60_000 });
}

function fact(profileId: string, nowMs: number): MergeRequest {
  return {
    ...{ profileId, nowMs, writes: [], device: null, presence: null, transitions: [] },
    ...{ isFact: true, onlyIf: null },
  };
}

/** Of every register that arrives, the value that is there gives way; a dirty profile is safe. */
function replacing(hot: HotStore, forget: DressedProcess['forget']): HotStore {
  return over(hot, {
    async takeIn(taken) {
      const changes: AcceptedChange[] = [];
      for (const change of taken.changes) {
        const { profileId } = change;
        const there = await hot.read({ profileId, titles: null, nowMs: taken.nowMs });
        const rest = forget(profileId) ? withoutThose(there, change.writes) : [];
        changes.push({ ...change, writes: [...rest, ...change.writes] });
      }
      return hot.takeIn({ ...taken, changes });
    },
  });
}

/** All that is there but the registers that these write. */
function withoutThose(there: HotProfile, writes: readonly TitleWrite[]): TitleWrite[] {
  const playheads = new Set(writes.filter((one) => one.playhead).map(({ title }) => title));
  const visibilities = new Set(writes.filter((one) => one.visibility).map(({ title }) => title));
  const floor = [floorTitle, { playhead: there.floor, visibility: null }] as const;
  return [...there.titles, floor].map(([title, { playhead, visibility }]) => ({
    title,
    playhead: playheads.has(title) ? null : playhead,
    visibility: visibilities.has(title) ? null : visibility,
  }));
}

/** Of a merge that finds all of it there already other regions hear nothing. */
function tellingNews(hot: HotStore): HotStore {
  return over(hot, {
    async merge(request) {
      const { profileId, nowMs, writes } = request;
      const titles = writes.map(({ title }) => title);
      const there = await hot.read({ profileId, titles, nowMs });
      if (!writes.every((write) => isThere(write, there))) return hot.merge(request);
      const result = await hot.merge({ ...request, writes: [] });
      if (result.kind === 'conflict' || result.isHeld) return result;
      const known = writes.map(({ title }) => {
        const state = stateIn(there, title);
        return { title, before: state, after: state };
      });
      return { ...result, titles: known };
    },
  });
}

function isThere({ title, playhead, visibility }: TitleWrite, there: HotProfile): boolean {
  const state = stateIn(there, title);
  return (
    (playhead === null || state.playhead?.version === playhead.version) &&
    (visibility === null || state.visibility?.version === visibility.version)
  );
}

function stateIn(there: HotProfile, title: string): TitleState {
  if (title === floorTitle) return { playhead: there.floor, visibility: null };
  return there.titles.get(title) ?? { playhead: null, visibility: null };
}

/** The stream, of whose changes something is missing. */
function telling(
  peer: AcceptedStream,
  told: (change: AcceptedChange) => AcceptedChange,
): AcceptedStream {
  return over(peer, {
    async read(query) {
      const { entries, hasGap } = await peer.read(query);
      const changed = entries.map((entry) =>
        'change' in entry ? { ...entry, change: told(entry.change) } : entry,
      );
      return { entries: changed, hasGap };
    },
  });
}
