import { versionLength } from '../../domain/version.ts';
import type { Chance } from '../support/chance.ts';
import type { DataCentre } from './cassandra.ts';
import type { Truth } from './ledger.ts';
import type { PlaybackProcess } from './playback-process.ts';
import { SimulatedRedis } from './redis.ts';
import type { Timeline } from './timeline.ts';
import type { World } from './world.ts';

/** One region: playback processes over a Redis of its own and its data centre of the one Cassandra. */
export class Region {
  /** Null: the only one, which nobody names. */
  readonly name: string | null;
  readonly world: World;
  readonly redis: SimulatedRedis;
  readonly centre: DataCentre;
  readonly processes: PlaybackProcess[] = [];
  /** What the oracle asks it, past every fault. */
  readonly truth: Truth;
  /** Groups of faults of which one is under way here. */
  readonly busy = new Set<object>();
  /** Nobody is there: no Redis, no process, no data centre. */
  isLost = false;
  #starts = 0;

  constructor(
    world: World,
    of: {
      name: string | null;
      centre: DataCentre;
      partitions: number;
      profileIds: readonly string[];
    },
  ) {
    const { partitions, profileIds } = of;
    this.name = of.name;
    this.world = world;
    this.centre = of.centre;
    this.redis = new SimulatedRedis({ timeline: world.timeline, partitions, profileIds });
    this.truth = {
      lastCutMs: () => this.redis.lastCutMs,
      fullSinceMs: () => this.redis.fullSinceMs,
      isInHot: (name) => this.redis.holds(name),
      wasEverHot: (name) => this.redis.everMerged.has(name),
      durableVersion: (key) => this.centre.register(key)?.slice(0, versionLength) ?? null,
    };
    this.redis.onChanged = (told) => {
      for (const { life, redisClient } of this.processes) {
        const hears = !life.isOver && this.redis.serverOf(redisClient.id) === told.by;
        if (hears) redisClient.publish(told);
      }
    };
  }

  get timeline(): Timeline {
    return this.world.timeline;
  }

  get chance(): Chance {
    return this.world.chance;
  }

  get isEnding(): boolean {
    return this.world.isEnding;
  }

  /** A process, new and empty. */
  startProcess(place: number): PlaybackProcess {
    this.#starts += 1;
    const number = `p${place}.${this.#starts}`;
    const name = this.name === null ? number : `${this.name}-${number}`;
    const process = this.world.newProcess(this, { name, place });
    this.processes.push(process);
    return process;
  }

  crashProcess(process: PlaybackProcess): void {
    this.world.note(`${process.name} dies`);
    this.processes.splice(this.processes.indexOf(process), 1);
    process.life.end();
  }
}
