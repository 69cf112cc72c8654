import { readFile } from 'node:fs/promises';
import { type DocumentNode, GraphQLError, parse, Source } from 'graphql';
import { fetchSdl } from './fetch-sdl.ts';
import { type ListedSubgraph, readSubgraphList } from './subgraph-list.ts';
import type { SubgraphSource } from './subgraph-source.ts';

/**
 * Every subgraph that the list in this folder names, but `except`, with its SDL.
 *
 * Errors: throws naming the file, or the address, that cannot be read or is no SDL.
 */
export async function readSources(folder: URL, except?: string): Promise<SubgraphSource[]> {
  const listed = await readSubgraphList(new URL('supergraph.yaml', folder));
  const wanted = listed.filter(({ name }) => name !== except);
  return Promise.all(wanted.map((subgraph) => readSource(subgraph, folder)));
}

async function readSource(
  { name, url, schema }: ListedSubgraph,
  folder: URL,
): Promise<SubgraphSource> {
  if ('subgraph_url' in schema) {
    const sdl = await fetchSdl(schema.subgraph_url);
    return { name, url, typeDefs: parseSdl(sdl, schema.subgraph_url) };
  }
  const sdl = await readFile(new URL(schema.file, folder), 'utf8').catch((cause: unknown) => {
    const message = `supergraph.yaml: the schema of ${name}, ${schema.file}, cannot be read. Pull it with npm run subgraph:pull, or correct schema.file.`;
    throw new Error(message, { cause });
  });
  return { name, url, typeDefs: parseSdl(sdl, schema.file.replace(/^\.\//, '')) };
}

/** Errors: throws with `origin`, line and column, and graphql's own sentence. */
export function parseSdl(sdl: string, origin: string): DocumentNode {
  try {
    return parse(new Source(sdl, origin));
  } catch (cause) {
    if (!(cause instanceof GraphQLError)) throw cause;
    const [place] = cause.locations ?? [];
    throw new Error(`${origin}:${place?.line}:${place?.column} ${cause.message}`, { cause });
  }
}
