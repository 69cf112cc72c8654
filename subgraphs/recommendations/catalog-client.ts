import { z } from 'zod';
import { PlatformError } from '../../domain/errors.ts';
import type { StatementSigner } from '../../runtime/signed-identity.ts';
import type { Subgraph, SubgraphContext } from '../../runtime/subgraph.ts';

/** An episode that follows another. */
export interface NextEpisode {
  id: string;
  seasonNumber: number;
  episodeNumber: number;
  /** When it became playable, ms since the Unix epoch; null: it always was. */
  availableFromMs: number | null;
}

/** What a row needs to know of a title. `other`: playable, but neither film nor episode. */
export type TitleFacts =
  | { kind: 'film' | 'other'; durationMs: number | null }
  | {
      kind: 'episode';
      durationMs: number | null;
      seriesId: string;
      /** Null at the end of what there is. */
      next: NextEpisode | null;
    };

/**
 * The catalog, as the row asks it.
 *
 * Shape: null for an id that it does not know; an id whose facts it could not tell is left out.
 * Errors: PlatformError CATALOG_UNAVAILABLE; safe to retry.
 * Cost: one query for all ids.
 */
export interface CatalogClient {
  /** 1 to `catalogIdsMax` distinct ids. */
  facts(ids: readonly string[]): Promise<Map<string, TitleFacts | null>>;
}

/** What one `playables` takes (schema/catalog.graphql). */
export const catalogIdsMax = 100;

/** A catalog that is slower than this is down as far as a row is concerned; the cache gives up sooner. */
const requestTimeoutMs = 2_000;

const query = `query RowFacts($ids: [ID!]!) {
  playables(ids: $ids) {
    __typename
    durationMs
    ... on Episode {
      series { id }
      nextEpisode { id seasonNumber episodeNumber availableFrom }
    }
  }
}`;

const nextEpisode = z
  .object({
    id: z.string(),
    seasonNumber: z.number(),
    episodeNumber: z.number(),
    availableFrom: z.string().nullable(),
  })
  .transform(
    ({ availableFrom, ...episode }): NextEpisode => ({
      ...episode,
      availableFromMs: availableFrom === null ? null : Date.parse(availableFrom),
    }),
  );
const durationMs = z.number().nullable();
const playable = z.union([
  z
    .object({
      __typename: z.literal('Episode'),
      durationMs,
      series: z.object({ id: z.string() }),
      nextEpisode: nextEpisode.nullable(),
    })
    .transform(
      (episode): TitleFacts => ({
        kind: 'episode',
        durationMs: episode.durationMs,
        seriesId: episode.series.id,
        next: episode.nextEpisode,
      }),
    ),
  z.object({ __typename: z.string(), durationMs }).transform(
    (title): TitleFacts => ({
      kind: title.__typename === 'Movie' ? 'film' : 'other',
      durationMs: title.durationMs,
    }),
  ),
]);
const answer = z.object({
  data: z.object({ playables: z.array(playable.nullable()).nullable() }).nullish(),
  errors: z.array(z.unknown()).optional(),
});

/** The catalog in this process: its whole path but the network. */
export function createLocalCatalog<Context extends SubgraphContext>(
  subgraph: Subgraph<Context>,
): CatalogClient {
  return createCatalog(async (ids) => {
    const contextValue = await subgraph.contextFor({ authorization: undefined });
    const request = { query, variables: { ids } };
    const { body } = await subgraph.server.executeOperation(request, { contextValue });
    if (body.kind === 'incremental') throw new Error('Incremental delivery was not asked for.');
    return body.singleResult;
  });
}

/** The catalog over HTTP, asked for nobody: as a gateway would. */
export function createHttpCatalog(url: string, signer: StatementSigner): CatalogClient {
  return createCatalog(async (ids) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        authorization: signer.sign(null),
      },
      body: JSON.stringify({ query, variables: { ids } }),
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    return response.json();
  });
}

function createCatalog(request: (ids: readonly string[]) => Promise<unknown>): CatalogClient {
  return {
    async facts(ids) {
      try {
        return factsOf(ids, answer.parse(await request(ids)));
      } catch (cause) {
        throw new PlatformError('The catalog did not answer.', {
          code: 'CATALOG_UNAVAILABLE',
          cause,
        });
      }
    },
  };
}

/** Beside an error a null says nothing: only an answer without errors knows what does not exist. */
function factsOf(
  ids: readonly string[],
  { data, errors = [] }: z.output<typeof answer>,
): Map<string, TitleFacts | null> {
  const playables = data?.playables;
  if (playables?.length !== ids.length) {
    throw new Error('The answer does not fit the question.', { cause: errors[0] });
  }
  const facts = new Map<string, TitleFacts | null>();
  for (const [index, id] of ids.entries()) {
    const found = playables[index] ?? null;
    if (found !== null || errors.length === 0) facts.set(id, found);
  }
  return facts;
}
