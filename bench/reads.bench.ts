import { environment, spreadOf } from './machine.ts';
import { measureReads, type ReadFigures, type ReadScale, readKey, type Way } from './reads.ts';
import {
  type BenchOptions,
  type BenchResult,
  goal,
  shown,
  spreadText,
  type Table,
} from './result.ts';
import { ratioBetween } from './turns.ts';

const wholeScale: ReadScale = { warmUpReads: 3_000, rounds: 6, warmReads: 500, coldReads: 60 };
/** A smoke test: whether all of it is answered, not how soon. */
const quickScale: ReadScale = { warmUpReads: 200, rounds: 2, warmReads: 50, coldReads: 10 };
const resumeMax = 2;

/** How much later a resume point or a row comes through the gateway than from the subgraph itself. */
export async function readsBench({ isQuick, say }: BenchOptions): Promise<BenchResult> {
  const scale = isQuick ? quickScale : wholeScale;
  const figures = await measureReads(scale, say);
  const ratio = ratioIn(figures, 'lane');
  return {
    bench: 'reads',
    mode: isQuick ? 'quick' : 'whole',
    environment: environment(),
    goals: (['warm', 'cold'] as const).map((temperature) =>
      goal(
        `resume through the gateway ÷ from the subgraph, ${temperature}, p50`,
        { atMost: resumeMax },
        ratio(readKey('resume', temperature)),
      ),
    ),
    tables: [readTable(figures, scale)],
    failures: [],
  };
}

/** Median of the rounds' own ratios to the subgraph. */
function ratioIn(figures: ReadFigures, way: Way): (key: string) => number {
  return (key) => {
    const of = figures.get(key);
    return of === undefined ? Number.NaN : ratioBetween(of[way], of.playback);
  };
}

function readTable(figures: ReadFigures, scale: ReadScale): Table {
  const [lane, normal] = [ratioIn(figures, 'lane'), ratioIn(figures, 'normal')];
  return {
    title: 'How soon a resume point and a row are there',
    notes: [
      `Gateway, playback, Redis and Cassandra as processes of their own on this machine; one connection, one request at a time, p50 of ${scale.warmReads} (cold: ${scale.coldReads}) reads in each of ${scale.rounds} rounds, by turns; min / median / max of the rounds. Warm: Redis has the profile, the token was seen before, after ${scale.warmUpReads} requests. Cold: Cassandra alone has it, each profile is asked for once, with a token that nobody has seen.`,
      'The row is `inProgress(first: 20)`, of 20. `gateway`: as it is by default. `normal lane`: with `FAST_LANE=off`.',
    ],
    header: ['what', 'subgraph', 'gateway', 'normal lane', 'gateway ÷', 'normal lane ÷'],
    plot: {
      ...{ kind: 'bars', name: 'latency', unit: 'p50 ms' },
      columns: ['subgraph', 'gateway', 'normal lane'],
    },
    rows: [...figures].map(([key, { playback, lane: gateway, normal: planned }]) => [
      key,
      ...[playback, gateway, planned].map((ms) => spreadText(spreadOf(ms))),
      ...[lane(key), normal(key)].map(shown),
    ]),
  };
}
