import type { IncomingMessage, ServerResponse } from 'node:http';

/** A region as the demo knows it. */
export interface DemoRegion {
  name: string;
  /** Origin of its gateway. */
  url: string;
}

/** What a page is told. */
export interface DemoRegions {
  /** Null: this server knows of no regions. */
  here: DemoRegion | null;
  elsewhere: readonly DemoRegion[];
}

/**
 * `eu=http://127.0.0.1:4000,us=http://127.0.0.1:4100`: this server's own region, then the others.
 *
 * Errors: throws saying what was expected.
 */
export function readRegions(text: string | undefined): DemoRegions {
  if (text === undefined) return { here: null, elsewhere: [] };
  const regions = text.split(',').map((pair): DemoRegion => {
    const [, name = '', url = ''] = /^([\w-]+)=(https?:\/\/.+)$/.exec(pair) ?? [];
    if (!URL.canParse(url)) {
      throw new Error(
        '--demo-regions: names and gateways, such as eu=http://host:4000, by commas.',
      );
    }
    return { name, url: new URL(url).origin };
  });
  const [here = null, ...elsewhere] = regions;
  return { here, elsewhere };
}

/** GET /demo/regions says in which region this server is, and where the others’ gateways are. */
export function regionsRoute(regions: DemoRegions) {
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const [path] = (request.url ?? '').split('?', 1);
    if (path !== '/demo/regions') return false;
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    response.writeHead(isRead ? 200 : 405, {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      ...(isRead ? {} : { allow: 'GET, HEAD' }),
    });
    response.end(request.method === 'GET' ? JSON.stringify(regions) : undefined);
    return true;
  };
}
