import { openEmbeddedLeases } from '../../../stores/embedded/lease.ts';
import type { MarkState } from '../../../stores/hot-store.ts';
import type { Leases } from '../../../stores/lease.ts';
import type { Replicator } from '../../../subgraphs/playback/replicate.ts';
import { hydrate, put, read, stateOf } from '../../contract/hot-subject.ts';
import { playheadAt } from '../../contract/writes.ts';
import type { ManualClock } from '../../support/manual-clock.ts';
import { openRegions, type Region } from './regions.ts';

/** Entries of a partition that these regions keep for one another. */
export const outLengthMax = 5;

export const secondMs = 1_000;
export const minuteMs = 60 * secondMs;

/** What viewers write in Europe, read by processes in America; Asia is there as well. */
export interface ReadAcross {
  clock: ManualClock;
  europe: Region;
  america: Region;
  asia: Region;
  /** One write of `demo` in Europe, an entry of its own. */
  write(second: number, title?: string): Promise<void>;
  /** Where the title stands in America's store. */
  inAmerica(title?: string): Promise<number | undefined>;
  /** Everything of `demo` in America is compared with the durable store. */
  compare(): Promise<void>;
  markInAmerica(): Promise<MarkState>;
  /** A process of America's reads Europe, and nothing is new any more. */
  reading(): Promise<Replicator>;
  /** Leases that nobody else knows of. */
  ownLeases(): Leases;
  close(): Promise<void>;
}

export async function openReadAcross(): Promise<ReadAcross> {
  const { clock, regions, close } = openRegions(['eu', 'us', 'ap'], { outLengthMax });
  const [europe, america, asia] = regions;
  return {
    ...{ clock, europe, america, asia, close },
    async write(second, title = 'sintel') {
      await put(europe.actual, { title, playhead: playheadAt(second), nowMs: clock.nowMs() });
    },
    async inAmerica(title = 'sintel') {
      return (await stateOf(america.actual, { title })).playhead?.positionMs;
    },
    async compare() {
      await hydrate(america.actual, { markMs: 100 * minuteMs, nowMs: clock.nowMs() });
    },
    async markInAmerica() {
      return (await read(america.actual, { nowMs: clock.nowMs() })).mark;
    },
    async reading() {
      const replicator = america.replicate([europe]);
      await clock.advance(secondMs);
      return replicator;
    },
    ownLeases: () => openEmbeddedLeases({ clock }),
  };
}

export const positionOf = (second: number) => playheadAt(second).positionMs;

export const countsOf = (replicator: Replicator, region = 'eu') =>
  replicator.look().find((peer) => peer.region === region)!.counts;
