import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { builtFrom } from '../../demo/built.ts';
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
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toMatch(/unsafe|http|\*|sha256/);
    expect(await page.text()).not.toMatch(/<script(?![^>]* src="\/demo\/assets\/)/);
  });

  it('are every file that the page loads, all of this origin, and none that needs Node', async () => {
    const seen = new Map<string, string>();
    const visit = async (path: string): Promise<void> => {
      if (seen.has(path)) return;
      const file = await get(path);
      expect([path, file.status]).toEqual([path, 200]);
      expect(file.headers.get('x-content-type-options')).toBe('nosniff');
      const text = await file.text();
      seen.set(path, text);
      for (const [, module, linked] of text.matchAll(loadedPattern)) {
        const specifier = module ?? linked ?? '';
        await visit(new URL(specifier, `http://demo${path}`).pathname);
      }
    };
    await visit('/demo/');
    const paths = [...seen.keys()];
    expect(paths.filter((path) => path.endsWith('.js')).length).toBeGreaterThan(3);
    expect(paths.filter((path) => path.endsWith('.css'))).toHaveLength(1);
    const texts = [...seen].filter(([path]) => path !== '/demo/').map(([, text]) => text);
    // Names of namespaces are no addresses.
    const foreign = /["'`]node:|https?:\/\/(?!www\.w3\.org\/)/;
    expect(texts.filter((text) => foreign.test(text))).toEqual([]);
  });

  it('are built anew when a source has changed, and the same otherwise', () => {
    expect(builtFrom()).toBe(builtFrom());
    expect(existsSync(builtFrom())).toBe(true);
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
    '/demo/demo.ts',
    '/demo/index.html',
    '/demo/styles/page.css',
    '/demo/assets/nothing.js',
    '/demo/assets/..%2findex.html',
    '/demo/clips/make-clips.sh',
    '/demo/package.json',
    '/demo/../package.json',
    '/demo/%2e%2e/package.json',
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
    const head = await get('/demo/', { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
  });
});

/** What a built page or module names to be loaded: static and dynamic imports, and elements. */
const loadedPattern =
  /(?:\bfrom|\bimport\(?)\s*["'`]([^"'`]+\.js)["'`]|(?:src|href)="(\/demo\/[^"]+)"/g;

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
