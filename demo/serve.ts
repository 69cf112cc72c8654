import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';
import { renderArtwork, renderBackdrop, renderGlow } from './artwork.ts';

/** Answers a request that is for it; with `false` it has left the response untouched. */
export type DemoHandler = (
  request: IncomingMessage,
  response: ServerResponse,
) => boolean | Promise<boolean>;

/**
 * Serves the demo below /demo/: the page, its modules with types stripped on the way, the SDK, clips
 * (with ranges) and artwork. Nothing else of the repository, and nothing of another origin.
 *
 * Errors: rejects only when the repository cannot be read; what does not exist is `false`.
 */
export function createDemoHandler(): DemoHandler {
  const sendFile = sirv(fileURLToPath(repository), { dev: true, etag: true, extensions: [] });
  return async (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const found = await find(path);
    if (found === undefined) return false;
    for (const [name, value] of Object.entries(found.headers)) response.setHeader(name, value);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead) response.writeHead(405, { allow: 'GET, HEAD' }).end();
    else if (found.body === undefined) sendFile(request, response);
    else sendText(response, { text: found.body, withBody: request.method === 'GET' });
    return true;
  };
}

function sendText(response: ServerResponse, sent: { text: string; withBody: boolean }): void {
  const body = Buffer.from(sent.text);
  response.writeHead(200, { 'content-length': body.length });
  response.end(sent.withBody ? body : undefined);
}

/** A file below /demo/; without a body, one that lies there as it is served. */
interface Found {
  headers: Record<string, string>;
  body?: string;
}

const repository = new URL('../', import.meta.url);

/** Plain files, by their path in the repository, which is also their address. */
const asIsPattern = /^\/demo\/(?:styles\/[a-z]+\.css|clips\/[a-z0-9_]+\.webm)$/;
/** Modules of the page itself; those that need Node are none of its business. */
const ownModulePattern = /^\/(demo\/(?!(?:serve|artwork|scenery)\.ts)[a-z-]+\.ts)$/;
/** Modules the page shares with the rest of the repository. */
const sharedModulePattern = /^\/demo\/((?:client|domain)\/[a-z-]+\.ts)$/;
const vendorPattern = /^\/demo\/vendor\/(graphql-sse)\/(client|common|parser|utils)\.mjs$/;
const picturePattern = /^\/demo\/(artwork|backdrop|glow)\/([A-Za-z0-9_-]{1,64})\.svg$/;

const pictures = { artwork: renderArtwork, backdrop: renderBackdrop, glow: renderGlow };

async function find(path: string): Promise<Found | undefined> {
  if (path === '/demo/') return page();
  if (asIsPattern.test(path)) return { headers: headersFor() };
  const [, picture, id] = picturePattern.exec(path) ?? [];
  if (id !== undefined) {
    const render = pictures[picture as keyof typeof pictures];
    return { headers: headersFor('image/svg+xml'), body: render(id) };
  }
  const [, vendor, vendorModule] = vendorPattern.exec(path) ?? [];
  if (vendor !== undefined) {
    const file = new URL(`node_modules/${vendor}/lib/${vendorModule}.mjs`, repository);
    return { headers: headersFor('text/javascript'), body: await readFile(file, 'utf8') };
  }
  const [, module] = ownModulePattern.exec(path) ?? sharedModulePattern.exec(path) ?? [];
  return module === undefined ? undefined : script(new URL(module, repository));
}

/** Stripped modules by path: as many as the three folders have. */
const stripped = new Map<string, { mtimeMs: number; body: string }>();

async function script(file: URL): Promise<Found | undefined> {
  const about = await stat(file).catch(() => undefined);
  if (about === undefined) return undefined;
  const known = stripped.get(file.href);
  const body =
    known?.mtimeMs === about.mtimeMs
      ? known.body
      : stripTypeScriptTypes(await readFile(file, 'utf8'));
  stripped.set(file.href, { mtimeMs: about.mtimeMs, body });
  return { headers: headersFor('text/javascript'), body };
}

async function page(): Promise<Found> {
  const body = await readFile(new URL('demo/index.html', repository), 'utf8');
  const [, importMap = ''] = /<script type="importmap">([\s\S]*?)<\/script>/.exec(body) ?? [];
  const hash = createHash('sha256').update(importMap).digest('base64');
  return { headers: headersFor('text/html', `'sha256-${hash}'`), body };
}

/** The browser itself refuses whatever would leave this origin. */
function headersFor(type?: string, inlineScript = ''): Record<string, string> {
  const policy = [
    "default-src 'none'",
    `script-src 'self' ${inlineScript}`.trim(),
    "style-src 'self'",
    "img-src 'self' data:",
    "media-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ];
  return {
    'cache-control': 'no-cache',
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    ...(type === undefined ? {} : { 'content-type': `${type}; charset=utf-8` }),
  };
}
