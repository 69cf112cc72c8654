import type { RankingQuery } from './task.ts';

export interface Slice {
  group: string;
  name: string;
  has(query: RankingQuery): boolean;
}

function idle(name: string, fromH: number, toH: number): Slice {
  const has = ({ slices }: RankingQuery) => slices.idleH >= fromH && slices.idleH < toH;
  return { group: 'since the last play', name, has };
}

function active(name: string, from: number, to: number): Slice {
  const has = ({ slices }: RankingQuery) => slices.activeShows >= from && slices.activeShows <= to;
  return { group: 'shows active in 14 days', name, has };
}

function candidates(name: string, from: number, to: number): Slice {
  const has = ({ count }: RankingQuery) => count >= from && count <= to;
  return { group: 'candidates', name, has };
}

/** Kinds of question; those of a group exclude each other. */
export const slices: readonly Slice[] = [
  { group: 'device', name: 'another device', has: ({ slices }) => slices.isSwitch === true },
  { group: 'device', name: 'same device', has: ({ slices }) => slices.isSwitch === false },
  idle('under 6 hours', 0, 6),
  idle('6 to 24 hours', 6, 24),
  idle('1 to 7 days', 24, 168),
  idle('over 7 days', 168, Number.POSITIVE_INFINITY),
  active('0 or 1', 0, 1),
  active('2 or 3', 2, 3),
  active('4 to 7', 4, 7),
  active('8 or more', 8, Number.POSITIVE_INFINITY),
  { group: 'chosen', name: 'a film', has: ({ slices }) => slices.isFilm },
  { group: 'chosen', name: 'a series', has: ({ slices }) => !slices.isFilm },
  { group: 'chosen was', name: 'the most recent', has: (query) => rankOfChosen(query) === 0 },
  { group: 'chosen was', name: 'not the most recent', has: (query) => rankOfChosen(query) > 0 },
  candidates('2 or 3', 2, 3),
  candidates('4 to 7', 4, 7),
  candidates('8 to 15', 8, 15),
  candidates('16 to 25', 16, 25),
];

function rankOfChosen({ recencyRanks, chosen }: RankingQuery): number {
  return recencyRanks[chosen] as number;
}
