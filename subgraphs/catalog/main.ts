import { type ProcessParts, runSubgraph } from '../../runtime/run-process.ts';
import { openSubgraph, type Subgraph } from '../../runtime/subgraph.ts';
import { readSubgraph } from '../../schema/subgraph-source.ts';
import type { Context } from './context.ts';
import { resolvers } from './resolvers.ts';
import { readSampleTitles, type Titles } from './titles.ts';

/**
 * Opens the sample catalog; an adopter puts their own in its place.
 *
 * Errors: throws when titles.json is not sound.
 */
export async function openCatalog(
  options: ProcessParts & {
    /** Default: the sample beside this file. */
    titles?: Titles;
  },
): Promise<Subgraph<Context>> {
  const { clock, log } = options;
  const titles = options.titles ?? (await readSampleTitles());
  const { typeDefs } = await readSubgraph('catalog');
  return openSubgraph<Context>({
    name: 'catalog',
    typeDefs,
    resolvers,
    async contextFor({ authorization }, moment) {
      await options.verifier?.verify(authorization, moment);
      return { viewer: null, titles, nowMs: clock.nowMs() };
    },
    log,
    close: async () => {},
  });
}

if (import.meta.main) {
  await runSubgraph({ name: 'catalog', open: openCatalog, port: (config) => config.CATALOG_PORT });
}
