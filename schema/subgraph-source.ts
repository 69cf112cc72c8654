import { readFile } from 'node:fs/promises';
import { type DocumentNode, parse } from 'graphql';

/** A subgraph of the supergraph. */
export interface SubgraphSource {
  name: string;
  /** Where gateways reach it. */
  url: string;
  typeDefs: DocumentNode;
}

const schemaFolder = new URL('./', import.meta.url);

/** The SDL of one of our own subgraphs. Errors: ENOENT with the path, or graphql's own syntax error. */
export async function readSubgraph(
  name: 'catalog' | 'playback' | 'recommendations',
): Promise<Omit<SubgraphSource, 'url'>> {
  const sdl = await readFile(new URL(`${name}.graphql`, schemaFolder), 'utf8');
  return { name, typeDefs: parse(sdl) };
}
