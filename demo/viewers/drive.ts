import { deviceClock } from '../../client/clock.ts';
import type { DeviceMix } from '../../model/viewers/devices.ts';
import { seedOf } from '../../model/viewers/draw.ts';
import { Viewer } from '../../model/viewers/viewer.ts';
import { openApi, readCatalog } from './api.ts';
import { Ledger } from './ledger.ts';
import { SimulatedProfile } from './simulated-profile.ts';
import { SimulatedTime } from './simulated-time.ts';
import { type DriveSummary, Tally } from './tally.ts';

export interface Drive {
  /** Origin of the gateway. */
  url: string;
  viewers: number;
  /** So many simulated seconds pass in a real one. */
  speed: number;
  /** Real time until it ends by itself. */
  minutes: number;
  seed: number;
  mix: DeviceMix;
  /** What they may watch; the API is asked for the rest. */
  titles: readonly string[];
  /** Names the profiles, so that one drive does not meet what another left behind. */
  run: string;
}

/** What is going on, several times a second. */
export interface DriveState {
  /** Share of the time that is over. */
  share: number;
  playing: number;
  summary: DriveSummary;
}

/** Activity of more than 30 days ago is refused: what a drive plays has to be younger. */
export const simulatedDaysMax = 29;
const dayMs = 86_400_000;
const tellEveryMs = 250;
/** Enough visits for any drive: viewers are drawn as they are needed. */
const daysDrawn = 20 * 365;

/**
 * Drives the API with simulated viewers, each at one request at a time, and compares every answer
 * with what was acknowledged before.
 *
 * Errors: NothingToWatch when the catalog cannot be read; later failures are in the summary.
 */
export async function drive(
  options: Drive,
  onState: (state: DriveState) => void,
): Promise<DriveSummary> {
  const api = openApi(options.url);
  const profileOf = (number: number) => `sim-${options.run}-${number}`;
  const catalog = await readCatalog(api.transportOf(profileOf(1)), options.titles);
  const tally = new Tally();
  const durationMs = options.minutes * 60_000;
  const time = new SimulatedTime(deviceClock, { speed: options.speed, durationMs });
  const wait = (realMs: number) =>
    new Promise<void>((resolve) => deviceClock.after(realMs, resolve));
  const profiles: SimulatedProfile[] = [];
  const lives = Array.from({ length: options.viewers }, (_, index) => {
    const profile = profileOf(index + 1);
    const deps = { transport: api.transportOf(profile), time, ledger: new Ledger(), tally, wait };
    const simulated = new SimulatedProfile(profile, deps, options.seed);
    profiles.push(simulated);
    const about = { catalog, fromMs: time.fromMs, days: daysDrawn, mix: options.mix };
    return simulated.live(new Viewer(seedOf(options.seed, index + 1), about).visits());
  });
  const tell = () => {
    const playing = profiles.filter(({ isPlaying }) => isPlaying).length;
    onState({ share: time.share, playing, summary: tally.summary });
  };
  const timer = setInterval(tell, tellEveryMs);
  try {
    await Promise.all(lives);
    tell();
  } finally {
    clearInterval(timer);
  }
  return tally.summary;
}

/** What is wrong with these options; undefined: nothing. */
export function driveProblem({ speed, minutes }: Pick<Drive, 'speed' | 'minutes'>) {
  if (speed < 1) return '--speed is 1 or more: simulated time cannot lag behind.';
  if ((speed * minutes * 60_000) / dayMs <= simulatedDaysMax) return undefined;
  return `--speed times --minutes is at most ${simulatedDaysMax} days: older activity is refused.`;
}
