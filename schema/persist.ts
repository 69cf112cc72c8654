import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { buildSchema, parse, validate } from 'graphql';
import * as sdk from '../client/operations.ts';
import * as demo from '../demo/documents.ts';

const file = new URL('persisted-documents.json', import.meta.url);
const publicApi = new URL('api.graphql', import.meta.url);

/** Document by the SHA-256 of its text, as clients send it: a map that every kind of server can read. */
export type Manifest = Readonly<Record<string, string>>;

/**
 * The documents that clients of this repository send: those of the SDK and of the demo.
 *
 * Errors: throws when one of them does not fit the public API.
 */
export async function manifestOf(modules: readonly object[]): Promise<Manifest> {
  const api = buildSchema(await readFile(publicApi, 'utf8'));
  const documents = modules.flatMap((module) => Object.values(module).filter(isOperation));
  const entries = documents.map(({ name, document }) => {
    const [wrong] = validate(api, parse(document));
    if (wrong !== undefined) throw new Error(`${name} does not fit the API: ${wrong.message}`);
    return [createHash('sha256').update(document).digest('hex'), document] as const;
  });
  // By text, so that a change of one document moves no other.
  return Object.fromEntries(entries.sort(([, left], [, right]) => (left < right ? -1 : 1)));
}

function isOperation(exported: unknown): exported is sdk.Operation {
  return typeof exported === 'object' && exported !== null && 'document' in exported;
}

async function main(argv: readonly string[]): Promise<void> {
  const text = `${JSON.stringify(await manifestOf([sdk, demo]), null, 2)}\n`;
  if (!argv.includes('--check')) {
    await writeFile(file, text);
  } else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
    throw new Error(
      'schema/persisted-documents.json is not what clients send: run npm run generate.',
    );
  }
}

if (import.meta.main) await main(process.argv.slice(2));
