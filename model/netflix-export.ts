import { createReadStream } from 'node:fs';
import { playMinMs } from '../subgraphs/recommendations/history.ts';
import { RowJoiner } from './csv-rows.ts';
import { type Columns, columnsOf } from './netflix-columns.ts';
import { type ExportRow, type LeftOut, rowOf, type Unreadable } from './netflix-rows.ts';
import { Shows } from './netflix-shows.ts';
import { type AccountPlays, PlayCollector } from './plays.ts';
import { linesOf } from './text-lines.ts';

/** What one file held, in numbers only. */
export interface FileCounts {
  rows: number;
  plays: number;
  leftOut: Partial<Record<LeftOut, number>>;
  unreadable: Partial<Record<Unreadable, number>>;
  /** Of which account it is, from 1: a later export of the same household joins the earlier one. */
  account: number;
  /** Why nothing could be read; null when something could. */
  problem: string | null;
}

export interface ExportPlays {
  accounts: AccountPlays[];
  files: FileCounts[];
}

/** Lines from which the columns are told. */
const sampleLines = 60;
/** Files that have this share of the smaller one's plays in common are of one household. */
const sharedMin = 0.05;
const minuteMs = 60_000;

/**
 * Reads exports of viewing activity as they are found: one household a file.
 *
 * Errors: none for what a file holds; rows that cannot be read are counted by reason, a file of which
 * nothing can be read says so in `problem`. A file that cannot be opened rejects.
 * Cost: files are streamed; kept are the plays, with every title, profile and device once.
 */
export async function readNetflixExports(files: readonly string[]): Promise<ExportPlays> {
  const sources = files.map((file) => () => createReadStream(file, { highWaterMark: 1 << 18 }));
  return playsOfExports(sources);
}

export async function playsOfExports(
  sources: readonly (() => AsyncIterable<Uint8Array>)[],
): Promise<ExportPlays> {
  const strings = new Map<string, string>();
  const read: ExportFile[] = [];
  for (const source of sources) {
    const file = new ExportFile(strings);
    for await (const lines of linesOf(source())) file.addAll(lines);
    file.end();
    read.push(file);
  }
  const shows = new Shows();
  for (const file of read) for (const { title } of file.rows) shows.add(title);
  const households = new Households(shows);
  const counts = read.map((file) => households.add(file));
  return { accounts: households.collected.accounts(), files: counts };
}

/** One file: its columns, then its rows. */
class ExportFile {
  readonly rows: ExportRow[] = [];
  readonly counts: FileCounts = {
    ...{ rows: 0, plays: 0, leftOut: {}, unreadable: {}, account: 0, problem: null },
  };
  readonly #strings: Map<string, string>;
  #sample: string[] | null = [];
  #joiner: RowJoiner | null = null;
  #because: Unreadable = 'quoting or columns';

  constructor(strings: Map<string, string>) {
    this.#strings = strings;
  }

  addAll(lines: readonly string[]): void {
    if (this.counts.problem !== null) return;
    if (this.#sample === null) {
      for (const line of lines) this.#joiner?.add(line);
      return;
    }
    this.#sample.push(...lines.filter((line) => line.trim() !== ''));
    if (this.#sample.length >= sampleLines) this.#begin(this.#sample);
  }

  end(): void {
    if (this.#sample !== null) this.#begin(this.#sample);
    this.#joiner?.end();
  }

  #begin(sample: readonly string[]): void {
    this.#sample = null;
    // A spreadsheet may say which separator it used before it begins.
    const lines = /^sep=/i.test(sample[0] ?? '') ? sample.slice(1) : sample;
    const columns = columnsOf(lines.slice(0, sampleLines));
    if (columns === null) {
      this.counts.problem = problemOf(lines[0] ?? '');
      return;
    }
    this.#joiner = new RowJoiner(columns.delimiter, {
      take: (fields) => this.#take(fields, columns),
      refuse: () => {
        this.counts.rows += 1;
        count(this.counts.unreadable, this.#because);
      },
    });
    for (const line of columns.hasHeader ? lines.slice(1) : lines) this.#joiner.add(line);
  }

  #take(fields: readonly string[], columns: Columns): boolean {
    const outcome = rowOf(fields, columns);
    if (outcome.kind === 'unreadable') {
      this.#because = outcome.because;
      return false;
    }
    this.counts.rows += 1;
    if (outcome.kind === 'left out') count(this.counts.leftOut, outcome.as);
    else if (isShort(outcome.row)) count(this.counts.leftOut, 'under 2 minutes');
    else this.rows.push(this.#interned(outcome.row));
    return true;
  }

  /** Titles and names repeat: each is kept once, and cut loose from the chunk that it came in. */
  #interned(row: ExportRow): ExportRow {
    const once = (text: string) => {
      const known = this.#strings.get(text);
      if (known !== undefined) return known;
      const copy = Buffer.from(text).toString();
      this.#strings.set(copy, copy);
      return copy;
    };
    return { ...row, profile: once(row.profile), title: once(row.title) };
  }
}

function problemOf(firstLine: string): string {
  if (firstLine === '') return 'it is empty';
  return /^\W*title\W+date\W*$/i.test(firstLine)
    ? 'it is NetflixViewingHistory.csv, which holds neither times nor devices; ViewingActivity.csv is in "Download your personal information"'
    : 'no columns for start time, duration and title were found';
}

