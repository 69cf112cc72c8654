import type { DocumentNode } from 'graphql';
import { readSubgraph } from '../../schema/subgraph-source.ts';

/** The product's own subgraphs. */
export async function ownSubgraphs(): Promise<Record<string, DocumentNode>> {
  const [catalog, playback, recommendations] = await Promise.all([
    readSubgraph('catalog'),
    readSubgraph('playback'),
    readSubgraph('recommendations'),
  ]);
  return {
    catalog: catalog.typeDefs,
    playback: playback.typeDefs,
    recommendations: recommendations.typeDefs,
  };
}
