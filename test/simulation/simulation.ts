import { createHash } from 'node:crypto';
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

/** How long people watch and things go wrong. */
const activeMs = 120_000;
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
const processesMin = 2;

export interface Outcome {
  seed: number;
  violations: Violation[];
  history: string[];
  /** The same for two runs of one seed. */
  hash: string;
}

/** One evening of a region, from its seed; nothing is waited for but virtual time. */
export async function simulate(
  seed: number,
  options: { bug?: PlantedBug; isTraced?: boolean } = {},
): Promise<Outcome> {
  const { stackTraceLimit } = Error;
  // Nobody reads where a store's fault came from, and there are many.
  Error.stackTraceLimit = 0;
  try {
    return await simulated({
      seed,
      bug: options.bug ?? noBug,
      isTraced: options.isTraced ?? false,
    });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

async function simulated(of: {
  seed: number;
  bug: PlantedBug;
  isTraced: boolean;
}): Promise<Outcome> {
  const { seed } = of;
  const world = new World({ ...of, regionNames: null });
  const { timeline, chance, ledger, history } = world;
  for (const region of world.regions) {
    const count = processesMin + chance.below(2);
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
  void haunt(world);
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
  await until(activeMs + settlingMs);
  chance.end();
  calm(world);
  await until(activeMs + settlingMs + soonMs);
  await expectPromisesKept(world, 'soon');
  // Where all tiers agree and nothing is owed, time changes nothing any more.
  if (!(await isAtRest(world))) {
    await until(activeMs + settlingMs + soonMs + lateMs);
    await expectPromisesKept(world, 'late');
    await timeline.runUntil(timeline.nowMs() + drainedMs);
  }
  await expectTiersEqual(world);
  await timeline.runUntil(timeline.nowMs() + toldMs);
  await expectToldLast(subscribers);
  const hash = createHash('sha256').update(history.join('\n')).digest('hex');
  return { seed, violations: ledger.violations, history, hash };
}

/** Nothing is lost or late any more: messages need no event of their own. */
function calm({ processes }: World): void {
  for (const { redisWire, cassandraWire, remoteWire } of processes) {
    for (const wire of [redisWire, cassandraWire, remoteWire]) wire.isShort = true;
  }
}
