import { Histogram, type Registry } from 'prom-client';

/** From a map look-up in this process to a subgraph's whole patience, s. */
const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** How long each kind of work takes; work of one lane waits for the same things. */
export interface Lanes {
  /** Answers what `work` answers, and throws what it throws. */
  time<Answer>(lane: string, work: () => Answer | Promise<Answer>): Promise<Answer>;
}

/** Lanes are words of this repository, never of a request: each is a set of series for ever. */
export function addLanes(
  registry: Registry,
  { stopwatch = () => performance.now() }: { stopwatch?: () => number } = {},
): Lanes {
  const histogram = new Histogram({
    name: 'playhead_lane_duration_seconds',
    help: 'Time that a subgraph works on one answer, by what it has to wait for.',
    labelNames: ['lane', 'outcome'],
    buckets: secondsBuckets,
    registers: [registry],
  });
  return {
    async time(lane, work) {
      const startMs = stopwatch();
      let outcome = 'failed';
      try {
        const answer = await work();
        outcome = 'answered';
        return answer;
      } finally {
        histogram.observe({ lane, outcome }, (stopwatch() - startMs) / 1_000);
      }
    },
  };
}
