import type { AskServer } from './ask-server.ts';
import { playableIds } from './clips.ts';
import { libraryQuery } from './documents.ts';

/** A title as the demo shows it. */
export interface Title {
  playableId: string;
  /** The film, or the series of an episode. */
  name: string;
  /** The year of a film; season, number and name of an episode. */
  detail: string;
  durationMs?: number;
  creditsStartMs?: number;
}

interface CatalogTitle {
  id: string;
  title: string;
  durationMs: number | null;
  creditsStartMs: number | null;
  releaseYear?: number | null;
  seasonNumber?: number;
  episodeNumber?: number;
  series?: { title: string } | null;
}

/** The titles the demo can play, by playable id, in the order of the library strip. */
export type Library = ReadonlyMap<string, Title>;

/** Asks the catalog for everything there is a clip of; what it does not know is left out. */
export async function loadLibrary(ask: AskServer): Promise<Library> {
  const { playables } = await ask<{ playables: (CatalogTitle | null)[] | null }>({
    ...libraryQuery,
    variables: { ids: playableIds },
  });
  const known = (playables ?? []).filter((title) => title !== null);
  return new Map(known.map((title) => [title.id, titleOf(title)]));
}

/** A title that the catalog did not answer for: its id says enough to show it. */
export function unknownTitle(playableId: string): Title {
  return { playableId, name: playableId, detail: '' };
}

function titleOf(title: CatalogTitle): Title {
  const { id, durationMs, creditsStartMs, releaseYear, seasonNumber, episodeNumber } = title;
  const isEpisode = seasonNumber !== undefined && episodeNumber !== undefined;
  return {
    playableId: id,
    name: title.series?.title ?? title.title,
    detail: isEpisode
      ? `S${seasonNumber} E${episodeNumber} · ${title.title}`
      : `${releaseYear ?? ''}`,
    ...(durationMs === null ? {} : { durationMs }),
    ...(creditsStartMs === null ? {} : { creditsStartMs }),
  };
}

/** A picture of a title: with its name on it, without, or the light that falls from it. */
export function pictureOf(
  playableId: string,
  picture: 'artwork' | 'backdrop' | 'glow' = 'artwork',
): string {
  return `${picture}/${playableId}.svg`;
}
