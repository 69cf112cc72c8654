import { setTimeout as delay } from 'node:timers/promises';
import type { TestRegion } from '../support/region.ts';
import type { Regions } from '../support/regions.ts';
import { askGateway, RemoteDevice } from '../support/remote-device.ts';

const playableId = 'mov_sintel';
const resume = `{ viewer { playhead(playableId: "${playableId}") { positionMs } } }`;
/** A healthy link takes a fraction of a second; only what is broken takes longer than this. */
const readMsMax = 30_000;
/** The other region looks at a rhythm of its own: beats fall into all of its moments, not into one. */
const pauseStepMs = 37;
const pauseMsMax = 250;

/** A device that reports in one region, while its viewer looks into the other one. */
export class Traveller {
  readonly #device: RemoteDevice;
  readonly #there: TestRegion;
  readonly #token: string;
  #beats = 0;

  private constructor(parts: { device: RemoteDevice; there: TestRegion; token: string }) {
    this.#device = parts.device;
    this.#there = parts.there;
    this.#token = parts.token;
  }

  static async begin(
    regions: Regions,
    way: { from: string; to: string; profileId: string },
  ): Promise<Traveller> {
    const token = await regions.token(way.profileId);
    const device = new RemoteDevice(regions.region(way.from), token);
    await device.begin({ playableId, deviceId: `tv-${way.from}`, deviceKind: 'TV' });
    return new Traveller({ device, there: regions.region(way.to), token });
  }

  /** One more heartbeat; answers its position. Errors: throws where it is not accepted. */
  async beat(): Promise<number> {
    this.#beats += 1;
    const positionMs = this.#beats * 1_000;
    const event = this.#beats === 1 ? 'START' : 'HEARTBEAT';
    const { outcome } = await this.#device.report({ event, positionMs });
    if (outcome !== 'ACCEPTED') throw new Error(`A heartbeat was ${outcome}.`);
    return positionMs;
  }

  /** Where the viewer would go on in the other region; null: nowhere. */
  async readThere(): Promise<number | null> {
    const { viewer } = await askGateway<{ viewer: { playhead: { positionMs: number } | null } }>(
      this.#there,
      this.#token,
      { query: resume },
    );
    return viewer.playhead?.positionMs ?? null;
  }

  /** How long after it was sent one more heartbeat is read in the other region. Errors: throws after 30 s. */
  async freshnessMs(): Promise<number> {
    const sentAtMs = performance.now();
    const positionMs = await this.beat();
    while ((await this.readThere()) !== positionMs) {
      if (performance.now() - sentAtMs > readMsMax) {
        throw new Error(`A heartbeat was not read in ${this.#there.name} within ${readMsMax} ms.`);
      }
    }
    return performance.now() - sentAtMs;
  }
}

/** The same for so many heartbeats, one after the other. */
export async function measureFreshness(
  regions: Regions,
  way: { from: string; to: string; profileId: string; beats: number },
): Promise<number[]> {
  const traveller = await Traveller.begin(regions, way);
  const ms: number[] = [];
  for (let beat = 1; beat <= way.beats; beat += 1) {
    ms.push(await traveller.freshnessMs());
    await delay((beat * pauseStepMs) % pauseMsMax);
  }
  return ms;
}

/** The value below which this share of the values lies. */
export function quantileOf(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
