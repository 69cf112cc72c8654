import type { SubgraphContext } from '../../runtime/subgraph.ts';
import type { Titles } from './titles.ts';

/** The sample shows everybody the same, so whose request it is does not matter here, only that a gateway sent it. */
export interface Context extends SubgraphContext {
  viewer: null;
  titles: Titles;
  /** One instant for the whole operation: an episode is playable in all of it or in none. */
  nowMs: number;
}
