import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import {
  type CompositionResult,
  composeSchemaContract,
  composeServices,
  compositionHasErrors,
} from '@theguild/federation-composition';
import { lexicographicSortSchema, parse, printSchema, validateSchema } from 'graphql';
import { runCommand } from '../runtime/run-command.ts';
import { describeErrors } from './composition-errors.ts';
import { readContracts } from './contract-list.ts';
import { strayImplementations } from './interface-entities.ts';
import { publicSchemaOf } from './public-schema.ts';
import { readSources } from './read-sources.ts';
import type { SubgraphSource } from './subgraph-source.ts';

const schemaFolder = new URL('./', import.meta.url);

/**
 * Composes subgraphs into the supergraph and the public API.
 *
 * Errors: throws with every composition error: file and line, type and field, what to do.
 * Cost: about 100 ms for three subgraphs.
 */
export function composeSupergraph(sources: readonly SubgraphSource[]): {
  supergraph: string;
  api: string;
} {
  const strays = strayImplementations(sources);
  if (strays.length > 0) throw refusal(strays);
  const supergraph = supergraphOf(composeServices([...sources]), sources);
  const schema = publicSchemaOf(parse(supergraph));
  const faults = validateSchema(schema).map(({ message }) => `What clients see: ${message}`);
  if (faults.length > 0) throw refusal(faults);
  const api = printSchema(lexicographicSortSchema(schema));
  return { supergraph, api: `${api.trim()}\n` };
}

function supergraphOf(result: CompositionResult, sources: readonly SubgraphSource[]): string {
  if (!compositionHasErrors(result)) return `${result.supergraphSdl.trim()}\n`;
  throw refusal(describeErrors(result.errors, sources));
}

function refusal(lines: readonly string[]): Error {
  return new Error(`The subgraphs do not compose:\n  ${lines.join('\n  ')}`);
}

/**
 * What `npm run compose` writes, by file name.
 *
 * Errors: throws when a subgraph cannot be read or they do not compose.
 */
export async function composeFolder(folder: URL): Promise<Map<string, string>> {
  const sources = await readSources(folder);
  const { supergraph, api } = composeSupergraph(sources);
  const files = new Map([
    ['supergraph.graphql', supergraph],
    ['api.graphql', api],
  ]);
  for (const { name, filter } of await readContracts(folder)) {
    const contract = composeSchemaContract(sources, filter, true);
    files.set(`contracts/${name}.graphql`, supergraphOf(contract, sources));
  }
  return files;
}

async function main(argv: readonly string[]): Promise<void> {
  const files = await composeFolder(schemaFolder);
  const isCheck = argv.includes('--check');
  if (!isCheck) await mkdir(new URL('contracts/', schemaFolder), { recursive: true });
  const stale: string[] = [];
  for (const [file, text] of files) {
    const url = new URL(file, schemaFolder);
    if ((await readFile(url, 'utf8').catch(() => '')) === text) continue;
    if (isCheck) stale.push(`schema/${file}`);
    else await writeFile(url, text);
  }
  const orphans = await contractsWithoutName(files);
  if (stale.length + orphans.length === 0) return;
  const lines = [
    ...stale.map((file) => `${file} is not what the subgraphs compose to: npm run compose`),
    ...orphans.map((file) => `${file} is no contract of contracts.yaml: git rm ${file}`),
  ];
  throw new Error(lines.join('\n'));
}

/** A contract that was renamed or taken back must not be served from its old file for ever. */
async function contractsWithoutName(files: ReadonlyMap<string, string>): Promise<string[]> {
  const there = await readdir(new URL('contracts/', schemaFolder)).catch(() => []);
  const written = there.map((name) => `contracts/${name}`);
  return written.filter((file) => !files.has(file)).map((file) => `schema/${file}`);
}

if (import.meta.main) await runCommand(main);
