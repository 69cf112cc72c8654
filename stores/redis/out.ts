/** Version of the layout of entries (out.lua, plain-heartbeat.ts, session.lua): another one is not read. */
export const outFormat = 1;

/** This region, for the others. */
export interface RegionOptions {
  name: string;
  /** Entries kept of a partition until the others have read them, some 350 bytes each. */
  outLengthMax: number;
}

/** The greeting with which every entry begins. */
export interface Greeting {
  region: string;
  format: number;
  partitions: number;
}

/** What the scripts that append to the `out` stream are given. */
export function outConstants(of: {
  region?: RegionOptions;
  partitions: number;
}): Record<'greeting' | 'out_length_max', string | number> {
  const { region, partitions } = of;
  if (region === undefined) return { greeting: '', out_length_max: 0 };
  const greeting = `${region.name}|${outFormat}|${partitions}`;
  return { greeting, out_length_max: region.outLengthMax };
}

/** Null: no greeting. */
export function unpackGreeting(greeting: string): Greeting | null {
  const parts = /^([\w.-]{1,64})\|(\d{1,9})\|(\d{1,9})$/.exec(greeting);
  if (parts === null) return null;
  const [, region = '', format, partitions] = parts;
  return { region, format: Number(format), partitions: Number(partitions) };
}
