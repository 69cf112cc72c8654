import { Counter, Histogram, Registry } from 'prom-client';
import { isIntent } from '../../domain/heartbeat.ts';
import { addLanes, type Lanes } from '../../runtime/lanes.ts';
import { resolvers as plainResolvers } from './resolvers.ts';

/** From an intent's own commit to write-behind that waits for a store, s. */
const flushBuckets = [0.1, 0.5, 1, 2, 3, 5, 10, 20, 30, 45, 60, 120, 300];

/** What is counted as it happens; the rest is looked up when somebody asks. */
export interface PlaybackMeters {
  registry: Registry;
  lanes: Lanes;
  /** Heartbeats by the outcome of the request that brought them. */
  countHeartbeats(outcome: string, count: number): void;
  /** A title became durable, this long after it began to wait. */
  onFlushed(lagMs: number): void;
}

export function createPlaybackMeters(): PlaybackMeters {
  const registry = new Registry();
  const registers = [registry];
  const heartbeats = new Counter({
    name: 'playhead_heartbeats_total',
    help: 'Heartbeats by the outcome of the request that brought them; failed: no store answered.',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of heartbeatOutcomes) heartbeats.inc({ outcome }, 0);
  const flushed = new Histogram({
    name: 'playhead_flush_lag_seconds',
    help: 'How long a title waited in the hot store until write-behind had written it.',
    buckets: flushBuckets,
    registers,
  });
  return {
    registry,
    lanes: addLanes(registry),
    countHeartbeats: (outcome, count) => heartbeats.inc({ outcome }, count),
    onFlushed: (lagMs) => flushed.observe(Math.max(0, lagMs) / 1_000),
  };
}

/** An outcome that never happened is a zero, which a rate needs, and not a gap. */
const heartbeatOutcomes = ['accepted', 'superseded', 'duplicate', 'refused', 'failed'];

/**
 * Which lane a field is in: an intent waits for the durable store, a heartbeat for the hot one alone,
 * a change by hand for a read and a write of both.
 */
const lanes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Viewer: {
    playhead: 'resume',
    playheads: 'resume',
    inProgress: 'list',
    history: 'list',
    activeSessions: 'list',
    watchSessions: 'list',
  },
  Playable: { playhead: 'resume' },
  Mutation: {
    beginSession: 'session',
    takeOver: 'session',
    finishPlayhead: 'change',
    restartPlayhead: 'change',
    hidePlayhead: 'change',
    unhidePlayhead: 'change',
    forgetPlayhead: 'change',
    forgetAllPlayheads: 'change',
    undoSession: 'change',
    reassignSession: 'change',
  },
};

type Resolve = (root: unknown, input: unknown, ...rest: unknown[]) => unknown;
type Fields = Record<string, Resolve>;

/** The subgraph's resolvers, timed and counted. */
export function meteredResolvers(meters: PlaybackMeters): object {
  const types = { ...plainResolvers } as unknown as Record<string, Fields>;
  for (const [type, fields] of Object.entries(lanes)) {
    const timed = Object.entries(fields).map(([field, lane]): [string, Resolve] => {
      const resolve = types[type]?.[field] as Resolve;
      return [field, (...asked) => meters.lanes.time(lane, () => resolve(...asked))];
    });
    types[type] = { ...types[type], ...Object.fromEntries(timed) };
  }
  const { recordHeartbeats } = types.Mutation as { recordHeartbeats: Resolve };
  types.Mutation = { ...types.Mutation, recordHeartbeats: countedWith(meters, recordHeartbeats) };
  return types;
}

interface HeartbeatArguments {
  input: { heartbeats: readonly { event: string }[] };
}

function countedWith(meters: PlaybackMeters, resolve: Resolve): Resolve {
  return async (root, asked, ...rest) => {
    const { heartbeats } = (asked as HeartbeatArguments).input;
    const lane = heartbeats.some(({ event }) => isIntent(event as never)) ? 'intent' : 'heartbeat';
    let outcome = 'failed';
    try {
      const answer = await meters.lanes.time(lane, () => resolve(root, asked, ...rest));
      outcome = (answer as { outcome: string }).outcome.toLowerCase();
      return answer;
    } finally {
      meters.countHeartbeats(outcome, heartbeats.length);
    }
  };
}
