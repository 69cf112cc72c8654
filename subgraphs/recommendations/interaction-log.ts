import { appendFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { InteractionLine } from '../../domain/interaction.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';
import { pseudonymOf } from '../../runtime/pseudonym.ts';

const dayMs = 24 * 3_600_000;
/** Lines leave memory this often, or when there are so many. */
const flushEveryMs = 1_000;
const flushLength = 200;
/** Lines that wait, at most: 14 kB each, so 14 MB should the disk hang. What comes then is not logged. */
const waitingMax = 1_000;
/** Lines that are made in one go: a millisecond or so. */
const linesAtOnce = 8;

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
 * Shape: lines are made in the next turn of the event loop, not while anybody waits, and wait as bytes
 * for the file: what a row was computed from is not kept for that long, or the collector would carry it.
 * Errors: none: lines that cannot be made or written are counted and lost.
 * Cost: one append a second, or every 200 lines, while there is something to say.
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
  #toMake: (() => InteractionLine)[] = [];
  #made: Buffer[] = [];
  #making: Promise<void> | undefined;
  #cancelFlush: (() => void) | undefined;
  #flushing: Promise<void> = Promise.resolve();
  #day = '';
  #hasWarned = false;
  #isClosed = false;

  constructor(options: InteractionLogOptions) {
    this.#options = options;
  }

  write(makeLine: () => InteractionLine): void {
    if (this.#isClosed || this.#toMake.length + this.#made.length >= waitingMax) {
      this.counts.lost += 1;
      return;
    }
    this.#toMake.push(makeLine);
    this.#making ??= this.#make();
    this.#cancelFlush ??= this.#options.clock.after(flushEveryMs, () => this.#flushSoon());
  }

  pseudonymOf(profileId: string): string {
    return pseudonymOf(profileId, { key: this.#options.pseudonymKey });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#flushSoon();
    await this.#flushing;
  }

  /** A few at a time: hundreds of lines at once would keep every answer waiting. Never rejects. */
  async #make(): Promise<void> {
    while (this.#toMake.length > 0) {
      await nextTurn();
      for (const makeLine of this.#toMake.splice(0, linesAtOnce)) this.#makeOne(makeLine);
    }
    this.#making = undefined;
    if (this.#made.length >= flushLength) this.#flushSoon();
  }

  #makeOne(makeLine: () => InteractionLine): void {
    try {
      this.#made.push(Buffer.from(`${JSON.stringify(makeLine())}\n`));
    } catch (error) {
      this.#lose(1, error);
    }
  }

  #flushSoon(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    this.#flushing = this.#flushing.then(() => this.#flush());
  }

  /** Never rejects. */
  async #flush(): Promise<void> {
    await this.#making;
    const lines = this.#made.splice(0);
    if (lines.length === 0) return;
    try {
      const day = dayOf(this.#options.clock.nowMs());
      await this.#begin(day);
      await appendFile(join(this.#options.folder, `${day}.jsonl`), Buffer.concat(lines));
      this.counts.written += lines.length;
      this.#hasWarned = false;
    } catch (error) {
      this.#lose(lines.length, error);
    }
  }

  #lose(lines: number, error: unknown): void {
    this.counts.lost += lines;
    if (!this.#hasWarned) this.#options.log.warn({ err: error }, 'interactions are not logged');
    this.#hasWarned = true;
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

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}
