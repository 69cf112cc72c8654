import { splitLine } from './csv-rows.ts';
import { deviceKindOf } from './netflix-devices.ts';
import { spanOf, startOf } from './netflix-times.ts';

/** Where the export's columns stand in a file; null: the file has none of that name. */
export interface Columns {
  delimiter: string;
  count: number;
  /** Whether the first line names them, and is no row. */
  hasHeader: boolean;
  start: number;
  duration: number;
  title: number;
  profile: number | null;
  attributes: number | null;
  supplemental: number | null;
  device: number | null;
  bookmark: number | null;
}

type ColumnName = Exclude<keyof Columns, 'delimiter' | 'count' | 'hasHeader'>;

/** Names without case, spaces, dots and units: `Start Time (UTC)`, `Start.Time`, `start_time`. */
const names: Readonly<Record<string, ColumnName>> = {
  profilename: 'profile',
  profile: 'profile',
  starttime: 'start',
  starttimeutc: 'start',
  duration: 'duration',
  durationhmmss: 'duration',
  attributes: 'attributes',
  title: 'title',
  supplementalvideotype: 'supplemental',
  devicetype: 'device',
  bookmark: 'bookmark',
  bookmarkhmmss: 'bookmark',
};

/** As the export writes them, for a file whose first line was lost. */
const usual: readonly (ColumnName | null)[] = [
  ...(['profile', 'start', 'duration', 'attributes', 'title'] as const),
  ...(['supplemental', 'device', 'bookmark', null, null] as const),
];

const delimiters = [',', ';', '\t', '|'];
const supplementalTypes = /^[A-Z]+(?:_[A-Z]+)*$/;

/** Null when neither names nor contents tell which columns these are. */
export function columnsOf(sample: readonly string[]): Columns | null {
  for (const delimiter of delimiters) {
    const rows = sample.map((line) => splitLine(line, delimiter).fields);
    const header = rows[0] ?? [];
    if (header.length < 3) continue;
    const named = columnsAt(header.map(columnNamed), { delimiter, count: header.length });
    if (named !== null) return { ...named, hasHeader: true };
    const found = columnsByContents(rows, delimiter);
    if (found !== null) return found;
  }
  return null;
}

function columnNamed(header: string): ColumnName | null {
  return names[header.toLowerCase().replace(/[^a-z]/g, '')] ?? null;
}

function columnsAt(
  found: readonly (ColumnName | null)[],
  { delimiter, count }: { delimiter: string; count: number },
): Columns | null {
  const at = (name: ColumnName) => (found.includes(name) ? found.indexOf(name) : null);
  const [start, duration, title] = [at('start'), at('duration'), at('title')];
  if (start === null || duration === null || title === null) return null;
  return {
    ...{ delimiter, count, hasHeader: false, start, duration, title, profile: at('profile') },
    ...{ attributes: at('attributes'), supplemental: at('supplemental'), device: at('device') },
    bookmark: at('bookmark'),
  };
}

/** By what stands in them: the usual order if it fits, else whatever does. */
function columnsByContents(rows: readonly string[][], delimiter: string): Columns | null {
  const count = mostFrequent(rows.map((row) => row.length));
  const whole = rows.filter((row) => row.length === count);
  const shares = Array.from({ length: count }, (_, index) =>
    sharesOf(whole.map((row) => row[index] as string)),
  );
  const fits = (index: number, name: keyof Shares) => (shares[index]?.[name] ?? 0) > 0.8;
  const isUsual = count >= 9 && fits(1, 'starts') && fits(2, 'spans');
  return columnsAt(isUsual ? usual : guessed(shares), { delimiter, count });
}

/** Shares of a column's values that read as such. */
interface Shares {
  starts: number;
  spans: number;
  devices: number;
  supplementals: number;
  distinct: number;
  filled: number;
}

function sharesOf(values: readonly string[]): Shares {
  const filled = values.filter((value) => value !== '');
  const share = (test: (value: string) => boolean) =>
    filled.length === 0 ? 0 : filled.filter(test).length / filled.length;
  return {
    starts: share((value) => startOf(value) !== null),
    spans: share((value) => spanOf(value) !== null),
    devices: share((value) => deviceKindOf(value) !== 'OTHER'),
    supplementals: share((value) => supplementalTypes.test(value)),
    distinct: new Set(filled).size,
    filled: filled.length / values.length,
  };
}

function guessed(shares: readonly Shares[]): (ColumnName | null)[] {
  const found: (ColumnName | null)[] = shares.map(() => null);
  const free = () => [...shares.keys()].filter((index) => found[index] === null);
  const name = (as: ColumnName, index: number | undefined) => {
    if (index !== undefined) found[index] = as;
  };
  const first = (test: (share: Shares) => boolean) =>
    free().find((index) => test(shares[index] as Shares));
  name(
    'start',
    first(({ starts }) => starts > 0.8),
  );
  name(
    'duration',
    first(({ spans }) => spans > 0.8),
  );
  name(
    'bookmark',
    first(({ spans }) => spans > 0.5),
  );
  name(
    'device',
    first(({ devices, filled }) => devices > 0.7 && filled > 0.8),
  );
  name(
    'supplemental',
    first(({ supplementals, filled }) => supplementals > 0.9 && filled < 0.9),
  );
  const byDistinct = free()
    .filter((index) => (shares[index] as Shares).filled > 0.9)
    .sort((one, other) => (shares[other] as Shares).distinct - (shares[one] as Shares).distinct);
  name('title', byDistinct[0]);
  name('profile', byDistinct.length > 1 ? byDistinct.at(-1) : undefined);
  return found;
}

function mostFrequent(counts: readonly number[]): number {
  const of = (wanted: number) => counts.filter((count) => count === wanted).length;
  return [...new Set(counts)].sort((one, other) => of(other) - of(one))[0] ?? 0;
}
