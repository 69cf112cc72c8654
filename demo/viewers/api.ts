import { deviceClock } from '../../client/clock.ts';
import { HttpTransport, type Transport } from '../../client/transport.ts';
import type { ViewerCatalog, ViewerShow, ViewerTitle } from '../../model/viewers/catalog.ts';
import { simulatedTitlesQuery } from '../documents.ts';

/** The server under drive, as devices reach it. */
export interface Api {
  /** One profile's way to it; tokens are fetched as needed. */
  transportOf(profile: string): Transport;
}

/** There is no catalog, or nothing in it that these viewers may watch. */
export class NothingToWatch extends Error {}

/** A token is asked for again after a minute: a server that was started again may have another key. */
const tokenAgeMsMax = 60_000;

/**
 * The API at an origin such as `http://127.0.0.1:4000`, with the development tokens that it gives away.
 *
 * Errors: none here; what does not answer is a fault of each request.
 */
export function openApi(origin: string): Api {
  return {
    transportOf: (profile) =>
      new HttpTransport({
        url: `${origin}/graphql`,
        auth: tokensOf(origin, profile),
        fetch: globalThis.fetch,
        clock: deviceClock,
        onReachable: () => {},
        relay: () => undefined,
      }),
  };
}

function tokensOf(origin: string, profile: string): () => Promise<string> {
  let kept: { token: Promise<string>; atMs: number } | undefined;
  return () => {
    const nowMs = deviceClock.monotonicMs();
    if (kept !== undefined && nowMs - kept.atMs < tokenAgeMsMax) return kept.token;
    const token = fetchToken(origin, profile);
    kept = { token, atMs: nowMs };
    token.catch(() => {
      kept = undefined;
    });
    return token;
  };
}

async function fetchToken(origin: string, profile: string): Promise<string> {
  const response = await fetch(`${origin}/demo/token?profile=${encodeURIComponent(profile)}`);
  if (!response.ok) throw new Error(`No token for ${profile}: HTTP ${response.status}.`);
  return ((await response.json()) as { token: string }).token;
}

interface TitleOfApi {
  __typename: string;
  id: string;
  durationMs: number | null;
  creditsStartMs: number | null;
  seasonNumber?: number;
  episodeNumber?: number;
  series?: { id: string };
}

/** What `playables` takes at once. */
const titlesMax = 100;

/**
 * What there is to watch, by the catalog of the API: those of these titles that it knows, with their
 * durations. Episodes of a series are one show, in the order of its story.
 *
 * Errors: NothingToWatch, which says what is missing.
 */
export async function readCatalog(
  transport: Transport,
  ids: readonly string[],
): Promise<ViewerCatalog> {
  const titles: TitleOfApi[] = [];
  for (let at = 0; at < ids.length; at += titlesMax) {
    const variables = { ids: ids.slice(at, at + titlesMax) };
    const answer = await transport.request<{ playables: (TitleOfApi | null)[] | null }>(
      simulatedTitlesQuery,
      variables,
    );
    if (answer.kind === 'fault')
      throw new NothingToWatch(`The catalog: ${answer.code} ${answer.message}`);
    titles.push(...(answer.data.playables ?? []).filter((title) => title !== null));
  }
  const playable = titles.filter(({ durationMs }) => durationMs !== null);
  if (playable.length === 0) throw new NothingToWatch('The catalog knows none of these titles.');
  const byShow = Map.groupBy(playable, ({ id, series }) => series?.id ?? id);
  return { shows: [...byShow].map(([id, own]) => showOf(id, own)) };
}

function showOf(id: string, titles: readonly TitleOfApi[]): ViewerShow {
  const inOrder = titles.toSorted(
    (left, right) =>
      (left.seasonNumber ?? 0) - (right.seasonNumber ?? 0) ||
      (left.episodeNumber ?? 0) - (right.episodeNumber ?? 0),
  );
  return { id, isFilm: titles[0]?.series === undefined, titles: inOrder.map(titleOf) };
}

function titleOf({ id, durationMs, creditsStartMs }: TitleOfApi): ViewerTitle {
  // What the catalog answers is out; what is not out it does not answer.
  return { id, durationMs: durationMs ?? 0, creditsStartMs, availableFromMs: 0 };
}
