import type { Playhead } from '../../client/operations.ts';
import { defaultPolicy, isFinished } from '../../domain/policy.ts';
import type { ViewerTitle } from '../../model/viewers/catalog.ts';
import type { TimedReport } from './reports.ts';

/** What a title's playhead must be, by what was acknowledged; times in simulated Unix ms. */
interface Expected {
  atMs: number;
  sessionId: string;
  positionMs: number;
  isFinished: boolean;
}

/** The most that a resume point lies before the position: context after a long pause. */
const rewindMsMax = Math.max(...defaultPolicy.rewind.map(({ rewindMs }) => rewindMs));

/**
 * What one profile has had acknowledged, and so what the server must say: the newest activity of each
 * title, whichever device it was on and whenever it arrived.
 */
export class Ledger {
  readonly #byTitle = new Map<string, Expected>();
  /** Nobody knows what became of a request that failed: these are no longer checked. */
  readonly #unknown = new Set<string>();

  get titles(): string[] {
    return [...this.#byTitle.keys()];
  }

  /** What the server must answer to a batch; null: nobody can say. */
  outcomeOf(
    title: string,
    batch: { sessionId: string; newest: TimedReport },
  ): 'ACCEPTED' | 'SUPERSEDED' | 'DUPLICATE' | null {
    if (this.#unknown.has(title)) return null;
    const known = this.#byTitle.get(title);
    if (batch.newest.event === 'PING') {
      return known === undefined || known.sessionId === batch.sessionId
        ? 'DUPLICATE'
        : 'SUPERSEDED';
    }
    return known === undefined || batch.newest.atMs > known.atMs ? 'ACCEPTED' : 'SUPERSEDED';
  }

  acknowledge(title: ViewerTitle, batch: { sessionId: string; newest: TimedReport }): void {
    const { newest, sessionId } = batch;
    const known = this.#byTitle.get(title.id);
    if (newest.event === 'PING' || (known !== undefined && newest.atMs <= known.atMs)) return;
    const { atMs, positionMs } = newest;
    const finished =
      newest.event === 'FINISH' || isFinished({ ...title, positionMs }, defaultPolicy);
    this.#byTitle.set(title.id, { atMs, sessionId, positionMs, isFinished: finished });
  }

  /** Whether anybody can say what its playhead must be. */
  isSure(title: string): boolean {
    return !this.#unknown.has(title);
  }

  /** A request about it failed for good, or came too late to be dated. */
  lose(title: string): void {
    this.#unknown.add(title);
  }

  /** What is wrong with the playhead that the server answers; null: nothing. */
  complaint(title: string, playhead: Playhead | null): string | null {
    if (this.#unknown.has(title)) return null;
    const expected = this.#byTitle.get(title);
    if (playhead === null) return `${title}: the playhead is unknown`;
    const { status, positionMs, resumePositionMs } = playhead;
    if (expected === undefined) {
      return status === 'NOT_STARTED' ? null : `${title}: ${status} before it was ever played`;
    }
    if (positionMs !== expected.positionMs) {
      return `${title}: at ${positionMs} ms, expected ${expected.positionMs} ms`;
    }
    const wanted = expected.isFinished ? 'FINISHED' : 'IN_PROGRESS';
    if (status !== wanted) return `${title}: ${status}, expected ${wanted}`;
    const least = expected.isFinished ? 0 : Math.max(0, positionMs - rewindMsMax);
    const most = expected.isFinished ? 0 : positionMs;
    const isRight = resumePositionMs >= least && resumePositionMs <= most;
    return isRight
      ? null
      : `${title}: resumes at ${resumePositionMs} ms, not ${least} to ${most} ms`;
  }
}
