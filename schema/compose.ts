import { readFile, writeFile } from 'node:fs/promises';
import {
  type CompositionResult,
  composeServices,
  compositionHasErrors,
  transformSupergraphToPublicSchema,
} from '@theguild/federation-composition';
import { buildASTSchema, lexicographicSortSchema, parse, printSchema } from 'graphql';
import { runCommand } from '../runtime/run-command.ts';
import { describeErrors } from './composition-errors.ts';
import { strayImplementations } from './interface-entities.ts';
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
  const publicSchema = transformSupergraphToPublicSchema(parse(supergraph));
  const api = printSchema(lexicographicSortSchema(buildASTSchema(publicSchema)));
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
  const { supergraph, api } = composeSupergraph(await readSources(folder));
  return new Map([
    ['supergraph.graphql', supergraph],
    ['api.graphql', api],
  ]);
}

async function main(argv: readonly string[]): Promise<void> {
  const stale: string[] = [];
  for (const [file, text] of await composeFolder(schemaFolder)) {
    const url = new URL(file, schemaFolder);
    if ((await readFile(url, 'utf8').catch(() => '')) === text) continue;
    if (argv.includes('--check')) stale.push(`schema/${file}`);
    else await writeFile(url, text);
  }
  if (stale.length === 0) return;
  throw new Error(
    `Not what the subgraphs compose to: ${stale.join(', ')}. Run npm run compose, look at the difference, and commit it.`,
  );
}

if (import.meta.main) await runCommand(main);
