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
 * Reads a script beside this file, with the parts that it includes. What it is `given` are numbers that
 * never change while a process runs: part of its text, where they cost a call nothing, and texts
 * themselves, because Redis would make texts of numbers each time.
 *
 * Errors: throws when a file is missing; scripts are read when a process starts, not later.
 */
export function readScript(name: string, given: Readonly<Record<string, number>> = {}): Script {
  const constants = Object.entries(given).map(([key, value]) => `local ${key} = '${value}'\n`);
  const source = constants.join('') + read(`${name}.lua`);
  const sha1 = createHash('sha1').update(source).digest('hex');
  return { name, source, sha1 };
}

function read(file: string): string {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8');
  return text.replace(includeLine, (_, part: string) => read(part));
}
