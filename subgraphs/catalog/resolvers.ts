import { PlatformError } from '../../domain/errors.ts';
import type { Context } from './context.ts';
import { episodesPage } from './episodes.ts';
import type { Resolvers } from './schema.generated.ts';
import type { EpisodeTitle, MovieTitle, PlayableTitle } from './titles.ts';

/** Ids in one `playables`: a screenful several times over. */
const idsMax = 100;

const typeNames = { movie: 'Movie', episode: 'Episode', series: 'Series' } as const;

/** The schema's fields; what is not here is a property of the title. */
export const resolvers: Resolvers = {
  Query: {
    playable: (_root, { id }, { titles, nowMs }) => titles.playable(id, nowMs),
    playables: (_root, { ids }, context) => playables(ids, context),
    series: (_root, { id }, { titles }) => titles.series(id),
  },
  Node: { __resolveType: ({ kind }) => typeNames[kind] },
  Playable: {
    __resolveType: ({ kind }) => typeNames[kind],
    __resolveReference: ({ id }, { titles, nowMs }) => titles.playable(id, nowMs),
  },
  Movie: {
    __resolveReference: ({ id }, context) => movie(id, context),
    artworkUrl: ({ id }, { width }) => artworkUrl(id, width ?? null),
  },
  Episode: {
    __resolveReference: ({ id }, context) => episode(id, context),
    artworkUrl: ({ id }, { width }) => artworkUrl(id, width ?? null),
    availableFrom: ({ availableFromMs }) =>
      availableFromMs === null ? null : new Date(availableFromMs).toISOString(),
    series: ({ id, seriesId }, _arguments, { titles }) => {
      const series = titles.series(seriesId);
      if (series !== null) return series;
      throw new PlatformError(`${id} is of a series that is not there.`, {
        code: 'INTERNAL_SERVER_ERROR',
      });
    },
    nextEpisode: (self, _arguments, { titles, nowMs }) => titles.nextEpisode(self, nowMs),
  },
  Series: {
    __resolveReference: ({ id }, { titles }) => titles.series(id),
    episodes: (self, { first, after }, context) =>
      episodesPage(self, { first, after: after ?? null }, context),
  },
};

function playables(ids: readonly string[], { titles, nowMs }: Context): (PlayableTitle | null)[] {
  if (ids.length < 1 || ids.length > idsMax) {
    throw new PlatformError(`ids holds 1 to ${idsMax} ids, not ${ids.length}.`, {
      code: 'BAD_USER_INPUT',
    });
  }
  return ids.map((id) => titles.playable(id, nowMs));
}

/** Null, too, for an id of another kind: a key that names no such entity. */
function movie(id: string, { titles, nowMs }: Context): MovieTitle | null {
  const found = titles.playable(id, nowMs);
  return found?.kind === 'movie' ? found : null;
}

function episode(id: string, { titles, nowMs }: Context): EpisodeTitle | null {
  const found = titles.playable(id, nowMs);
  return found?.kind === 'episode' ? found : null;
}

/** The demo draws them; an adopter's catalog has real ones. */
function artworkUrl(id: string, widthPx: number | null): string {
  const query = widthPx === null ? '' : `?w=${widthPx}`;
  return `/demo/artwork/${id}.svg${query}`;
}
