import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from '../support/until.ts';

export interface MemberOptions {
  profileId: string;
  token: string;
  /** The one playhead that it watches. */
  playableId: string;
  /** graphql-ws, or server-sent events. */
  kind: 'socket' | 'events';
}

export type CrowdOrder =
  | { kind: 'join'; url: string; members: readonly MemberOptions[] }
  | { kind: 'look' };

export interface CrowdAnswer {
  seen: Seen[];
}

/** What one subscriber knows. */
export interface Seen {
  profileId: string;
  /** The newest playhead it was told of, and when, in ms since 1970. */
  version: string;
  positionMs: number;
  atMs: number;
  /** Snapshots so far: one for each time it subscribed, as far as it knows. */
  snapshots: number;
  results: number;
}

/** A gateway alone takes half a minute to start on a machine that is overloaded. */
const deadlineMs = 150_000;

const childFile = fileURLToPath(new URL('crowd-child.ts', import.meta.url));

/**
 * Many live subscribers in a process of their own, so that what serves them has a core to itself. They
 * come back by themselves after a back-off with full jitter, as the SDK's do.
 */
export class Crowd {
  readonly #child: ChildProcess;

  constructor() {
    // No flags of the test runner's own process: this one loads TypeScript as Node does.
    this.#child = fork(childFile, { execArgv: [] });
  }

  /** More subscribers; resolves once each has its first snapshot. */
  async join(url: string, members: readonly MemberOptions[]): Promise<void> {
    await this.#ask({ kind: 'join', url, members });
    await this.until(({ snapshots }) => snapshots > 0, { what: 'everybody has a snapshot' });
  }

  async look(): Promise<Seen[]> {
    return (await this.#ask({ kind: 'look' })).seen;
  }

  /** Waits until all of them are like this, and answers what they know then. */
  async until(
    isSo: (seen: Seen, index: number) => boolean,
    options: { what: string; deadlineMs?: number },
  ): Promise<Seen[]> {
    return until(
      async () => {
        const seen = await this.look();
        return seen.every(isSo) && seen;
      },
      { deadlineMs, ...options },
    );
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  async #ask(order: CrowdOrder): Promise<CrowdAnswer> {
    const answered = once(this.#child, 'message');
    this.#child.send(order);
    const [answer] = await answered;
    return answer as CrowdAnswer;
  }
}
