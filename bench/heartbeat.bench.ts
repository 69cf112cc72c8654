import { type Candidate, candidates } from './candidates.ts';
import { type RowRound, readsInFlight } from './continue-watching.ts';
import { type HeartbeatFigures, type HeartbeatScale, measureHeartbeats } from './heartbeats.ts';
import { environment, spreadOf } from './machine.ts';
import {
  type BenchOptions,
  type BenchResult,
  type Goal,
  goal,
  shown,
  spreadText,
  type Table,
} from './result.ts';
import type { Round } from './rounds.ts';
import { ratioOf } from './turns.ts';
import { countRows, type WrittenRows } from './write-behind-rows.ts';

const wholeScale: HeartbeatScale = {
  profiles: 1_024,
  dataCentres: ['eu', 'us'],
  warmUpRequests: { raw: 15_000, ours: 15_000, whole: 15_000, naive: 15_000 },
  ...{ rounds: 8, roundMs: 2_000 },
  rows: { warmUpReads: 5_000, rounds: 6, roundMs: 1_000 },
};
/** A smoke test: whether everything is counted right, not how fast it is. */
const quickScale: HeartbeatScale = {
  profiles: 128,
  dataCentres: ['eu'],
  warmUpRequests: { raw: 2_000, ours: 2_000, whole: 1_000, naive: 1_000 },
  ...{ rounds: 2, roundMs: 500 },
  rows: { warmUpReads: 500, rounds: 2, roundMs: 300 },
};
const minuteMs = 60_000;

/** What a heartbeat costs, and whether the stores hold what was acknowledged. */
export async function heartbeatBench({ isQuick, say }: BenchOptions): Promise<BenchResult> {
  const scale = isQuick ? quickScale : wholeScale;
  const rows = await countRows((isQuick ? 5 : 20) * minuteMs);
  const figures = await measureHeartbeats(scale, say);
  return {
    bench: 'heartbeat',
    mode: isQuick ? 'quick' : 'whole',
    environment: environment(),
    goals: goalsOf(figures, rows),
    tables: [
      candidateTable(figures, scale),
      rowTable(figures, scale),
      writtenTable(rows),
      checkTable(figures),
    ],
    failures: failuresOf(figures),
  };
}

function goalsOf(
  { rounds, rowReads, redisBytesPerTitle }: HeartbeatFigures,
  rows: readonly WrittenRows[],
): Goal[] {
  const atFive = rows.find(({ beatS }) => beatS === 5);
  const rate = (of: { requestsPerS: number }) => of.requestsPerS;
  return [
    goal(
      'heartbeats a second, ours ÷ naive',
      { atLeast: 5 },
      ratioOf(rounds.ours, rounds.naive, rate),
    ),
    goal(
      'CPU of all servers together for each heartbeat, naive ÷ ours',
      { atLeast: 5 },
      ratioOf(rounds.naive, rounds.ours, allCpuUs),
    ),
    goal(
      'CPU of the server for each heartbeat, ours ÷ raw',
      { atMost: 2.2 },
      ratioOf(rounds.ours, rounds.raw, (round) => round.serverCpuUs),
    ),
    goal('bytes in Redis for each (profile, title)', { atMost: 130 }, redisBytesPerTitle),
    goal(
      'durable rows for each heartbeat, one every 5 s',
      { atMost: 0.2 },
      atFive?.rowsPerHeartbeat ?? Number.NaN,
    ),
    goal(
      'durable rows of a stream in a minute, at most, one heartbeat every 1 to 60 s',
      { atMost: 2 },
      Math.max(...rows.map(({ rowsPerMinute }) => rowsPerMinute)),
    ),
    goal(
      'rows of 20 playheads read in a second, Redis ÷ Cassandra',
      { atLeast: 6 },
      ratioOf(rowReads.redis, rowReads.cassandra, (round) => round.readsPerS),
    ),
    goal(
      'CPU of Node and the store for such a row, Cassandra ÷ Redis',
      { atLeast: 6 },
      ratioOf(rowReads.cassandra, rowReads.redis, rowCpuUs),
    ),
    // A Cassandra that runs elsewhere tells nobody what it spent.
  ].filter(({ measured }) => !Number.isNaN(measured));
}

function allCpuUs({ serverCpuUs, redisCpuUs, cassandraCpuUs }: Round): number {
  return serverCpuUs + redisCpuUs + cassandraCpuUs;
}

function rowCpuUs({ nodeCpuUs, storeCpuUs }: RowRound): number {
  return nodeCpuUs + storeCpuUs;
}

