import { readFile } from 'node:fs/promises';
import { parse } from 'graphql';
import type { Config } from '../../runtime/config.ts';
import { composeSupergraph } from '../../schema/compose.ts';
import { readSources } from '../../schema/read-sources.ts';
import { type Finding, fail, ok, reasonOf, warn } from './finding.ts';

const root = new URL('../../', import.meta.url);
/** Another team's subgraph need not be quick here. */
const askMsMax = 5_000;

/** What a gateway plans with, made anew of the subgraphs beside it. */
export async function supergraph(
  read = () => readSources(new URL('schema/', root)),
): Promise<Finding> {
  const name = 'supergraph';
  try {
    const sources = await read();
    const composed = composeSupergraph(sources);
    const kept = await readFile(new URL('schema/supergraph.graphql', root), 'utf8');
    return composed.supergraph === kept
      ? ok(name, `${sources.length} subgraphs compose to it`)
      : fail(name, 'is not what the subgraphs compose to', 'Run `npm run generate`.');
  } catch (error) {
    return fail(name, reasonOf(error), 'Correct the schema it names, then run `npm run generate`.');
  }
}

/** The supergraph that is served in its place; nothing where none is configured. */
export async function supergraphFile({ SUPERGRAPH_FILE: file }: Config): Promise<Finding[]> {
  if (file === undefined) return [];
  const name = 'supergraph file';
  const advice = 'Name one that `npm run compose` wrote, such as a contract of schema/contracts.';
  try {
    const { definitions } = parse(await readFile(file, 'utf8'));
    const isSupergraph = definitions.some(
      (definition) => 'name' in definition && definition.name?.value === 'join__Graph',
    );
    return [isSupergraph ? ok(name, file) : fail(name, `${file} is no supergraph`, advice)];
  } catch (error) {
    return [fail(name, `${file}: ${reasonOf(error)}`, advice)];
  }
}

/** Whether subgraphs of other teams answer at all: what, they say to a gateway alone. */
export function otherSubgraphs({ SUBGRAPH_URLS: urls = {} }: Config): Promise<Finding[]> {
  return Promise.all(
    Object.entries(urls).map(async ([subgraph, url]) => {
      const name = `subgraph ${subgraph}`;
      try {
        const request = { method: 'POST', headers: { 'content-type': 'application/json' } };
        const signal = AbortSignal.timeout(askMsMax);
        const { status, body } = await fetch(url, { ...request, body: '{}', signal });
        await body?.cancel();
        return ok(name, `${url} answers (${status})`);
      } catch (error) {
        const advice =
          'Start it, or correct its address in SUBGRAPH_URLS: its fields are null until then.';
        return warn(name, `${url}: ${reasonOf(error)}`, advice);
      }
    }),
  );
}
