import { readFile, writeFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import { composeSupergraph } from './compose.ts';
import { fetchSdl } from './fetch-sdl.ts';
import { parseSdl, readSources } from './read-sources.ts';
import { type ListedSubgraph, listedIn } from './subgraph-list.ts';

export interface PulledSubgraph {
  /** As the list names it, from its folder. */
  file: string;
  /** Whether it was added to the list. */
  isNew: boolean;
}

/**
 * Reads the SDL of a running subgraph into this folder, and adds the subgraph to the list if it is not
 * there; everything else in the list, comments as well, stays as it is.
 *
 * Errors: throws, and has written nothing, when the subgraph cannot be asked, its SDL does not compose
 * with the others, or the list reads its SDL from elsewhere than a file.
 */
export async function pullSubgraph(
  folder: URL,
  subgraph: { name: string; url: string; headers: Record<string, string> },
): Promise<PulledSubgraph> {
  const { name, url } = subgraph;
  const list = new URL('supergraph.yaml', folder);
  const text = await readFile(list, 'utf8');
  const known = listedIn(text).find((one) => one.name === name);
  const added = known === undefined ? withSubgraph(text, { name, url }) : text;
  const listed = known ?? listedIn(added).find((one) => one.name === name);
  const file = fileOf(listed, name);
  const sdl = `${(await fetchSdl(url, subgraph.headers)).trim()}\n`;
  const pulled = { name, url: listed?.url ?? url, typeDefs: parseSdl(sdl, url) };
  const others = await readSources(folder, name);
  composeSupergraph([...others, pulled]);
  await writeFile(new URL(file, folder), sdl);
  if (known === undefined) await writeFile(list, added);
  return { file, isNew: known === undefined };
}

function fileOf(listed: ListedSubgraph | undefined, name: string): string {
  if (listed !== undefined && 'file' in listed.schema) return listed.schema.file;
  throw new Error(
    `supergraph.yaml asks ${name} itself for its SDL each time: there is nothing to pull. To keep a file instead, let its schema say file: ./${name}.graphql.`,
  );
}

function withSubgraph(text: string, { name, url }: { name: string; url: string }): string {
  const document = parseDocument(text);
  const entry = { routing_url: url, schema: { file: `./${name}.graphql` } };
  document.setIn(['subgraphs', name], document.createNode(entry));
  // Long comments and addresses stay on their lines.
  return document.toString({ lineWidth: 0 });
}
