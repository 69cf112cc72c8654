import type { Version } from '../domain/version.ts';
import { type Beat, type BenchProfile, beatOf, versionOf, type WatchSession } from './workload.ts';

export type Outcome = 'ACCEPTED' | 'SUPERSEDED' | 'DUPLICATE';

/** Of so many beats of a session one comes late, behind its successor, and one comes twice. */
const oddEvery = 25;
const lateAt = 12;
const retryAt = 24;

interface Progress {
  session: WatchSession;
  /** Beats sent so far, odd ones included, counted from the session's phase. */
  sent: number;
  /** Sequence of the beat that is sent next when nothing odd happens. */
  next: number;
}

/** A heartbeat to send, and what a right merge answers. */
export interface Play {
  beat: Beat;
  version: Version;
  expected: Outcome;
}

/**
 * What the devices of some profiles send to one candidate, one after the other, and what must be in
 * force once it is acknowledged: the model that the stores are compared with.
 *
 * Shape: deterministic; versions rise from call to call. Nobody else may write to these profiles.
 */
export class Plays {
  readonly #sessions: Progress[];
  readonly #newest = new Map<string, { version: Version; beat: Beat | null }>();
  #turn = 0;

  constructor(profiles: readonly BenchProfile[]) {
    this.#sessions = profiles.flatMap(({ sessions }) =>
      sessions.map((session) => ({ session, sent: session.phase, next: 2 })),
    );
    for (const { profileId, preloaded } of profiles) {
      for (const [title, { playhead }] of preloaded) {
        this.#newest.set(keyOf({ profileId, title }), {
          version: playhead?.version ?? '',
          beat: null,
        });
      }
    }
  }

  next(): Play {
    const progress = this.#sessions[this.#turn % this.#sessions.length] as Progress;
    this.#turn += 1;
    const beat = beatOf(progress.session, nextSequence(progress));
    const version = versionOf(beat);
    const inForce = this.#newest.get(keyOf(progress.session))?.version ?? '';
    return { beat, version, expected: outcomeOf(version, inForce) };
  }

  /** Call once for each answer, whatever it said: then it is promised. */
  acknowledge({ beat, version, expected }: Play): void {
    if (expected === 'ACCEPTED') this.#newest.set(keyOf(beat.session), { version, beat });
  }

  /** The beats that must be in force now; what is not named is as it was loaded. */
  inForce(): Beat[] {
    return [...this.#newest.values()].map(({ beat }) => beat).filter((beat) => beat !== null);
  }
}

/** Late: its successor has gone before it. Retry: the last one again. */
function nextSequence(progress: Progress): number {
  const place = progress.sent % oddEvery;
  progress.sent += 1;
  if (place === retryAt) return progress.next - 1;
  if (place === lateAt) return progress.next + 1;
  const sequence = progress.next;
  progress.next += place === lateAt + 1 ? 2 : 1;
  return sequence;
}

function outcomeOf(version: Version, inForce: Version): Outcome {
  if (version === inForce) return 'DUPLICATE';
  return version > inForce ? 'ACCEPTED' : 'SUPERSEDED';
}

function keyOf(of: { profileId: string; title: string }): string {
  return `${of.profileId}|${of.title}`;
}