/** Too short however its spans are to be taken. */
function isShort({ watched }: ExportRow): boolean {
  return Math.max(watched.asHoursMs, watched.asMinutesMs) < playMinMs;
}

function count<Key extends string>(counts: Partial<Record<Key, number>>, key: Key): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

/** Puts files together into households, without the plays that are told twice. */
class Households {
  readonly collected = new PlayCollector();
  readonly #shows: Shows;
  /** Plays that were taken already, as hashes, each with its household. */
  readonly #owners = new Map<number, number>();
  /** Plays of each household. */
  readonly #sizes: number[] = [];

  constructor(shows: Shows) {
    this.#shows = shows;
  }

  add({ rows, counts }: ExportFile): FileCounts {
    const at = this.#householdOf(rows);
    counts.account = at + 1;
    for (const play of takenAs(rows)) {
      const key = keyOf(play);
      if (!(play.watchedMs >= playMinMs)) count(counts.leftOut, 'under 2 minutes');
      else if (this.#owners.get(key) === at) count(counts.leftOut, 'copies');
      else if (Number.isNaN(play.startedAtMs)) count(counts.unreadable, 'start time');
      else {
        this.#owners.set(key, at);
        counts.plays += 1;
        this.#collect(`account ${at + 1}`, play);
      }
    }
    this.#sizes[at] = (this.#sizes[at] ?? 0) + counts.plays;
    rows.length = 0;
    return counts;
  }

  /** An earlier export of the same household, or a new one. */
  #householdOf(rows: readonly ExportRow[]): number {
    const shared = this.#sizes.map(() => 0);
    for (const play of this.#sizes.length === 0 ? [] : takenAs(rows)) {
      const owner = this.#owners.get(keyOf(play));
      if (owner !== undefined) shared[owner] = (shared[owner] as number) + 1;
    }
    const found = shared.findIndex((count, index) => {
      const smaller = Math.min(rows.length, this.#sizes[index] as number);
      return count > 0 && count >= sharedMin * smaller;
    });
    return found < 0 ? this.#sizes.length : found;
  }

  #collect(account: string, { profile, title, deviceKind, ...times }: TakenRow): void {
    const { startedAtMs, watchedMs, positionMs } = times;
    this.collected.add(
      { account, profile },
      {
        ...{ title, deviceKind, startedAtMs, watchedMs, positionMs, ...this.#shows.of(title) },
        ...{ endedAtMs: startedAtMs + watchedMs, durationMs: null, hasNext: null },
        progress: Number.NaN,
      },
    );
  }
}

interface TakenRow {
  profile: string;
  title: string;
  deviceKind: string;
  startedAtMs: number;
  watchedMs: number;
  positionMs: number;
}

/** Rows as the file as a whole says that they are to be taken. */
function* takenAs(rows: readonly ExportRow[]): Generator<TakenRow> {
  const isDayFirst = isDayBeforeMonth(rows);
  const isHours = !rows.some(
    ({ watched }) =>
      watched.asMinutesMs < watched.asHoursMs && watched.asMinutesMs >= 15 * minuteMs,
  );
  for (const { profile, title, deviceKind, start, watched, position } of rows) {
    yield {
      ...{ profile, title, deviceKind },
      startedAtMs: isDayFirst ? start.dayFirstMs : start.monthFirstMs,
      watchedMs: isHours ? watched.asHoursMs : watched.asMinutesMs,
      positionMs: (isHours ? position?.asHoursMs : position?.asMinutesMs) ?? Number.NaN,
    };
  }
}

/** Days beyond the twelfth decide; without any, the reading in which rows lie nearer to each other. */
function isDayBeforeMonth(rows: readonly ExportRow[]): boolean {
  const dayOnly = rows.filter(({ start }) => Number.isNaN(start.monthFirstMs)).length;
  const monthOnly = rows.filter(({ start }) => Number.isNaN(start.dayFirstMs)).length;
  if (dayOnly !== monthOnly) return dayOnly > monthOnly;
  return distanceMs(rows, 'dayFirstMs') < distanceMs(rows, 'monthFirstMs');
}

/** From row to row and on: a file in order goes the way once, months taken for days go to and fro. */
function distanceMs(rows: readonly ExportRow[], reading: keyof ExportRow['start']): number {
  let sum = 0;
  let before = rows[0]?.start[reading] ?? 0;
  for (const { start } of rows) {
    sum += Math.abs(start[reading] - before) || 0;
    before = start[reading];
  }
  return sum;
}

/**
 * One play, whoever copied it: to the minute, since spreadsheets cut seconds off.
 *
 * Source: two hashes after FNV-1a (Fowler, Noll & Vo), 53 bits together: of twenty thousand files with a
 * million plays each, one loses a play to chance.
 */
function keyOf({ startedAtMs, title, deviceKind }: TakenRow): number {
  const text = `${Math.floor(startedAtMs / minuteMs)} ${deviceKind} ${title}`;
  let [low, high] = [0x811c9dc5, 0x01000193];
  for (let at = 0; at < text.length; at += 1) {
    low = Math.imul(low ^ text.charCodeAt(at), 0x01000193);
    high = Math.imul(high ^ text.charCodeAt(at), 0x85ebca6b);
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0);
}
