import { PlatformError } from '../../domain/errors.ts';
import type { Context } from './context.ts';
import type { EpisodeTitle, SeriesTitle } from './titles.ts';

/** A page holds at most this many: a long season, twice over. */
const pageLengthMax = 100;

export interface EpisodePage {
  edges: { cursor: string; node: EpisodeTitle }[];
  pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
}

/** A place in the story: it stays where it is when episodes are added around it. */
interface Place {
  seasonNumber: number;
  episodeNumber: number;
}

/**
 * A page of a series' playable episodes, in the order of the story.
 *
 * Errors: PlatformError BAD_USER_INPUT naming the argument.
 */
export function episodesPage(
  series: SeriesTitle,
  page: { first: number; after: string | null },
  { titles, nowMs }: Context,
): EpisodePage {
  if (page.first < 1 || page.first > pageLengthMax) {
    throw badInput(`first is 1 to ${pageLengthMax}, not ${page.first}.`);
  }
  const episodes = titles.episodes(series, nowMs);
  const after = page.after === null ? null : placeOf(page.after);
  const rest = after === null ? episodes : episodes.filter((episode) => isAfter(episode, after));
  const edges = rest.slice(0, page.first).map((node) => ({ cursor: cursorOf(node), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: rest.length > page.first,
      hasPreviousPage: rest.length < episodes.length,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

function isAfter(episode: Place, after: Place): boolean {
  if (episode.seasonNumber !== after.seasonNumber) return episode.seasonNumber > after.seasonNumber;
  return episode.episodeNumber > after.episodeNumber;
}

function cursorOf({ seasonNumber, episodeNumber }: Place): string {
  return Buffer.from(`s${seasonNumber}e${episodeNumber}`).toString('base64url');
}

function placeOf(cursor: string): Place {
  const place = /^s(\d{1,6})e(\d{1,6})$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (place === null) throw badInput('after is the cursor of an edge of this list.');
  return { seasonNumber: Number(place[1]), episodeNumber: Number(place[2]) };
}

function badInput(message: string): PlatformError {
  return new PlatformError(message, { code: 'BAD_USER_INPUT' });
}
