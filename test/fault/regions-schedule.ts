import type { Chance } from '../support/chance.ts';
import type { Regions } from '../support/regions.ts';
import type { RegionsRun } from './regions-run.ts';

/** What is done to two regions, one thing after the other, while both are under load. */
export type Step =
  | { what: 'cut' | 'hold'; tier: 'all' | 'hot' | 'durable'; way: Way; answers: number }
  | { what: 'delay'; delayMs: number; answers: number }
  | { what: 'heal'; answers: number }
  | { what: 'kill' | 'restart Redis'; region: string; answers: number };

/** Both, or what the first has to tell the second. */
type Way = 'both' | readonly [from: string, to: string];

/** Answers to heartbeats a region gives between two steps. */
const answersMax = 8;
const stepsMax = 4;
const delayMsMax = 400;

const kinds: readonly (readonly [weight: number, what: Step['what']])[] = [
  [6, 'cut'],
  [4, 'hold'],
  [3, 'delay'],
  [3, 'heal'],
  [2, 'restart Redis'],
  // A process takes seconds to be back.
  [1, 'kill'],
];

/** Steps that the seed decides: the first is a cut or a hold, the last of all is always that all is repaired. */
export function drawSchedule(chance: Chance, names: readonly [string, string]): Step[] {
  const first = drawStep(chance.pick(['cut', 'hold'] as const), chance, names);
  const others = Array.from({ length: chance.below(stepsMax) }, () =>
    drawStep(chance.weighted(kinds), chance, names),
  );
  return [first, ...others];
}

function drawStep(what: Step['what'], chance: Chance, names: readonly [string, string]): Step {
  const answers = 1 + chance.below(answersMax);
  const way = chance.pick(names) === names[0] ? names : ([names[1], names[0]] as const);
  switch (what) {
    case 'cut':
    case 'hold':
      return {
        ...{ what, answers },
        tier: chance.pick(['all', 'all', 'hot', 'durable'] as const),
        way: chance.of(0.4) ? way : 'both',
      };
    case 'delay':
      return { what, answers, delayMs: 1 + chance.below(delayMsMax) };
    case 'heal':
      return { what, answers };
    case 'kill':
    case 'restart Redis':
      return { what, answers, region: way[0] };
  }
}

/** Takes one step, and lets the load go on for as many answers in each region. */
export async function take(step: Step, on: { regions: Regions; run: RegionsRun }): Promise<void> {
  const { regions, run } = on;
  const { answers } = step;
  switch (step.what) {
    case 'cut':
    case 'hold': {
      const links = step.way === 'both' ? regions.links : [regions.link(...step.way)];
      for (const link of links)
        await (step.tier === 'all' ? link : link.of(step.tier))[step.what]();
      break;
    }
    case 'delay':
      for (const link of regions.links) link.delay(step.delayMs);
      break;
    case 'heal':
      await regions.heal();
      break;
    case 'kill':
    case 'restart Redis':
      return breakOne(step, on);
  }
  await run.answers('beats', answers);
}

/** One part of a region is gone while the other region goes on; it is well again before the next step. */
async function breakOne(
  step: Extract<Step, { region: string }>,
  { regions, run }: { regions: Regions; run: RegionsRun },
): Promise<void> {
  const region = regions.region(step.region);
  const targets = run.targetsIn(region.name);
  const others = regions.all.map(({ name }) => name).filter((name) => name !== region.name);
  if (step.what === 'kill') {
    const isBack = run.away(targets);
    await region.killPlayback();
    await run.answers('beats', step.answers, others);
    await region.restartPlayback();
    isBack();
    await run.isWell(targets);
  } else {
    const isOver = run.trouble(region.name, 'hot', 'apart', 'restoring');
    await region.redis.kill();
    await run.answers('beats', step.answers);
    await region.redis.start();
    await run.isWell(targets);
    isOver();
  }
}

/** A schedule in a line, for whoever reads what failed. */
export function told(schedule: readonly Step[]): string {
  return schedule
    .map(({ what, answers, ...of }) => [what, ...Object.values(of).flat(), `×${answers}`].join(' '))
    .join(', ');
}
