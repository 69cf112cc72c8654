import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { developmentRoutes } from '../../gateway/development.ts';
import { systemClock } from '../../runtime/clock.ts';
import { readConfig } from '../../runtime/config.ts';
import { openToyGateway, type ToyGateway } from './toy-gateway.ts';

describe('what development serves besides the API', () => {
  let gateway: ToyGateway;
  beforeAll(async () => {
    gateway = await openToyGateway('embedded', {
      routesOf: (dataDir) =>
        developmentRoutes({
          config: readConfig({ DATA_DIR: dataDir }),
          clock: systemClock,
          metrics: async () => 'measured 1\n',
        }),
    });
  });
  afterAll(() => gateway.close());

  const get = (path: string, init: RequestInit = {}) => fetch(new URL(path, gateway.url), init);

  it('is GraphiQL at /graphql, for a browser, with nothing to load from elsewhere', async () => {
    const response = await get('/graphql', { headers: { accept: 'text/html,*/*' } });
    expect(response.headers.get('content-type')).toContain('text/html');
    const html = await response.text();
    expect(html).toContain('YogaGraphiQL.renderYogaGraphiQL');
    expect(html.match(/<(script|link|img)[^>]*(src|href)="https?:[^>]*>/g)).toBeNull();
  });

  it.each([
    ['/', '/demo/'],
    ['/demo', '/demo/'],
    ['/demo?profile=carol', '/demo/?profile=carol'],
    ['/graphiql', '/graphql'],
  ])('leads from %s to %s', async (from, to) => {
    const response = await get(from, { redirect: 'manual' });
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toBe(to);
  });

  it('is a token for any profile that asks', async () => {
    const { token } = (await (await get('/demo/token?profile=carol')).json()) as { token: string };
    const headers = { authorization: `Bearer ${token}` };
    const { data } = await gateway.ask(
      '{ viewer { playhead(playableId: "a") { device { id } } } }',
      {
        headers,
      },
    );
    expect(data.viewer.playhead.device.id).toBe('device-of-carol');
  });

  it.each(['a:b', '../x', '', 'x'.repeat(65)])(
    'is no token for the profile %j',
    async (profile) => {
      const response = await get(`/demo/token?profile=${encodeURIComponent(profile)}`);
      expect(response.status).toBe(400);
    },
  );

  it('includes what is measured', async () => {
    expect(await (await get('/metrics')).text()).toBe('measured 1\n');
  });

  it('includes probes, in production too', async () => {
    expect(await (await get('/health/live')).json()).toEqual({ status: 'live' });
    expect(await (await get('/health/ready')).json()).toEqual({ status: 'ready' });
  });
});

describe('what production serves besides the API', () => {
  let gateway: ToyGateway;
  beforeAll(async () => {
    gateway = await openToyGateway('embedded', { isProduction: true });
  });
  afterAll(() => gateway.close());

  it.each(['/', '/demo/', '/demo/token', '/graphiql'])('is nothing: %s', async (path) => {
    expect((await fetch(new URL(path, gateway.url))).status).toBe(404);
  });
});
