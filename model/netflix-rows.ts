import type { Columns } from './netflix-columns.ts';
import { deviceKindOf } from './netflix-devices.ts';
import { type SpanReadings, type StartReadings, spanOf, startOf } from './netflix-times.ts';
import { remembered } from './remembered.ts';

/** A row as read, before the file has told how its days and spans are to be taken. */
export interface ExportRow {
  profile: string;
  title: string;
  deviceKind: string;
  start: StartReadings;
  watched: SpanReadings;
  /** Null: the row tells none. */
  position: SpanReadings | null;
}

export type Unreadable = 'quoting or columns' | 'start time' | 'duration' | 'title';
export type LeftOut = 'trailers, previews and the like' | 'hidden' | 'under 2 minutes' | 'copies';

export type RowOutcome =
  | { kind: 'row'; row: ExportRow }
  | { kind: 'left out'; as: LeftOut }
  | { kind: 'unreadable'; because: Unreadable };

/** More than there are of either in any one file. */
const answersMax = 50_000;
const deviceKind = remembered(deviceKindOf, answersMax);
const span = remembered(spanOf, answersMax);

/** No title is longer: it is rows that broken quoting made one. */
const titleLengthMax = 500;
/** What tells the kind of a device stands well before. */
const deviceLengthMax = 200;

const nothing = /^(?:|-|none|null|n\/?a|nan|undefined)$/i;

/** Reads a row's fields; a title with delimiters that nobody quoted is put together again. */
export function rowOf(told: readonly string[], columns: Columns): RowOutcome {
  const fields = fitted(told, columns);
  if (fields === null) return { kind: 'unreadable', because: 'quoting or columns' };
  const at = (index: number | null) => (index === null ? '' : (fields[index] ?? ''));
  const start = startOf(at(columns.start));
  if (start === null) return { kind: 'unreadable', because: 'start time' };
  const watched = span(at(columns.duration));
  if (watched === null) return { kind: 'unreadable', because: 'duration' };
  const title = at(columns.title);
  if (nothing.test(title) || title.length > titleLengthMax)
    return { kind: 'unreadable', because: 'title' };
  if (!nothing.test(at(columns.supplemental))) {
    return { kind: 'left out', as: 'trailers, previews and the like' };
  }
  if (/hidden/i.test(at(columns.attributes))) return { kind: 'left out', as: 'hidden' };
  const row = {
    ...{ profile: at(columns.profile), title, start, watched },
    deviceKind: deviceKind(at(columns.device).slice(0, deviceLengthMax)),
    position: span(at(columns.bookmark)),
  };
  return { kind: 'row', row };
}

/** As many fields as there are columns, or enough for those that count; null when that cannot be. */
function fitted(told: readonly string[], columns: Columns): readonly string[] | null {
  const { count, title, start, duration } = columns;
  const fields = [...told];
  while (fields.length > count && fields.at(-1) === '') fields.pop();
  const surplus = fields.length - count;
  if (surplus > 0) {
    const at = looseColumn(fields, columns);
    const whole = fields.slice(at, at + surplus + 1).join(`${columns.delimiter} `);
    return [...fields.slice(0, at), whole, ...fields.slice(at + surplus + 1)];
  }
  return fields.length > Math.max(title, start, duration) ? fields : null;
}

/** Where a delimiter can stand unquoted: in titles, and in attributes, which are full of semicolons. */
function looseColumn(fields: readonly string[], { delimiter, title, attributes }: Columns): number {
  if (delimiter !== ';' || attributes === null) return title;
  return fields[attributes] === '' ? title : attributes;
}
