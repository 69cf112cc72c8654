import type { ServerResponse } from 'node:http';
import type { Clock } from '../runtime/clock.ts';
import type { Config } from '../runtime/config.ts';
import { pathOf, sendJson, sendMetrics, sendRefusal } from '../runtime/http-messages.ts';
import { mintDevelopmentToken } from '../runtime/identity.ts';
import type { Route } from './server.ts';

/**
 * What only development serves: GET /demo/token?profile=NAME answers `{ token }` to whoever asks, and
 * / and /graphiql lead to the pages people look for there. GET /metrics is this process's; in production
 * it is on a port of its own.
 */
export function developmentRoutes(parts: {
  config: Config;
  clock: Clock;
  metrics: () => Promise<string>;
}): readonly Route[] {
  const { config, clock, metrics } = parts;
  const redirects: Readonly<Record<string, string>> = {
    '/': '/demo/',
    '/demo': '/demo/',
    '/graphiql': '/graphql',
  };
  return [
    (request, response) => {
      const page = redirects[pathOf(request)];
      if (page === undefined) return false;
      const { search } = new URL(request.url ?? '', 'http://localhost');
      response.writeHead(302, { location: page + search }).end();
      return true;
    },
    async (request, response) => {
      if (pathOf(request) !== '/metrics') return false;
      sendMetrics(response, await metrics());
      return true;
    },
    async (request, response) => {
      if (pathOf(request) !== '/demo/token') return false;
      const { searchParams } = new URL(request.url ?? '', 'http://localhost');
      await sendToken(response, searchParams.get('profile') ?? 'demo', { config, clock });
      return true;
    },
  ];
}

/** Characters and length of a profile id, as verification demands them. */
const profilePattern = /^[A-Za-z0-9_-]{1,64}$/;

async function sendToken(
  response: ServerResponse,
  profileId: string,
  by: { config: Config; clock: Clock },
): Promise<void> {
  if (!profilePattern.test(profileId)) {
    const message = '`profile` is 1 to 64 characters of [A-Za-z0-9_-].';
    sendRefusal(response, { status: 400, code: 'BAD_USER_INPUT', message });
    return;
  }
  const nowMs = by.clock.nowMs();
  sendJson(response, 200, { token: await mintDevelopmentToken(by.config, { profileId, nowMs }) });
}
