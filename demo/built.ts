import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const repository = new URL('../', import.meta.url);

/** Where the demo's own files are. */
export const demoFolder = fileURLToPath(new URL('demo/', repository));
/** Where it is built to: a folder for each state of its sources. */
export const builtFolder = `${demoFolder}dist/`;

/** Everything that a build depends on. */
const sources = ['demo/', 'demo/styles/', 'client/', 'domain/'];
const sourcePattern = /\.(?:ts|css|html)$/;

/**
 * Where the build of the sources as they are now is, or is to be.
 *
 * Cost: reads some hundred small files; a few milliseconds.
 */
export function builtFrom(): string {
  const hash = createHash('sha256').update(readFileSync(new URL('package-lock.json', repository)));
  for (const folder of sources) {
    const files = readdirSync(new URL(folder, repository)).filter((each) =>
      sourcePattern.test(each),
    );
    for (const file of files.sort()) {
      hash.update(`\0${folder}${file}\0`).update(readFileSync(new URL(folder + file, repository)));
    }
  }
  return `${builtFolder}${hash.digest('hex').slice(0, 16)}/`;
}
