import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clipOf, playableIds } from '../../demo/clips.ts';
import { createDemoHandler } from '../../demo/serve.ts';

describe('the files of the demo', () => {
  let server: Server;
  let url: string;

  beforeAll(async () => {
    const demo = createDemoHandler();
    server = createServer(async (request, response) => {
      if (!(await demo(request, response))) response.writeHead(404).end('not the demo’s');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const get = (path: string, init: RequestInit = {}) => fetch(`${url}${path}`, init);

  it('are a page that may load nothing of another origin', async () => {
    const page = await get('/demo/');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/script-src 'self' 'sha256-[A-Za-z0-9+/=]+';/);
    expect(policy).not.toMatch(/unsafe|http|\*/);
    expect(await page.text()).toContain('<script type="importmap">');
  });

  it('are modules without their types', async () => {
    for (const path of ['demo.ts', 'client/index.ts', 'client/playback.ts', 'domain/version.ts']) {
      const module = await get(`/demo/${path}`);
      expect(module.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
      expect(module.headers.get('x-content-type-options')).toBe('nosniff');
      expect(await module.text()).not.toMatch(/^(export )?(interface|type) /m);
    }
  });

  it('are every module that the page loads, and none that needs Node', async () => {
    const seen = new Set<string>();
    const visit = async (path: string): Promise<void> => {
      if (seen.has(path)) return;
      seen.add(path);
      const module = await get(path);
      expect([path, module.status]).toEqual([path, 200]);
      const text = await module.text();
      const imports = [
        ...text.matchAll(/^(?:import|export)[^'"]*from\s+'([^']+)'/gm),
        ...text.matchAll(/\bimport\('([^']+)'\)/g),
      ];
      for (const [, specifier = ''] of imports) await visit(addressOf(specifier, path));
    };
    await visit('/demo/demo.ts');
    expect([...seen].filter((path) => path.includes('node:'))).toEqual([]);
    expect(seen).toContain('/demo/vendor/graphql-sse/client.mjs');
  });

  it('are a clip for every title, with ranges, a megabyte and a half in all', async () => {
    const clips = readdirSync('demo/clips').filter((file) => file.endsWith('.webm'));
    const bytes = clips.map((file) => statSync(`demo/clips/${file}`).size);
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(1_500_000);
    expect(new Set(playableIds.map(clipOf)).size).toBe(clips.length);

    const clip = await get(`/demo/${clipOf('mov_sintel')}`, {
      headers: { range: 'bytes=100-199' },
    });
    expect(clip.status).toBe(206);
    expect(clip.headers.get('content-type')).toBe('video/webm');
    expect(clip.headers.get('content-range')).toMatch(/^bytes 100-199\//);
    const file = readFileSync('demo/clips/sintel.webm');
    expect(Buffer.from(await clip.arrayBuffer())).toEqual(file.subarray(100, 200));
  });

  it('are a picture for every title, the same every time', async () => {
    for (const path of [
      '/demo/artwork/ep_night_signal_s1e2.svg',
      '/demo/backdrop/mov_unheard_of.svg',
      '/demo/glow/mov_sintel.svg',
    ]) {
      const [first, again] = await Promise.all([get(path), get(path)]);
      expect(first.headers.get('content-type')).toBe('image/svg+xml; charset=utf-8');
      expect(await first.text()).toBe(await again.text());
    }
    const picture = await (await get('/demo/artwork/ep_night_signal_s1e2.svg')).text();
    expect(picture).toMatch(/NIGHT SIGNAL.*S1 E2/s);
  });

  it.each([
    '/demo',
    '/demo/token',
    '/demo/serve.ts',
    '/demo/artwork.ts',
    '/demo/clips/make-clips.sh',
    '/demo/package.json',
    '/demo/../package.json',
    '/demo/%2e%2e/package.json',
    '/demo/client/../../package.json',
    '/demo/client/%2e%2e%2fpackage.json',
    '/demo/client/nothing.ts',
    '/demo/stores/hot-store.ts',
    '/demo/vendor/graphql-sse/handler.mjs',
    '/demo/artwork/a<b.svg',
    '/demo/clips/..%2f..%2fpackage.json',
    '/graphql',
    '/',
  ])('are not %s', async (path) => {
    const answer = await rawGet(url, path);
    expect(answer).toContain('404');
  });

  it('are read only', async () => {
    const posted = await get('/demo/', { method: 'POST' });
    expect(posted.status).toBe(405);
    expect(posted.headers.get('allow')).toBe('GET, HEAD');
    const head = await get('/demo/demo.ts', { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
  });
});

/** What the import map of the page, and the browser, make of a specifier. */
function addressOf(specifier: string, from: string): string {
  if (specifier === 'graphql-sse') return '/demo/vendor/graphql-sse/client.mjs';
  const path = new URL(specifier, `http://demo${from}`).pathname;
  return path.startsWith('/client/') ? `/demo${path}` : path;
}

/** fetch would tidy the path up; what an attacker sends is not tidy. */
function rawGet(url: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    request({ hostname, port, path }, (response) => {
      response.resume();
      resolve(String(response.statusCode));
    })
      .on('error', reject)
      .end();
  });
}
