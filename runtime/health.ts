import type { IncomingMessage, ServerResponse } from 'node:http';
import { pathOf, sendJson } from './http-messages.ts';

/** What orchestrators and load balancers ask of a process. */
export interface Health {
  /** Answers a probe; with `false` the request is another and is untouched. */
  answer(request: IncomingMessage, response: ServerResponse): boolean | Promise<boolean>;
  /** From now on not ready: the process is about to end. */
  retire(): void;
}

/**
 * GET /health/live answers 200 while the process answers at all: it must never fail for what a restart
 * does not mend. GET /health/ready answers 503 while `isReady` says no, and from the first signal to
 * end; requests are answered all the same.
 */
export function createHealth(
  isReady: (() => Promise<boolean>) | undefined = async () => true,
): Health {
  let isRetired = false;
  const readiness = async () => {
    if (isRetired) return { status: 503, word: 'closing' };
    return (await isReady()) ? { status: 200, word: 'ready' } : { status: 503, word: 'starting' };
  };
  const answerReady = async (response: ServerResponse) => {
    const { status, word } = await readiness();
    sendJson(response, status, { status: word });
    return true;
  };
  return {
    answer(request, response) {
      const path = pathOf(request);
      if (path === '/health/ready') return answerReady(response);
      if (path !== '/health/live') return false;
      sendJson(response, 200, { status: 'live' });
      return true;
    },
    retire() {
      isRetired = true;
    },
  };
}
