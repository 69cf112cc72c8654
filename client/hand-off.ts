import type { AttachmentHost, AttachOptions } from './attachment.ts';
import { backoffMs } from './backoff.ts';
import { withinMs } from './clock.ts';
import { guarded, type Observable } from './observable.ts';
import {
  type PlaybackSession,
  type TakeOver,
  type TakeOverResult,
  takeOverMutation,
} from './operations.ts';
import type { Playback } from './playback.ts';
import type { MediaPlayer, PlayerEvents } from './player-events.ts';
import { type ResumePoint, resumeWaitMsMax, startingPoint, unknownPoint } from './resume.ts';
import { unanswered } from './transport.ts';

/** Told to the app whose player was paused, because its viewer goes on elsewhere. */
export interface TakenOver extends TakeOver {
  playableId: string;
}

/** What a hand-over reads and steers of an attachment. */
export interface HandedOver {
  readonly host: AttachmentHost;
  readonly player: MediaPlayer;
  readonly options: AttachOptions & { pause?(): void };
  readonly events: PlayerEvents;
  readonly ready: Promise<ResumePoint>;
  readonly takenOverBy: Observable<TakeOver | null>;
  readonly isDetached: boolean;
  /** The last one that began. */
  readonly playback: Playback | undefined;
  /** The playback that goes on, or one that begins now. */
  openPlayback(basedOn: string | null): Playback;
}

/** The take-over that each was told of last: answers and streams repeat it, also after its viewer acted. */
const toldOf = new WeakMap<HandedOver, string>();

/**
 * Somebody goes on elsewhere with what this player plays: it pauses, and the app is told.
 *
 * Shape: once for each take-over. What the viewer did here and the server has not heard of yet comes after it.
 * Errors: none thrown; what a player throws when it is paused is reported as an error of the app.
 */
export function yieldTo(by: TakeOver, here: HandedOver): void {
  const { playback, options, player } = here;
  const hasActed = playback?.unsent.some(({ event }) => event === 'PLAY' || event === 'SEEK');
  if (playback === undefined || playback.isEnded || hasActed || toldOf.get(here) === by.at) return;
  toldOf.set(here, by.at);
  here.takenOverBy.set(by);
  guarded(() => (options.pause === undefined ? player.pause() : options.pause()));
  here.host.takenOver({ ...by, playableId: options.playableId });
}

/** The sessions that the server knows: whose of these players was taken over yields. */
export function yieldAmong(
  players: Iterable<HandedOver>,
  sessions: readonly PlaybackSession[],
): void {
  for (const here of players) {
    const own = sessions.find(({ id }) => id === here.playback?.sessionId);
    if (own?.takenOverBy) yieldTo(own.takenOverBy, here);
  }
}

/** Takes over, and brings the player there: a seek of the viewer's, once something was played here. */
export async function continueHere(from: string, here: HandedOver): Promise<ResumePoint> {
  await here.ready;
  const point = await takeOver(from, here);
  if (point.positionMs !== null && !here.isDetached) here.events.start(point.positionMs);
  return point;
}

/**
 * Goes on here with what session `from` plays: its player is told to pause.
 *
 * Errors: none thrown. What cannot be taken over, or takes too long, is played where the playhead is; an answer
 * that comes later moves nobody, but is waited for: the other player is to pause all the same.
 * Cost: two round trips, one where the session has begun; at most `resumeWaitMsMax`.
 */
export async function takeOver(from: string, here: HandedOver): Promise<ResumePoint> {
  const { host, isDetached } = here;
  if (isDetached) return unknownPoint;
  const { playableId } = here.options;
  const asked = ask({ from, playback: here.openPlayback(null) }, host);
  here.takenOverBy.set(null);
  const answered = asked.then(async (taken) => {
    const isTakenOver = taken?.from?.takenOverBy != null;
    if (!taken?.playhead) return { ...(await host.resume(playableId)), isTakenOver };
    host.held(taken.playhead);
    return { ...startingPoint(host.state, playableId, taken.playhead), isTakenOver };
  });
  const point = await withinMs(host.playback.clock, resumeWaitMsMax, answered);
  return point ?? startingPoint(host.state, playableId);
}

type Taken = NonNullable<TakeOverResult['takeOver']>;

/** Undefined: it cannot be taken over. Tries for as long as the playback goes on. */
async function ask(
  { from, playback }: { from: string; playback: Playback },
  deps: AttachmentHost,
): Promise<Taken | undefined> {
  const { transport, clock, chance } = deps.playback;
  const elapsedMs = playback.elapsedMs();
  const input = { session: await playback.begun, from, elapsedMs };
  for (let failures = 1; !playback.isEnded; failures += 1) {
    const answer = await transport.request<TakeOverResult>(takeOverMutation, { input });
    const taken = answer.kind === 'answered' ? answer.data.takeOver : null;
    if (taken !== null) return unlessRefused(taken, deps);
    const fault = answer.kind === 'fault' ? answer : unanswered;
    if (!fault.retryable) return unlessRefused({ problems: [{ ...fault, path: null }] }, deps);
    const atLeastMs = fault.retryAfterMs;
    const waitMs = Math.max(1, backoffMs({ failures, atLeastMs }, chance.random));
    await new Promise<void>((resolve) => void clock.after(waitMs, resolve));
  }
  return undefined;
}

function unlessRefused(
  taken: Taken | Pick<Taken, 'problems'>,
  { problem }: AttachmentHost,
): Taken | undefined {
  for (const each of taken.problems) problem(each);
  return 'from' in taken && taken.problems.length === 0 ? taken : undefined;
}
