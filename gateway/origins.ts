import type { IncomingMessage } from 'node:http';
import { sendRefusal } from '../runtime/http-messages.ts';
import type { Route } from './server.ts';

export interface OriginPolicy {
  /** Whether the page that sent this may ask; whatever is no browser sends no origin, and may. */
  allows(request: IncomingMessage): boolean;
}

/** How long a browser may remember a preflight: what it asks about changes with a release. */
const preflightMaxAgeS = 600;

/**
 * Allows pages of the gateway's own host and of the origins given, outside production those of this
 * machine as well. Behind a proxy that ends TLS the scheme is not known, so hosts are compared.
 */
export function createOriginPolicy(options: {
  allowedOrigins: readonly string[];
  isProduction: boolean;
}): OriginPolicy {
  const allowed = new Set(options.allowedOrigins);
  return {
    allows({ headers: { origin, host } }) {
      if (origin === undefined || allowed.has(origin)) return true;
      if (!URL.canParse(origin)) return false;
      const page = new URL(origin);
      return isHost(page, host) || (!options.isProduction && isLoopback(page.hostname));
    },
  };
}

/** `host` may name the port that the scheme has anyway. */
function isHost({ protocol, host }: URL, asked: string | undefined): boolean {
  const address = `${protocol}//${asked}`;
  return asked !== undefined && URL.canParse(address) && new URL(address).host === host;
}

function isLoopback(hostname: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

/** What an answer to whoever may ask says of that, to caches and to browsers: names and values by turns. */
export function originHeaders({ headers: { origin } }: IncomingMessage): string[] {
  const always = ['vary', 'Origin'];
  return origin === undefined ? always : [...always, 'access-control-allow-origin', origin];
}

/**
 * Refuses pages of other origins with 403, and tells browsers of those that may (CORS). Credentials are
 * not allowed to any: identity is a header, and no cookie is ever read.
 */
export function checkOrigin(policy: OriginPolicy): Route {
  return (request, response) => {
    response.setHeader('vary', 'Origin');
    if (!policy.allows(request)) {
      const message = 'Pages of this origin may not ask here.';
      sendRefusal(response, { status: 403, code: 'FORBIDDEN', message });
      return true;
    }
    const { origin, 'access-control-request-headers': wanted } = request.headers;
    if (origin === undefined) return false;
    response.setHeader('access-control-allow-origin', origin);
    const isPreflight = request.headers['access-control-request-method'] !== undefined;
    if (request.method !== 'OPTIONS' || !isPreflight) return false;
    response.writeHead(204, {
      'access-control-allow-methods': 'GET, POST',
      ...(wanted !== undefined && { 'access-control-allow-headers': wanted }),
      'access-control-max-age': String(preflightMaxAgeS),
    });
    response.end();
    return true;
  };
}
