import { createHash } from 'node:crypto';
import { expectConverged, toldLast } from './converged.ts';
import { Device } from './device.ts';
import type { Violation } from './ledger.ts';
import { haunt, heal } from './nemesis.ts';
import { noBug, type PlantedBug } from './planted-bugs.ts';
import { Subscriber } from './subscriber.ts';
import {
  expectOwed,
  expectPromisesKept,
  expectTiersEqual,
  expectToldLast,
  isAtRest,
} from './verdict.ts';
import { Viewer } from './viewer.ts';
import { deviceIds, followedIds, World } from './world.ts';

/** What kind of evening it is. */
interface Evening {
  /** Null: one region, which nobody names. */
  regionNames: readonly string[] | null;
  /** How long people watch and things go wrong. */
  activeMs: number;
  processesMin: number;
  /** How often the longest mark may have to end until all agree: each region compares in its turn. */
  lateRoundsMax: number;
}

/** By number of regions. */
const evenings = {
  1: { regionNames: null, activeMs: 120_000, processesMin: 2, lateRoundsMax: 1 },
  3: {
    regionNames: ['eu', 'us', 'ap'],
    // Within the first mark of a profile: whoever compared anew since has compared with what is healed.
    ...{ activeMs: 55_000, processesMin: 1, lateRoundsMax: 3 },
  },
} satisfies Record<number, Evening>;

export type Regions = keyof typeof evenings;

/** Regions are equal this soon after everything is healed. */
const convergedMs = 10_000;
/** Then all is well; outboxes empty, and what was delayed for 20 s arrives. */
const settlingMs = 25_000;
/** First mark of a profile (60 s), and a little. */
const soonMs = 45_000;
/** Longest mark (10 min), a drain (30 s and a quarter), and a little. */
const lateMs = 650_000;
/** What the last comparison brought up is drained. */
const drainedMs = 60_000;
/** A subscriber may be slow. */
const toldMs = 5_000;
/** How often the stores are looked into, past everything. */
const checkEveryMs = 5_000;

export interface Outcome {
  seed: number;
  violations: Violation[];
  history: string[];
  /** The same for two runs of one seed. */
  hash: string;
}

/** One evening, from its seed; nothing is waited for but virtual time. */
export async function simulate(
  seed: number,
  options: { regions?: Regions; bug?: PlantedBug; isTraced?: boolean } = {},
): Promise<Outcome> {
  const { stackTraceLimit } = Error;
  // Nobody reads where a store's fault came from, and there are many.
  Error.stackTraceLimit = 0;
  try {
    const { bug = noBug, isTraced = false, regions = 1 } = options;
    const evening = evenings[regions];
    const world = new World({ seed, bug, isTraced, regionNames: evening.regionNames });
    await live(world, evening);
    const { ledger, history } = world;
    const hash = createHash('sha256').update(history.join('\n')).digest('hex');
    return { seed, violations: ledger.violations, history, hash };
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

async function live(world: World, evening: Evening): Promise<void> {
  const { timeline, chance, ledger } = world;
  const { activeMs } = evening;
  const subscribers = begin(world, evening);
  const start = timeline.nowMs();
  const until = async (afterMs: number) => {
    while (timeline.nowMs() + checkEveryMs < start + afterMs) {
      await timeline.runUntil(timeline.nowMs() + checkEveryMs);
      for (const region of world.regions) await expectOwed(region);
      ledger.expectDurable();
    }
    await timeline.runUntil(start + afterMs);
  };

  await until(activeMs);
  world.isEnding = true;
  heal(world);
  if (evening.regionNames !== null) {
    const healedAtMs = timeline.nowMs();
    await until(activeMs + convergedMs);
    await expectConverged(world, healedAtMs);
  }
  await until(activeMs + settlingMs);
  chance.end();
  calm(world);
  const soonAtMs = activeMs + settlingMs + soonMs;
  await until(soonAtMs);
  await expectPromisesKept(world, 'soon');
  const told = await toldLast(world);
  for (let round = 1; round <= evening.lateRoundsMax; round += 1) {
    // Where all tiers agree and nothing is owed, time changes nothing any more.
    if (await isAtRest(world)) break;
    await until(soonAtMs + round * (lateMs + drainedMs) - drainedMs);
    if (round === 1) await expectPromisesKept(world, 'late');
    await timeline.runUntil(timeline.nowMs() + drainedMs);
  }
  await expectTiersEqual(world);
  if ((await toldLast(world)) !== told) ledger.violate('an echo dies out', 'regions go on telling');
  await timeline.runUntil(timeline.nowMs() + toldMs);
  await expectToldLast(subscribers);
}

/** Processes start, people come, and something goes wrong. */
function begin(world: World, { processesMin, activeMs }: Evening): Subscriber[] {
  for (const region of world.regions) {
    const count = processesMin + world.chance.below(2);
    for (let place = 1; place <= count; place += 1) region.startProcess(place);
  }
  const subscribers = world.regions.flatMap((region) =>
    followedIds.map((profileId) => new Subscriber(region, profileId)),
  );
  const devices = deviceIds.map((deviceId) => {
    const profileId = deviceId.slice(0, deviceId.indexOf('-'));
    return new Device(world, { profileId, deviceId });
  });
  const viewers = ['one', 'other'].map((name) => new Viewer(world, name));
  for (const actor of [...subscribers, ...devices, ...viewers]) void actor.live();
  void haunt(world, { activeMs });
  return subscribers;
}

/** Nothing is lost or late any more: messages need no event of their own. */
function calm({ processes }: World): void {
  for (const { redisWire, cassandraWire, remoteWire, peers } of processes) {
    const others = peers.map(({ wire }) => wire);
    for (const wire of [redisWire, cassandraWire, remoteWire, ...others]) wire.isShort = true;
  }
}
