import { type LaneName, laneCandidate, laneCandidates } from './lane-candidates.ts';
import { laneGoals, laneLimits } from './lane-goals.ts';
import { profileLanes } from './lane-profile.ts';
import { strays } from './lane-share.ts';
import { type LaneFigures, type LaneScale, measureLanes, openLaneWorld } from './lanes.ts';
import { environment, spreadOf } from './machine.ts';
import { type BenchOptions, type BenchResult, shown, spreadText, type Table } from './result.ts';
import { parts, type Turn, wholeCpuUs } from './turns.ts';

const wholeScale: LaneScale = {
  ...{ isQuick: false, profiles: 640, warmUpRequests: 15_000, rounds: 6, roundMs: 2_000 },
  ...{ connections: 64, sockets: 640, requestsMin: 1_000 },
};
/** Under a minute on two cores that others use as well: it fails by ratios of CPU and by nothing else. */
const quickScale: LaneScale = {
  ...{ isQuick: true, profiles: 128, warmUpRequests: 1_500, rounds: 3, roundMs: 600 },
  ...{ connections: 32, sockets: 128, requestsMin: 250 },
};

/** What a heartbeat costs on each way to Redis, beside what one would run instead. */
export async function lanesBench(options: BenchOptions): Promise<BenchResult> {
  const { isQuick, say } = options;
  const scale = isQuick ? quickScale : wholeScale;
  say('lanes: stores start');
  const world = await openLaneWorld(scale);
  try {
    const figures = await measureLanes(world, say);
    const profile = options.isProfiled === true ? [await profileLanes(world, say)] : [];
    return {
      bench: 'lanes',
      mode: isQuick ? 'quick' : 'whole',
      environment: environment(),
      goals: laneGoals(figures.turns),
      tables: [costTable(figures, scale), ...profile, checkTable(figures)],
      failures: [...wrongOf(figures), ...(isQuick ? laneLimits(figures.turns) : [])],
    };
  } finally {
    await world.close();
  }
}

function costTable({ turns }: LaneFigures, scale: LaneScale): Table {
  const cells = ([name, own]: [LaneName, Turn[]]): string[] => {
    const spread = (figure: (turn: Turn) => number) => spreadText(spreadOf(own.map(figure)));
    const { servers, store } = laneCandidate(name);
    const has = { ...servers, redis: typeof store === 'number', store: typeof store === 'string' };
    return [
      name,
      ...parts.map((part) => ((has[part] ?? false) ? spread(({ cpuUs }) => cpuUs[part]) : '–')),
      shown(spreadOf(own.map(wholeCpuUs)).median),
      spread(({ heartbeatsPerS }) => heartbeatsPerS),
      ...[spread(({ latencyMsP50 }) => latencyMsP50), spread(({ latencyMsP99 }) => latencyMsP99)],
      outcomesText(own),
    ];
  };
  const named = [...turns.keys()].map((name) => `\`${name}\`: ${laneCandidates[name].what}.`);
  return {
    title: 'One heartbeat, by each way to the store',
    notes: [
      `${scale.connections} keep-alive connections, or ${scale.sockets} sockets, one request under way on each; one Redis with an append-only file; ${scale.profiles} profiles of 20 titles and two devices for each candidate; warmed by ${scale.warmUpRequests} requests, then ${scale.rounds} rounds of ${scale.roundMs} ms each, in turn. CPU in µs for each heartbeat, of all threads of that process, min / median / max of the rounds; the sum is the median's. Goals are medians of the rounds' own ratios.`,
      named.join(' '),
    ],
    header: [
      ...['', 'gateway', 'server', 'Redis', 'other store', 'sum', 'heartbeats/s'],
      ...['p50 ms', 'p99 ms', 'accepted / superseded / duplicate'],
    ],
    plot: {
      ...{ kind: 'stacked-bars', name: 'cpu', unit: 'µs of CPU for a heartbeat' },
      columns: ['gateway', 'server', 'Redis', 'other store'],
    },
    rows: [...turns].map(cells),
  };
}

function outcomesText(turns: readonly Turn[]): string {
  const kinds = ['ACCEPTED', 'SUPERSEDED', 'DUPLICATE'] as const;
  const counts = kinds.map((kind) =>
    turns.reduce((total, { outcomes }) => total + outcomes[kind], 0),
  );
  const total = counts.reduce((all, count) => all + count, 0);
  return counts.map((count) => `${shown((100 * count) / total)} %`).join(' / ');
}

function checkTable({ checks, wrongOutcomes, retries, shares }: LaneFigures): Table {
  const carried = shares.map(
    (share) => `${share.what}: ${share.carried} of ${share.requests} requests`,
  );
  return {
    title: 'Is it right, on every way?',
    notes: [
      `After the load every register is compared with a model of what was acknowledged; ${wrongOutcomes} answers named an outcome that the model did not expect, and ${retries} requests were sent again because a server said that they may be.`,
      `By the servers' own counters: ${carried.join('; ')}.`,
    ],
    header: ['candidate', 'registers compared', 'that differ'],
    rows: checks.map(({ name, check }) => [
      name,
      ...[check.compared, check.differencesCount].map(String),
    ]),
  };
}

function wrongOf({ checks, wrongOutcomes, shares }: LaneFigures): string[] {
  const differences = checks
    .filter(({ check }) => check.differencesCount > 0)
    .map(({ name, check }) => `${name}: ${check.differences.join('; ')}`);
  const nothing = checks
    .filter(({ check }) => check.compared === 0)
    .map(({ name }) => `${name}: nothing was compared`);
  const outcomes = wrongOutcomes > 0 ? [`${wrongOutcomes} wrong outcomes were answered`] : [];
  return [...differences, ...nothing, ...outcomes, ...strays(shares)];
}
