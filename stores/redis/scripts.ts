import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** One atomic step, as Redis knows it. */
export interface Script {
  name: string;
  source: string;
  sha1: string;
}

/** What one call of a script is given. */
export interface Step {
  keys: readonly string[];
  args: readonly (string | number)[];
}

/** `-- include mark.lua`, alone on its line, stands for that file. */
const includeLine = /^-- include (\S+)$/gm;

/**
 * Reads a script beside this file, with the parts that it includes. What it is `given` never changes while
 * a process runs: part of its text, where it costs a call nothing, and always texts, because Redis would
 * make texts of numbers each time.
 *
 * Errors: throws when a file is missing; scripts are read when a process starts, not later.
 */
export function readScript(
  name: string,
  given: Readonly<Record<string, number | string>> = {},
): Script {
  const constants = Object.entries(given).map(([key, value]) => constantLine(key, value));
  const source = constants.join('') + read(`${name}.lua`);
  const sha1 = createHash('sha1').update(source).digest('hex');
  return { name, source, sha1 };
}

function constantLine(name: string, value: number | string): string {
  if (!/^[\w|.-]*$/.test(String(value))) throw new RangeError(`A script cannot be given ${value}.`);
  return `local ${name} = '${value}'\n`;
}

function read(file: string): string {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8');
  return text.replace(includeLine, (_, part: string) => read(part));
}
