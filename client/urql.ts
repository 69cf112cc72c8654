import type { Exchange } from '@urql/core';
import { map, pipe } from 'wonka';
import { NewestPlayheads } from './newest-playheads.ts';

/**
 * Keeps older versions of a playhead out of urql's caches, which take whatever comes last.
 *
 * Shape: after the cache, before what talks to the server: `[cacheExchange(), playheadExchange(), fetchExchange]`.
 * Playheads need `id` and `version` in the selection. Only a normalised cache (Graphcache) shows a push
 * of a subscription in the queries of a page.
 */
export function playheadExchange(): Exchange {
  const newest = new NewestPlayheads();
  return ({ forward }) =>
    (operations) =>
      pipe(
        forward(operations),
        map((result) => ({ ...result, data: newest.admit(result.data) })),
      );
}
