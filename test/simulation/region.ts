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
  /** How often it was built anew. */
  lives = 0;
  #starts = 0;
  #isWiped = false;

  constructor(
    world: World,
    of: {
      name: string | null;
      centre: DataCentre;
      partitions: number;
      profileIds: readonly string[];
      outLengthMax: number;
    },
  ) {
    const { name, partitions, profileIds, outLengthMax } = of;
    this.name = name;
    this.world = world;
    this.centre = of.centre;
    this.redis = new SimulatedRedis({
      ...{ timeline: world.timeline, partitions, profileIds },
      region: name === null ? null : { name, outLengthMax },
      isDurable: (write) => this.#hasDurably(write),
    });
    this.truth = {
      lastCutMs: () => this.redis.lastCutMs,
      fullSinceMs: () => this.redis.fullSinceMs,
      isInHot: (name) => this.redis.held.has(name),
      isOwn: (name) => this.redis.held.isOwn(name),
      wasEverHot: (name) => this.redis.held.everHeld.has(name),
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

  /** The other regions. */
  get others(): Region[] {
    return this.world.regions.filter((region) => region !== this);
  }

  /** Whose data centre lends its copy when the own one does not answer; null: one without a region. */
  get lender(): Region | null {
    const { regions } = this.world;
    return regions.length === 1
      ? null
      : (regions[(regions.indexOf(this) + 1) % regions.length] as Region);
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

  /** Everything of it is gone; for good, if its Redis has nothing left: then its disks have neither. */
  fall({ tailMs }: { tailMs: number }): void {
    this.isLost = true;
    this.#isWiped = tailMs === Number.POSITIVE_INFINITY;
    for (const process of [...this.processes]) this.crashProcess(process);
    this.redis.crash({ tailMs });
    this.centre.fall();
  }

  /** It is there again, with what it has left, or with what the others have. */
  rise(): void {
    if (!this.isLost) return;
    this.isLost = false;
    const { cassandra, ledger } = this.world;
    this.redis.restart();
    if (this.#isWiped) {
      this.lives += 1;
      cassandra.rebuild(this.centre);
      ledger.lose(this.truth);
    }
    cassandra.raise(this.centre);
    for (const place of [1, 2]) this.startProcess(place);
  }

  #hasDurably(write: string): boolean {
    const end = write.lastIndexOf('|');
    return (this.truth.durableVersion(write.slice(0, end)) ?? '') >= write.slice(end + 1);
  }

  crashProcess(process: PlaybackProcess): void {
    this.world.note(`${process.name} dies`);
    this.processes.splice(this.processes.indexOf(process), 1);
    process.life.end();
  }
}
