/** Lines that one field may span before its opening quote counts as a mistake. */
const linesJoinedMax = 4;

/** Spreadsheets write empty rows with all their separators. */
const blank = /^[\s",;|]*$/;

export interface SplitLine {
  fields: string[];
  /** Whether every quote that was opened was closed. */
  isClosed: boolean;
}

/**
 * Splits a line into fields and forgives: a quote inside a quoted field that is not doubled stays as it
 * is, and a line that a spreadsheet quoted as a whole is opened once more.
 */
export function splitLine(line: string, delimiter: string): SplitLine {
  const split = splitQuoted(line, delimiter);
  const [only] = split.fields;
  if (split.fields.length > 1 || only === undefined || !only.includes(delimiter)) return split;
  return splitQuoted(only, delimiter);
}

/** Splits where the delimiter stands, whatever is quoted: for a line whose quotes cannot be believed. */
export function splitPlainly(line: string, delimiter: string): string[] {
  return line.split(delimiter).map((field) => field.replace(/^\s*"|"\s*$/g, ''));
}

function splitQuoted(line: string, delimiter: string): SplitLine {
  if (!line.includes('"')) return { fields: line.split(delimiter).map(trimmed), isClosed: true };
  const fields: string[] = [];
  let at = 0;
  while (at <= line.length) {
    const field = fieldAt(line, { at, delimiter });
    fields.push(field.text.trim());
    if (field.next === null) return { fields, isClosed: false };
    at = field.next;
  }
  return { fields, isClosed: true };
}

interface Field {
  text: string;
  /** Where the next one begins, beyond the line's end after the last; null: its quote is never closed. */
  next: number | null;
}

function fieldAt(line: string, { at, delimiter }: { at: number; delimiter: string }): Field {
  if (line[at] !== '"') {
    const found = line.indexOf(delimiter, at);
    const end = found < 0 ? line.length : found;
    return { text: line.slice(at, end), next: end + delimiter.length };
  }
  const end = closingQuote(line, { from: at + 1, delimiter });
  if (end < 0) return { text: line.slice(at + 1), next: null };
  const text = line.slice(at + 1, end).replaceAll('""', '"');
  return { text, next: end + 1 + delimiter.length };
}

function trimmed(field: string): string {
  return field.trim();
}

/** The quote that is followed by a delimiter or by nothing; a doubled one never is it. */
function closingQuote(
  line: string,
  { from, delimiter }: { from: number; delimiter: string },
): number {
  let at = line.indexOf('"', from);
  while (at >= 0) {
    const isDoubled = line[at + 1] === '"';
    if (!isDoubled && isEnd(line, { at: at + 1, delimiter })) return at;
    at = line.indexOf('"', at + (isDoubled ? 2 : 1));
  }
  return -1;
}

function isEnd(line: string, { at, delimiter }: { at: number; delimiter: string }): boolean {
  return at >= line.length || line.startsWith(delimiter, at);
}

/** What a reader of rows makes of fields: false, it can make nothing of so many or such ones. */
export type TakeRow = (fields: string[]) => boolean;

/**
 * Puts rows together from lines. A field may hold a line's end, but a quote that is never closed must not
 * swallow the file: as soon as a line reads as a row of its own, what was open is taken for broken.
 *
 * Cost: at most four lines in memory.
 */
export class RowJoiner {
  readonly #delimiter: string;
  readonly #take: TakeRow;
  readonly #refuse: () => void;
  #open: string[] = [];

  constructor(delimiter: string, outcomes: { take: TakeRow; refuse: () => void }) {
    this.#delimiter = delimiter;
    this.#take = outcomes.take;
    this.#refuse = outcomes.refuse;
  }

  add(line: string): void {
    if (blank.test(line)) return;
    const alone = splitLine(line, this.#delimiter);
    // A row of its own first: joined to the line before, its quotes would close what is broken there.
    if (alone.isClosed && this.#take(alone.fields)) this.end();
    else if (this.#open.length > 0) this.#join(line);
    else if (alone.isClosed) this.#takePlainly(line);
    else this.#open = [line];
  }

  /** Takes what is still open for what it is: lines whose quotes are broken. */
  end(): void {
    const open = this.#open;
    this.#open = [];
    for (const line of open) this.#takePlainly(line);
  }

  #join(line: string): void {
    const lines = [...this.#open, line];
    const joined = splitLine(lines.join(' '), this.#delimiter);
    if (joined.isClosed && this.#take(joined.fields)) {
      this.#open = [];
      return;
    }
    this.#open = lines;
    if (joined.isClosed || lines.length === linesJoinedMax) this.end();
  }

  #takePlainly(line: string): void {
    if (!this.#take(splitPlainly(line, this.#delimiter))) this.#refuse();
  }
}
