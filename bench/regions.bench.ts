import { measureFreshness } from '../test/regions/freshness.ts';
import { openRegions, type Regions } from '../test/support/regions.ts';
import { environment, quantile } from './machine.ts';
import { type BenchOptions, type BenchResult, goal, shown } from './result.ts';

/** Healthy: what an operator promises, and what one machine with everything on it is held to. */
const halfMsMax = 300;
const mostMsMax = 2_000;
const rigMsMax = 400;
/** One way: from one side of an ocean to the other, and from one end of the world to the other. */
const delaysMs = [0, 50, 100];

interface Measured {
  delayMs: number;
  ms: readonly number[];
}

/** How soon a heartbeat of one region is read in the other one, over a way that takes its time. */
export async function regionsBench({ isQuick, say }: BenchOptions): Promise<BenchResult> {
  const beats = isQuick ? 10 : 300;
  say('regions: two Redis, two data centres, two gateways');
  const regions = await openRegions({ playbackLength: 0, hasGateway: true, isMeasured: true });
  try {
    await measure(regions, { delayMs: 0, beats: 10 });
    const measured: Measured[] = [];
    for (const delayMs of delaysMs) {
      say(`regions: ${delayMs} ms between them`);
      measured.push(await measure(regions, { delayMs, beats }));
    }
    return {
      bench: 'regions',
      mode: isQuick ? 'quick' : 'whole',
      environment: environment(),
      goals: measured.flatMap(goalsOf),
      tables: [tableOf(measured)],
      failures: [],
    };
  } finally {
    await regions.close();
  }
}

async function measure(
  regions: Regions,
  { delayMs, beats }: { delayMs: number; beats: number },
): Promise<Measured> {
  const [first, second] = regions.all;
  regions.link(first.name, second.name).delay(delayMs);
  regions.link(second.name, first.name).delay(delayMs);
  const way = { from: first.name, to: second.name, profileId: `bench-${delayMs}-${beats}`, beats };
  return { delayMs, ms: await measureFreshness(regions, way) };
}

function goalsOf({ delayMs, ms }: Measured): BenchResult['goals'] {
  const between = `${delayMs} ms each way between the regions`;
  const what = `heartbeat sent in one region to read in the other, ${between}`;
  return [
    goal(
      `${what}, p50 ms`,
      { atMost: delayMs === 0 ? halfMsMax : rigMsMax + delayMs },
      quantile(ms, 0.5),
    ),
    goal(`${what}, p99 ms`, { atMost: mostMsMax }, quantile(ms, 0.99)),
  ];
}

function tableOf(measured: readonly Measured[]): BenchResult['tables'][number] {
  return {
    title: 'Freshness across regions, ms',
    notes: [
      'A device reports through the gateway of one region; its viewer asks the gateway of the other one again and again until it answers that position. Counted from before the report was sent.',
      'Everything between the regions goes through proxies that add the time of the first column to each way: Redis of the one to the replicator of the other, and Cassandra to Cassandra.',
    ],
    header: ['each way', 'heartbeats', 'p50', 'p90', 'p99', 'longest'],
    plot: { kind: 'bars', name: 'freshness', unit: 'ms', columns: ['p50', 'p90', 'p99'] },
    rows: measured.map(({ delayMs, ms }) => [
      String(delayMs),
      String(ms.length),
      ...[0.5, 0.9, 0.99, 1].map((share) => shown(quantile(ms, share))),
    ]),
  };
}
