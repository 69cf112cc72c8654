import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stripIgnoredCharacters } from 'graphql';
import { BoundedMap } from '../runtime/bounded-map.ts';
import { isRecord } from '../runtime/parsed-json.ts';

/** What the clients of this repository send; `npm run generate` writes it. */
export const ownManifest = fileURLToPath(
  new URL('../schema/persisted-documents.json', import.meta.url),
);

/** Texts that were seen to be known; a client sends each document in one form, or in two. */
const seenMax = 1_000;
/** Blanks and comments make a text longer than what it says; so much longer is nobody's honest text. */
const blanksMax = 8;

/** The documents that clients are known to send: found by id, or recognised by what they say. */
export class KnownDocuments {
  readonly #byId = new Map<string, string>();
  /** Without what means nothing: the SDK in one file sends its documents without it. */
  readonly #stripped = new Set<string>();
  readonly #seen = new BoundedMap<true>(seenMax);
  #lengthMax = 0;

  get length(): number {
    return this.#stripped.size;
  }

  /** Errors: throws when the text is no GraphQL. */
  add(id: string, text: string): void {
    parse(text);
    this.#byId.set(bare(id), text);
    this.#byId.set(createHash('sha256').update(text).digest('hex'), text);
    this.#stripped.add(stripIgnoredCharacters(text));
    this.#lengthMax = Math.max(this.#lengthMax, text.length * blanksMax);
  }

  /** `id` is one of a manifest, or the SHA-256 of the text in hex; `sha256:` in front is ignored. */
  find(id: string): string | undefined {
    return this.#byId.get(bare(id));
  }

  /** Whether a text says what a known document says. Cost: a look-up; reads a text it has not seen. */
  isKnown(text: string): boolean {
    if (this.#seen.get(text) === true) return true;
    if (text.length > this.#lengthMax || !this.#stripped.has(stripped(text))) return false;
    this.#seen.set(text, true);
    return true;
  }
}

function bare(id: string): string {
  return id.replace(/^sha256:/, '');
}

/** Empty for what is no GraphQL. */
function stripped(text: string): string {
  try {
    return stripIgnoredCharacters(text);
  } catch {
    return '';
  }
}

/**
 * Reads manifests: files, or all `*.json` of folders. A manifest is a map of ids to texts (GraphQL Code
 * Generator, Relay), or Apollo's `{ format, version, operations: [{ id, body }] }`.
 *
 * Errors: throws with the file, and what is wrong in it.
 */
export async function readKnownDocuments(paths: readonly string[]): Promise<KnownDocuments> {
  const known = new KnownDocuments();
  for (const path of paths) {
    for (const file of await filesOf(path)) await readManifest(file, known);
  }
  return known;
}

async function filesOf(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => name.endsWith('.json'));
  return names.sort().map((name) => join(path, name));
}

async function readManifest(file: string, known: KnownDocuments): Promise<void> {
  try {
    for (const [id, text] of entriesOf(JSON.parse(await readFile(file, 'utf8')))) {
      known.add(id, text);
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${file} is no manifest of documents: ${why}`, { cause });
  }
}

function entriesOf(manifest: unknown): [id: string, text: string][] {
  if (!isRecord(manifest)) throw new TypeError('it is no object.');
  const { operations } = manifest;
  const entries: [string, unknown][] = Array.isArray(operations)
    ? operations.map((each) => (isRecord(each) ? [String(each.id), each.body] : ['?', each]))
    : Object.entries(manifest);
  return entries.map(([id, text]) => {
    if (typeof text !== 'string') throw new TypeError(`what ${id} stands for is no text.`);
    return [id, text];
  });
}
