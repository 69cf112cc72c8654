import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** One atomic step, as Redis knows it. */
export interface Script {
  name: string;
  source: string;
  sha1: string;
}

/** `-- include mark.lua`, alone on its line, stands for that file. */
const includeLine = /^-- include (\S+)$/gm;

/**
 * Reads a script beside this file, with the parts that it includes.
 *
 * Errors: throws when a file is missing; scripts are read when a process starts, not later.
 */
export function readScript(name: string): Script {
  const source = read(`${name}.lua`).replace(includeLine, (_, part: string) => read(part));
  const sha1 = createHash('sha1').update(source).digest('hex');
  return { name, source, sha1 };
}

function read(file: string): string {
  return readFileSync(new URL(file, import.meta.url), 'utf8');
}