function candidateTable({ rounds }: HeartbeatFigures, scale: HeartbeatScale): Table {
  const cells = (candidate: Candidate): string[] => {
    const own = rounds[candidate];
    const spread = (figure: (round: Round) => number) => spreadText(spreadOf(own.map(figure)));
    return [
      candidate,
      spread((round) => round.serverCpuUs),
      shown(ratioOf(own, rounds.raw, (round) => round.serverCpuUs)),
      spread((round) => round.redisCpuUs),
      spread((round) => round.cassandraCpuUs),
      spread((round) => round.requestsPerS),
      spread((round) => round.latencyMsP50),
      spread((round) => round.latencyMsP99),
      outcomesText(own),
    ];
  };
  const { raw, naive } = scale.warmUpRequests;
  return {
    title: 'One heartbeat a request',
    notes: [
      `64 keep-alive connections; one Redis with an append-only file, a Cassandra of ${scale.dataCentres.length} nodes that each keep a copy; ${scale.profiles} profiles of 20 titles and two devices; ${scale.rounds} rounds of ${scale.roundMs} ms each, in turn; warmed by ${raw} requests (naive: ${naive}). Figures are min / median / max of the rounds; CPU in µs for each heartbeat, of all threads.`,
      '`raw`: node:http, JSON, the same merge by the same adapter of Redis, nothing checked. `ours`: the playback process with the mutation of the README, tokens and sessions checked. `whole`: the same process with the mutation of the SDK, which reads back the playhead in force. `naive`: Apollo Server as its guide starts it, one INSERT in Cassandra for each heartbeat. `raw`, `ours` and `whole` acknowledge what Redis has, `naive` what Cassandra has.',
    ],
    header: [
      ...['', 'server CPU', '÷ raw', 'Redis CPU', 'Cassandra CPU', 'heartbeats/s'],
      ...['p50 ms', 'p99 ms', 'accepted / superseded / duplicate'],
    ],
    plot: {
      ...{ kind: 'stacked-bars', name: 'cpu', unit: 'µs of CPU for a heartbeat' },
      columns: ['server CPU', 'Redis CPU', 'Cassandra CPU'],
    },
    rows: candidates.map(cells),
  };
}

function outcomesText(rounds: readonly Round[]): string {
  const kinds = ['ACCEPTED', 'SUPERSEDED', 'DUPLICATE'] as const;
  const counts = kinds.map((kind) =>
    rounds.reduce((total, { outcomes }) => total + outcomes[kind], 0),
  );
  const total = counts.reduce((all, count) => all + count, 0);
  return counts.map((count) => `${shown((100 * count) / total)} %`).join(' / ');
}

function rowTable({ rowReads }: HeartbeatFigures, { rows }: HeartbeatScale): Table {
  const cells = (store: string, rounds: readonly RowRound[]) => {
    const spread = (figure: (round: RowRound) => number) =>
      spreadText(spreadOf(rounds.map(figure)));
    return [
      store,
      spread(({ readsPerS }) => readsPerS),
      spread(({ nodeCpuUs }) => nodeCpuUs),
      spread(({ storeCpuUs }) => storeCpuUs),
    ];
  };
  return {
    title: 'A Continue Watching row of 20 playheads',
    notes: [
      `Through the product's adapters, ${readsInFlight} reads under way, ${rows.rounds} rounds of ${rows.roundMs} ms each, in turn.`,
    ],
    header: ['store', 'reads/s', 'Node CPU µs', "the store's CPU µs"],
    rows: [cells('Redis', rowReads.redis), cells('Cassandra', rowReads.cassandra)],
  };
}

function writtenTable(rows: readonly WrittenRows[]): Table {
  return {
    title: 'What write-behind leaves of the heartbeats',
    notes: [
      'The production write path and write-behind (30 s) over the embedded hot store and a durable store that counts, on a clock moved by hand: the same in every run.',
    ],
    header: ['one heartbeat every', 'rows for each heartbeat', 'rows of a stream in a minute'],
    rows: rows.map((row) => [
      `${row.beatS} s`,
      ...[row.rowsPerHeartbeat, row.rowsPerMinute].map(shown),
    ]),
  };
}

function checkTable({ checks, wrongOutcomes }: HeartbeatFigures): Table {
  return {
    title: 'Is it right?',
    notes: [
      `After the load every register is compared with a model of what was acknowledged; ${wrongOutcomes} answers named an outcome that the model did not expect.`,
    ],
    header: ['store', 'registers compared', 'that differ'],
    rows: checks.map(({ what, check }) => [
      what,
      String(check.compared),
      String(check.differencesCount),
    ]),
  };
}

function failuresOf({ checks, wrongOutcomes }: HeartbeatFigures): string[] {
  const differences = checks
    .filter(({ check }) => check.differencesCount > 0)
    .map(({ what, check }) => `${what}: ${check.differences.join('; ')}`);
  const nothing = checks
    .filter(({ check }) => check.compared === 0)
    .map(({ what }) => `${what}: nothing was compared`);
  const outcomes = wrongOutcomes > 0 ? [`${wrongOutcomes} wrong outcomes were answered`] : [];
  return [...differences, ...nothing, ...outcomes];
}
