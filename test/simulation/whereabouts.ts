import type { PlaybackProcess } from './playback-process.ts';
import type { Region } from './region.ts';
import type { World } from './world.ts';

/** Where somebody is: their requests go to this region, until they travel or it is lost. */
export class Whereabouts {
  readonly #world: World;
  /** Of their requests, this share comes from elsewhere than the last one. */
  readonly #roamingShare: number;
  #region: Region | null = null;

  constructor(world: World, of: { roamingShare: number }) {
    this.#world = world;
    this.#roamingShare = of.roamingShare;
  }

  /** Any process of the region that takes a request just now. */
  anyProcess(): PlaybackProcess {
    return this.#world.chance.pick(this.#whereNow().processes);
  }

  #whereNow(): Region {
    const { regions, chance } = this.#world;
    const [only, ...others] = regions as readonly [Region, ...Region[]];
    if (others.length === 0) return only;
    const isThere = this.#region !== null && this.#region.processes.length > 0;
    if (!isThere || chance.of(this.#roamingShare)) {
      this.#region = chance.pick(regions.filter(({ processes }) => processes.length > 0));
    }
    return this.#region as Region;
  }
}
