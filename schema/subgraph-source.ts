import { readFile } from 'node:fs/promises';
import { type DocumentNode, parse } from 'graphql';

/** A subgraph of the supergraph: its SDL file stands beside this one, under its name. */
export interface SubgraphSource {
  name: string;
  url: string;
  typeDefs: DocumentNode;
}

/** Default addresses of the separate processes; a gateway's configuration overrides them. */
export const subgraphUrls = {
  catalog: 'http://127.0.0.1:4003/graphql',
  playback: 'http://127.0.0.1:4001/graphql',
  recommendations: 'http://127.0.0.1:4002/graphql',
};

const schemaFolder = new URL('./', import.meta.url);

/** Reads one subgraph's SDL. Errors: ENOENT with the path, or graphql's own syntax error. */
export async function readSubgraph(name: keyof typeof subgraphUrls): Promise<SubgraphSource> {
  const sdl = await readFile(new URL(`${name}.graphql`, schemaFolder), 'utf8');
  return { name, url: subgraphUrls[name], typeDefs: parse(sdl) };
}
