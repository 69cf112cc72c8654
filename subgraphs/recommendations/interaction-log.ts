import { createHmac } from 'node:crypto';
import { appendFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { InteractionLine } from '../../domain/interaction.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';

const dayMs = 24 * 3_600_000;
/** Lines leave memory this often. */
const flushEveryMs = 1_000;
/** Lines that wait, at most: 10 kB each, so 10 MB should the disk hang. What comes then is not logged. */
const waitingMax = 1_000;
/** Lines that are made in one go: a millisecond or so. */
const linesAtOnce = 8;
/** Characters of a pseudonym: 96 bits. */
const pseudonymLength = 16;

const fileName = /^(\d{4}-\d{2}-\d{2})\.jsonl$/;

export interface InteractionLogOptions {
  /** One file a day (UTC) in it. */
  folder: string;
  /** Files of earlier days are removed. */
  retentionDays: number;
  /** What pseudonyms are made with: whoever lacks it cannot tell whose a line is. */
  pseudonymKey: string;
  clock: Clock;
  log: Logger;
}

/**
 * What was shown and what was played, as lines of JSON: what models are trained on and judged by.
 *
 * Shape: lines are made when they are written, a moment later, not while anybody waits.
 * Errors: none: lines that cannot be written are counted and lost.
 * Cost: one append a second while there is something to say.
 */
export interface InteractionLog {
  /** `makeLine` is called soon, once, or never. */
  write(makeLine: () => InteractionLine): void;
  /** The same for the same profile, and nothing that leads back to it. */
  pseudonymOf(profileId: string): string;
  readonly counts: { written: number; lost: number };
  /** Writes what waits. */
  close(): Promise<void>;
}

export function createInteractionLog(options: InteractionLogOptions): InteractionLog {
  return new FileInteractionLog(options);
}

/** Where the log is switched off. */
export const noInteractionLog: InteractionLog = {
  write: () => {},
  pseudonymOf: () => '',
  counts: { written: 0, lost: 0 },
  close: async () => {},
};

class FileInteractionLog implements InteractionLog {
  readonly counts = { written: 0, lost: 0 };
  readonly #options: InteractionLogOptions;
  #waiting: (() => InteractionLine)[] = [];
  #cancelFlush: (() => void) | undefined;
  #flushing: Promise<void> = Promise.resolve();
  #day = '';
  #hasWarned = false;
  #isClosed = false;

  constructor(options: InteractionLogOptions) {
    this.#options = options;
  }

  write(makeLine: () => InteractionLine): void {
    if (this.#isClosed || this.#waiting.length >= waitingMax) {
      this.counts.lost += 1;
      return;
    }
    this.#waiting.push(makeLine);
    this.#cancelFlush ??= this.#options.clock.after(flushEveryMs, () => this.#flushSoon());
  }

  pseudonymOf(profileId: string): string {
    const hash = createHmac('sha256', this.#options.pseudonymKey).update(profileId);
    return hash.digest('base64url').slice(0, pseudonymLength);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#flushSoon();
    await this.#flushing;
  }

  #flushSoon(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    this.#flushing = this.#flushing.then(() => this.#flush());
  }

  /** Never rejects. */
  async #flush(): Promise<void> {
    const lines = this.#waiting.splice(0);
    if (lines.length === 0) return;
    try {
      const day = dayOf(this.#options.clock.nowMs());
      await this.#begin(day);
      const text = await textOf(lines);
      await appendFile(join(this.#options.folder, `${day}.jsonl`), text);
      this.counts.written += lines.length;
      this.#hasWarned = false;
    } catch (error) {
      this.counts.lost += lines.length;
      if (!this.#hasWarned) this.#options.log.warn({ err: error }, 'interactions are not logged');
      this.#hasWarned = true;
    }
  }

  /** Once a day: what is too old goes. */
  async #begin(day: string): Promise<void> {
    if (day === this.#day) return;
    const { folder, retentionDays, clock } = this.#options;
    await mkdir(folder, { recursive: true });
    const oldest = dayOf(clock.nowMs() - retentionDays * dayMs);
    for (const file of await readdir(folder)) {
      const [, fileDay] = fileName.exec(file) ?? [];
      if (fileDay !== undefined && fileDay < oldest) await rm(join(folder, file));
    }
    this.#day = day;
  }
}

/** A few at a time: hundreds of lines at once would keep every answer waiting. */
async function textOf(lines: readonly (() => InteractionLine)[]): Promise<string> {
  const parts: string[] = [];
  for (const [index, makeLine] of lines.entries()) {
    parts.push(`${JSON.stringify(makeLine())}\n`);
    if (index % linesAtOnce === linesAtOnce - 1) await nextTurn();
  }
  return parts.join('');
}

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}
