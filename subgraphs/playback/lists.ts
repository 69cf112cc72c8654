import { PlatformError } from '../../domain/errors.ts';
import { isHidden } from '../../domain/merge.ts';
import { floorTitle, type TitleState } from '../../domain/playhead.ts';
import { versionZero } from '../../domain/version.ts';
import { type ProfileState, stateUnavailable } from './hydrate.ts';
import { inForce, type PlayheadView, type ViewPoint, viewOf } from './playhead-view.ts';
import type { PlayheadStatus } from './schema.generated.ts';

/** A page holds at most this many playheads: what one screen of any client needs. */
const pageLengthMax = 100;
/** Lists reach this far back: beyond it nobody scrolls, and a profile stays one read. */
export const poolMax = 300;

export interface PageArguments {
  first: number;
  after: string | null;
}

export interface PlayheadFilter {
  status: PlayheadStatus | null;
  hidden: boolean | null;
}

export interface PlayheadPage {
  edges: { cursor: string; node: PlayheadView }[];
  pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
}

interface Listed {
  title: string;
  cursor: string;
}

/**
 * A page of the profile's started or finished titles, most recently active first.
 *
 * Shape: a cursor names a place in that order, so pages neither repeat nor skip what does not move.
 * Errors: PlatformError BAD_USER_INPUT naming the argument; STATE_UNAVAILABLE when titles may be
 * missing: an empty list would say that nothing was ever started.
 */
export function pageOf(
  state: ProfileState,
  query: { page: PageArguments; filter: PlayheadFilter },
  at: ViewPoint,
): PlayheadPage {
  const { first, after } = checkPage(query.page);
  if (!state.isComplete || state.unreadable.includes(floorTitle)) throw stateUnavailable();
  const listed = recentTitles(state).filter(({ title }) => {
    const registers = inForce(state, title);
    return registers !== null && matches(registers, query.filter);
  });
  const from = after === null ? listed : listed.filter((item) => item.cursor < after);
  const edges = from.slice(0, first).map(({ title, cursor }) => ({
    cursor: encodeCursor(cursor),
    node: viewOf(state, title, at),
  }));
  return {
    edges,
    pageInfo: {
      hasNextPage: from.length > first,
      hasPreviousPage: from.length < listed.length,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

/** Titles that were started, most recently active first, as far back as lists reach. */
export function recentTitles(state: ProfileState): Listed[] {
  return [...state.titles.keys()]
    .map((title) => ({ title, playhead: inForce(state, title)?.playhead ?? null }))
    .filter(({ playhead }) => playhead !== null && playhead.status !== 'NOT_STARTED')
    .map(({ title, playhead }) => ({
      title,
      cursor: `${playhead?.version ?? versionZero}/${title}`,
    }))
    .sort((left, right) => (left.cursor < right.cursor ? 1 : -1))
    .slice(0, poolMax);
}

function matches(registers: TitleState, filter: PlayheadFilter): boolean {
  if (filter.status !== null && registers.playhead?.status !== filter.status) return false;
  return filter.hidden === null || isHidden(registers) === filter.hidden;
}

function checkPage(page: PageArguments): PageArguments {
  if (page.first < 1 || page.first > pageLengthMax) {
    throw new PlatformError(`first is 1 to ${pageLengthMax}, not ${page.first}.`, {
      code: 'BAD_USER_INPUT',
    });
  }
  return { first: page.first, after: page.after === null ? null : decodeCursor(page.after) };
}

function encodeCursor(cursor: string): string {
  return Buffer.from(cursor).toString('base64url');
}

function decodeCursor(text: string): string {
  const cursor = Buffer.from(text, 'base64url').toString();
  if (/^[0-9]{16}[0-9a-f]{8}\/[A-Za-z0-9_-]{1,64}$/.test(cursor)) return cursor;
  throw new PlatformError('after is the cursor of an edge of this list.', {
    code: 'BAD_USER_INPUT',
  });
}
