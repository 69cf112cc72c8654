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

/** A heartbeat to send, or several of one session at once, and what a right merge answers of the newest. */
export interface Play {
  /** The newest. */
  beat: Beat;
  /** All of them, in the order of their sequence. */
  batch: readonly Beat[];
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
    const progress = this.#takeTurn();
    return this.#play([beatOf(progress.session, nextSequence(progress))]);
  }

  /** Several beats of one session, as an outbox sends them; one batch in so many is a retry. */
  nextBatch(length: number): Play {
    const progress = this.#takeTurn();
    const isRetry = progress.sent % oddEvery === retryAt && progress.next > length;
    progress.sent += 1;
    if (!isRetry) progress.next += length;
    const first = progress.next - length;
    return this.#play(
      Array.from({ length }, (_, index) => beatOf(progress.session, first + index)),
    );
  }

  #takeTurn(): Progress {
    const progress = this.#sessions[this.#turn % this.#sessions.length] as Progress;
    this.#turn += 1;
    return progress;
  }

  #play(batch: readonly Beat[]): Play {
    const beat = batch.at(-1) as Beat;
    const version = versionOf(beat);
    const inForce = this.#newest.get(keyOf(beat.session))?.version ?? '';
    return { beat, batch, version, expected: outcomeOf(version, inForce) };
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
