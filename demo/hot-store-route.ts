import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RedisChild } from './redis-child.ts';

/** What the demo may do with the hot store of this server, and why. */
export interface HotStoreState {
  /** The demo started it, and may stop it. */
  isOwn: boolean;
  isUp: boolean;
  /** For a viewer of the demo. */
  words: string;
}

const path = '/demo/hot-store';
const actions = ['kill', 'start'] as const;

/**
 * GET /demo/hot-store says what the hot store is; POST /demo/hot-store/kill and /start do that to the
 * Redis that the demo itself started, for pages of this origin. Development only, as all of the demo.
 */
export function hotStoreRoute(redis: RedisChild | null, words: string) {
  let last: Promise<void> = Promise.resolve();
  const state = (): HotStoreState => ({ isOwn: redis !== null, isUp: redis?.isUp ?? true, words });
  /** One after the other, whoever presses how often. */
  const change = (action: (typeof actions)[number]): Promise<void> => {
    last = last.catch(() => undefined).then(() => redis?.[action]());
    return last;
  };
  const refusal = (request: IncomingMessage): number | null => {
    if (request.method !== 'POST') return 405;
    if (!isOfThisOrigin(request)) return 403;
    return redis === null ? 409 : null;
  };
  return async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    const [asked] = (request.url ?? '').split('?', 1);
    if (asked === path) return answer(response, 200, state());
    const action = actions.find((each) => asked === `${path}/${each}`);
    if (action === undefined) return false;
    const refused = refusal(request);
    if (refused === null) await change(action);
    return answer(response, refused ?? 200, state());
  };
}

/** Browsers name the page that posts; other programs on this machine need no permission of ours. */
function isOfThisOrigin({ headers }: IncomingMessage): boolean {
  return headers.origin === `http://${headers.host}`;
}

function answer(response: ServerResponse, status: number, state: HotStoreState): true {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    ...(status === 405 ? { allow: 'POST' } : {}),
  });
  response.end(JSON.stringify(state));
  return true;
}
