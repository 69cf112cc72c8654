import type { Draw } from './draw.ts';
import { type DeviceClass, deviceClasses, viewerParams } from './params.ts';

export const deviceMixes = ['fitted', 'netflix-2018'] as const;
export type DeviceMix = (typeof deviceMixes)[number];

/**
 * The fitted transitions are of all profiles, those with one class too. Owners of several change more
 * often than that by this factor, so that all of them together change as often as was counted.
 */
const changeFactor = 1.87;
const changeShareMax = 0.85;

/** Shares of the classes by plays; those that a mix leaves out are hardly ever used. */
function weightsOf(mix: DeviceMix): readonly number[] {
  const { mix_by_plays, alternative_mix_netflix_2018 } = viewerParams.device;
  const shares = mix === 'fitted' ? mix_by_plays : alternative_mix_netflix_2018;
  return deviceClasses.map((each) => shares[each] ?? 0);
}

/** The devices of one profile, and which one it takes next. */
export class Devices {
  readonly owned: readonly DeviceClass[];
  current: DeviceClass;
  readonly #draw: Draw;
  /** How the mix differs from the one that the transitions were counted in. */
  readonly #lift: ReadonlyMap<DeviceClass, number>;

  constructor(draw: Draw, mix: DeviceMix) {
    this.#draw = draw;
    const weights = weightsOf(mix);
    const fitted = weightsOf('fitted');
    this.#lift = new Map(
      deviceClasses.map((each, at) => [each, (weights[at] ?? 0) / (fitted[at] ?? 1)]),
    );
    this.owned = this.#own(weights);
    this.current = this.owned[0] as DeviceClass;
  }

  /** The device of the next visit. */
  next(): DeviceClass {
    const shares = viewerParams.device.transition[this.current] ?? {};
    const others = this.owned.filter((each) => each !== this.current);
    const weights = others.map((each) => (shares[each] ?? 0.01) * (this.#lift.get(each) ?? 0));
    const change = weights.reduce((sum, weight) => sum + weight, 0) * changeFactor;
    if (this.#draw.of(Math.min(changeShareMax, change))) this.current = this.#one(others, weights);
    return this.current;
  }

  /** Another one, now; the same when there is no other. */
  change(): DeviceClass {
    const others = this.owned.filter((each) => each !== this.current);
    if (others.length > 0) {
      this.current = this.#one(
        others,
        others.map(() => 1),
      );
    }
    return this.current;
  }

  #own(weights: readonly number[]): DeviceClass[] {
    const counts = Object.entries(viewerParams.profile.device_classes);
    const [many] = counts[this.#draw.weighted(counts.map(([, share]) => share))] ?? ['1'];
    const left = deviceClasses.map((each, at) => ({ each, weight: weights[at] ?? 0 }));
    const owned: DeviceClass[] = [];
    while (owned.length < Number(many) && left.some(({ weight }) => weight > 0)) {
      const place = this.#draw.weighted(left.map(({ weight }) => weight));
      owned.push(...left.splice(place, 1).map(({ each }) => each));
    }
    return owned;
  }

  #one(classes: readonly DeviceClass[], weights: readonly number[]): DeviceClass {
    return classes[this.#draw.weighted(weights)] as DeviceClass;
  }
}
