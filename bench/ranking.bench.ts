import { environment, type Spread, spreadOf } from './machine.ts';
import { type Call, candidates, leaves, rankingCalls, trees } from './ranking.ts';
import {
  type BenchOptions,
  type BenchResult,
  goal,
  shown,
  spreadText,
  type Table,
} from './result.ts';

interface Scale {
  /** Calls of each kind that are not counted: what runs later was compiled by then. */
  warmUps: number;
  rounds: number;
  /** Calls of each kind in a round. */
  calls: number;
}

const wholeScale: Scale = { warmUps: 5_000, rounds: 100, calls: 400 };
/** A smoke test: whether everything scores, not how fast. */
const quickScale: Scale = { warmUps: 500, rounds: 4, calls: 200 };
const linearP99MsMax = 0.05;
const treesP99MsMax = 0.3;

interface Figure {
  name: string;
  p50Us: number;
  /** Of each round: what else runs on the machine spoils some of them and not all. */
  p99Us: Spread;
}

/** What it costs to score a row, call by call, the kinds taking turns in one process. */
export async function rankingBench({ isQuick, say }: BenchOptions): Promise<BenchResult> {
  const scale = isQuick ? quickScale : wholeScale;
  say(`ranking: ${scale.rounds} rounds of ${scale.calls} calls of each kind`);
  const calls = rankingCalls(1);
  const figures = measure(calls, scale);
  const p99MsOf = (name: string) => figureOf(figures, name).p99Us.median / 1_000;
  return {
    bench: 'ranking',
    mode: isQuick ? 'quick' : 'whole',
    environment: environment(),
    goals: [
      goal(
        `${candidates} candidates scored by the linear model, p99 ms`,
        { atMost: linearP99MsMax },
        p99MsOf('linear'),
      ),
      goal(
        `${candidates} candidates scored by ${trees} trees of ${leaves} leaves, p99 ms`,
        { atMost: treesP99MsMax },
        p99MsOf('trees'),
      ),
    ],
    tables: [costTable(figures)],
    failures: Object.entries(calls)
      .filter(([, call]) => !Number.isFinite(call()))
      .map(([name]) => `${name} answers no number`),
  };
}

function measure(calls: Record<string, Call>, { warmUps, rounds, calls: each }: Scale): Figure[] {
  const entries = Object.entries(calls);
  for (const [, call] of entries) for (let time = 0; time < warmUps; time += 1) call();
  const timed = entries.map(([name, call]) => ({ name, call, rounds: [] as Float64Array[] }));
  for (let round = 0; round < rounds; round += 1) {
    for (const one of timed) one.rounds.push(timesUs(one.call, each));
  }
  return timed.map(({ name, rounds: times }) => ({
    name,
    p50Us: spreadOf(times.map((round) => quantile(round, 0.5))).median,
    p99Us: spreadOf(times.map((round) => quantile(round, 0.99))),
  }));
}

/** In order, the shortest first. */
function timesUs(call: Call, calls: number): Float64Array {
  const times = new Float64Array(calls);
  for (let time = 0; time < calls; time += 1) {
    const startMs = performance.now();
    call();
    times[time] = (performance.now() - startMs) * 1_000;
  }
  return times.sort();
}

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.floor(share * (sorted.length - 1))] as number;
}

function figureOf(figures: readonly Figure[], name: string): Figure {
  const figure = figures.find((each) => each.name === name);
  if (figure === undefined) throw new RangeError(`Nothing is called ${name}.`);
  return figure;
}

function costTable(figures: readonly Figure[]): Table {
  const linear = figureOf(figures, 'linear');
  return {
    title: `What a row of ${candidates} candidates costs`,
    notes: [
      `Each call timed by itself, kinds taking turns in one process, without features unless named. Trees: ${trees} of ${leaves} leaves, split at values that the row has. p50 is the median round's, p99 is min / median / max of the rounds; goals are of the median round. The ratio is that of the p50.`,
    ],
    header: ['call', 'p50 µs', 'p99 µs', '÷ linear'],
    plot: { kind: 'bars', name: 'calls', unit: 'µs', columns: ['p50 µs', 'p99 µs'] },
    rows: figures.map(({ name, p50Us, p99Us }) => [
      ...[name, shown(p50Us), spreadText(p99Us), shown(p50Us / linear.p50Us)],
    ]),
  };
}
