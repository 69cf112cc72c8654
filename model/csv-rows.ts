/** Lines that one field may span before its opening quote counts as a mistake. */
const linesJoinedMax = 4;

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
  const fields: string[] = [];
  let at = 0;
  while (at <= line.length) {
    if (line[at] !== '"') {
      const end = line.indexOf(delimiter, at);
      const field = end < 0 ? line.slice(at) : line.slice(at, end);
      fields.push(field.trim());
      if (end < 0) return { fields, isClosed: true };
      at = end + delimiter.length;
      continue;
    }
    const end = closingQuote(line, { from: at + 1, delimiter });
    const field = end < 0 ? line.slice(at + 1) : line.slice(at + 1, end);
    fields.push(field.replaceAll('""', '"').trim());
    if (end < 0) return { fields, isClosed: false };
    at = end + 1 + delimiter.length;
  }
  return { fields, isClosed: true };
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
    if (this.#open.length > 0) {
      const joined = splitLine([...this.#open, line].join(' '), this.#delimiter);
      if (joined.isClosed && !this.#isRow(line) && this.#take(joined.fields)) {
        this.#open = [];
        return;
      }
      if (!joined.isClosed && this.#open.length < linesJoinedMax && !this.#isRow(line)) {
        this.#open.push(line);
        return;
      }
      this.end();
    }
    this.#addAlone(line);
  }

  /** Takes what is still open for what it is: lines whose quotes are broken. */
  end(): void {
    const open = this.#open;
    this.#open = [];
    for (const line of open) this.#takePlainly(line);
  }

  #addAlone(line: string): void {
    if (line.trim() === '') return;
    const { fields, isClosed } = splitLine(line, this.#delimiter);
    if (!isClosed) this.#open = [line];
    else if (!this.#take(fields)) this.#takePlainly(line);
  }

  #takePlainly(line: string): void {
    if (line.trim() !== '' && !this.#take(splitPlainly(line, this.#delimiter))) this.#refuse();
  }

  /** Plainly a row: as many delimiters outside quotes as rows have, and nothing open. */
  #isRow(line: string): boolean {
    const { fields, isClosed } = splitLine(line, this.#delimiter);
    return isClosed && fields.length >= rowFieldsMin;
  }
}

/** Fewer fields are the tail of a field that was cut by a line's end. */
const rowFieldsMin = 5;
