import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { PlayLine, RowLine } from '../domain/interaction.ts';
import { playMinMs } from '../subgraphs/recommendations/history.ts';
import { type AccountPlays, PlayCollector } from './plays.ts';
import { ShownRows } from './shown-rows.ts';
import type { PlaysTask } from './task-from-plays.ts';
import { linesOf } from './text-lines.ts';

const timeMs = z.number().min(0).max(8.64e15);
const spanMs = z.number().min(0);
const numbers = z.array(z.number().nullable());
const names = z.array(z.string()).max(1000);

const rowLine = z.object({
  ...{ kind: z.literal('row'), v: z.literal(1), atMs: timeMs, rankingId: z.string() },
  ...{ profile: z.string(), account: z.string(), deviceKind: z.string().nullable() },
  ...{ ranker: z.string(), modelHash: z.string().nullable(), featureNames: names },
  propensity: z.number().gt(0).max(1),
  cards: z
    .array(
      z.object({
        ...{ show: z.string(), title: z.string(), kind: z.string(), features: numbers.nullable() },
        ...{ score: z.number().nullable(), utility: z.number().nullable() },
        recencyPlace: z.number().int().min(0),
      }),
    )
    .max(1000),
  visit: z.object({ featureNames: names, features: numbers }).nullable(),
  continuationProbability: z.number().nullable(),
}) satisfies z.ZodType<RowLine>;

const playLine = z.object({
  ...{ kind: z.literal('play'), v: z.literal(1), profile: z.string(), account: z.string() },
  ...{ show: z.string(), title: z.string(), isFilm: z.boolean(), deviceKind: z.string() },
  ...{ startedAtMs: timeMs, endedAtMs: timeMs, watchedMs: spanMs, positionMs: spanMs },
  ...{ durationMs: z.number().gt(0).nullable(), hasNext: z.boolean().nullable() },
  from: z.object({ rankingId: z.string(), place: z.number().int().min(0) }).nullable(),
}) satisfies z.ZodType<PlayLine>;

const interactionLine = z.discriminatedUnion('kind', [rowLine, playLine]);

export interface LogCounts {
  lines: number;
  rows: number;
  plays: number;
  /** Lines that were taken for nothing, by reason. */
  unreadable: Record<string, number>;
}

export interface InteractionLog {
  accounts: AccountPlays[];
  /** Rows as they were shown, with what was played next: features as they were logged. */
  shown: PlaysTask;
  counts: LogCounts;
}

/**
 * Reads a log of interactions: a file, or a folder of files, which are read in the order of their names.
 *
 * Errors: none for what it holds: lines that cannot be read are counted by reason, also the last one of
 * a log that is still written to. A file that cannot be opened rejects.
 * Cost: streamed; kept are the plays, the rows that were answered by one, and 64 open rows a profile.
 */
export async function readInteractionLog(path: string): Promise<InteractionLog> {
  return interactionLogOf(chunksOf(await filesOf(path)));
}

async function filesOf(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => /\.(?:jsonl|log)$/.test(name));
  return names.sort().map((name) => join(path, name));
}

async function* chunksOf(files: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const file of files) {
    yield* createReadStream(file, { highWaterMark: 1 << 18 });
    // The last line of a file may lack its end.
    yield Buffer.from('\n');
  }
}

export async function interactionLogOf(chunks: AsyncIterable<Uint8Array>): Promise<InteractionLog> {
  const reader = new LogReader();
  for await (const lines of linesOf(chunks)) {
    for (const line of lines) if (line.trim() !== '') reader.add(line);
  }
  return reader.log();
}

class LogReader {
  readonly #counts: LogCounts = { lines: 0, rows: 0, plays: 0, unreadable: {} };
  readonly #collector = new PlayCollector();
  readonly #rows = new ShownRows();

  add(text: string): void {
    this.#counts.lines += 1;
    const line = lineOf(text);
    if (typeof line === 'string') this.#refuse(line);
    else if (line.kind === 'row') this.#addRow(line);
    else this.#addPlay(line);
  }

  log(): InteractionLog {
    const accounts = this.#collector.accounts();
    return { accounts, shown: this.#rows.task(), counts: this.#counts };
  }

  #refuse(because: string): void {
    this.#counts.unreadable[because] = (this.#counts.unreadable[because] ?? 0) + 1;
  }

  #addRow(row: RowLine): void {
    if (this.#rows.addRow(row)) this.#counts.rows += 1;
    else this.#refuse('row of other features');
  }

  #addPlay(line: PlayLine): void {
    this.#counts.plays += 1;
    if (line.watchedMs >= playMinMs) this.#rows.addPlay(line);
    const { account, profile, show, from: _, kind: __, v: ___, ...play } = line;
    const { positionMs, durationMs } = play;
    const progress = durationMs === null ? Number.NaN : Math.min(1, positionMs / durationMs);
    this.#collector.add({ account, profile }, { ...play, showId: show, progress });
  }
}

/** The line, or why it is none. */
function lineOf(text: string): RowLine | PlayLine | string {
  let told: unknown;
  try {
    told = JSON.parse(text);
  } catch {
    return 'no JSON';
  }
  const parsed = interactionLine.safeParse(told);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.find((part) => typeof part === 'string');
  return field === undefined ? 'no line of this log' : `field ${field}`;
}
