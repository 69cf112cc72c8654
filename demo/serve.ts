import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';
import { renderArtwork, renderBackdrop, renderGlow } from './artwork.ts';
import { builtFrom, demoFolder } from './built.ts';

/** Answers a request that is for it; with `false` it has left the response untouched. */
export type DemoHandler = (
  request: IncomingMessage,
  response: ServerResponse,
) => boolean | Promise<boolean>;

/**
 * Serves the demo below /demo/: the built page, clips (with ranges) and artwork. Nothing else of the
 * repository, and nothing of another origin. Whoever opens the page first after its sources changed
 * waits for it to be built, in a process of its own: a server that nobody looks at starts without.
 * `elsewhere`: origins of gateways of other regions, which the page may ask as well.
 *
 * Errors: rejects only when the repository cannot be read; what does not exist is `false`.
 */
export function createDemoHandler(elsewhere: readonly string[] = []): DemoHandler {
  const built = new BuiltPage();
  const sendClip = sirv(repository, { dev: true, etag: true, extensions: [] });
  return async (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const found = await find(path, built);
    if (found === undefined) return false;
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const headers = { ...found.headers, 'content-security-policy': policyFor(elsewhere) };
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (!isRead) response.writeHead(405, { allow: 'GET, HEAD' }).end();
    else if (found.body === undefined) sendClip(request, response);
    else send(response, { ...found, withBody: request.method === 'GET' });
    return true;
  };
}

interface Sent {
  body?: string | Buffer;
  status?: number;
  withBody: boolean;
}

function send(response: ServerResponse, { body = '', status = 200, withBody }: Sent): void {
  response.writeHead(status, { 'content-length': Buffer.byteLength(body) });
  response.end(withBody ? body : undefined);
}

/** A file below /demo/; without a body, one that lies there as it is served. */
interface Found {
  headers: Record<string, string>;
  body?: string | Buffer;
  status?: number;
}

const repository = fileURLToPath(new URL('../', import.meta.url));

const clipPattern = /^\/demo\/clips\/[a-z0-9_]+\.webm$/;
const assetPattern = /^\/demo\/(assets\/[A-Za-z0-9_-]+\.(js|css))$/;
const picturePattern = /^\/demo\/(artwork|backdrop|glow)\/([A-Za-z0-9_-]{1,64})\.svg$/;

const pictures = { artwork: renderArtwork, backdrop: renderBackdrop, glow: renderGlow };
const assetTypes = { js: 'text/javascript', css: 'text/css' };

async function find(path: string, built: BuiltPage): Promise<Found | undefined> {
  if (path === '/demo/') return built.page();
  if (clipPattern.test(path)) return { headers: headersFor() };
  const [, picture, id] = picturePattern.exec(path) ?? [];
  if (id !== undefined) {
    const render = pictures[picture as keyof typeof pictures];
    return { headers: headersFor('image/svg+xml'), body: render(id) };
  }
  const [, asset, type] = assetPattern.exec(path) ?? [];
  if (asset === undefined) return undefined;
  return built.file(asset, assetTypes[type as keyof typeof assetTypes]);
}

/** The page as Vite built it from the sources as they are. */
class BuiltPage {
  /** The build that pages were served from last: their modules are in it, whatever changed since. */
  #folder: string | undefined;
  #building: Promise<string> | undefined;

  async page(): Promise<Found> {
    const folder = builtFrom();
    if (!existsSync(folder)) {
      this.#building ??= build().finally(() => {
        this.#building = undefined;
      });
      const fault = await this.#building;
      if (!existsSync(folder)) return notBuilt(fault);
    }
    this.#folder = folder;
    return this.#read('index.html', 'text/html') as Promise<Found>;
  }

  async file(asset: string, type: string): Promise<Found | undefined> {
    return this.#read(asset, type);
  }

  async #read(file: string, type: string): Promise<Found | undefined> {
    this.#folder ??= builtFrom();
    const body = await readFile(this.#folder + file).catch(() => undefined);
    return body === undefined ? undefined : { headers: headersFor(type), body };
  }
}

/** Answers what the build complained of. */
async function build(): Promise<string> {
  const child = spawn(process.execPath, [`${demoFolder}build.ts`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    complaint += chunk;
  });
  await once(child, 'close');
  return complaint;
}

function notBuilt(fault: string): Found {
  const advice = 'The demo could not be built. In the repository: npm ci && npm run build:demo';
  return { headers: headersFor('text/plain'), status: 503, body: `${advice}\n\n${fault}\n` };
}

/** The browser itself refuses whatever would leave these origins. */
function policyFor(elsewhere: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "media-src 'self'",
    ["connect-src 'self'", ...elsewhere].join(' '),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ].join('; ');
}

function headersFor(type?: string): Record<string, string> {
  return {
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    ...(type === undefined ? {} : { 'content-type': `${type}; charset=utf-8` }),
  };
}
