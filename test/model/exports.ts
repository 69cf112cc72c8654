import { type ExportPlays, playsOfExports } from '../../model/netflix-export.ts';

/** A row of an export, as far as a test cares. */
export interface Told {
  profile?: string;
  start?: string;
  duration?: string;
  attributes?: string;
  title?: string;
  supplemental?: string;
  device?: string;
  bookmark?: string;
}

export const header =
  'Profile Name,Start Time,Duration,Attributes,Title,Supplemental Video Type,Device Type,Bookmark,Latest Bookmark,Country';

export function fieldsOf(told: Told): string[] {
  const { profile = 'Ann', start = '2023-04-05 20:15:00', duration = '00:41:05' } = told;
  const { attributes = '', title = 'Harbour: Season 1: Fog (Episode 1)' } = told;
  const { supplemental = '', device = 'Samsung 2019 UHD TV Smart TV' } = told;
  const { bookmark = '00:41:00' } = told;
  return [
    ...[profile, start, duration, attributes, title, supplemental, device, bookmark],
    ...['Not latest view', 'IE (Ireland)'],
  ];
}

/** Quoted where it must be, as the export does. */
export function csv(fields: readonly string[], delimiter = ','): string {
  const quoted = fields.map((field) =>
    field.includes(delimiter) || field.includes('"') ? `"${field.replaceAll('"', '""')}"` : field,
  );
  return quoted.join(delimiter);
}

export function fileOf(rows: readonly Told[]): string {
  return `${[header, ...rows.map((row) => csv(fieldsOf(row)))].join('\r\n')}\r\n`;
}

/** Every file in pieces of so many bytes: no reader may depend on where a piece ends. */
export function read(files: readonly (string | Uint8Array)[], size = 61): Promise<ExportPlays> {
  return playsOfExports(files.map((file) => () => pieces(Buffer.from(file as string), size)));
}

export async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Plays of all profiles, oldest first. */
export function playsIn({ accounts }: ExportPlays) {
  return accounts
    .flatMap(({ profiles }) => profiles.flatMap(({ plays }) => plays))
    .sort((one, other) => one.startedAtMs - other.startedAtMs);
}
