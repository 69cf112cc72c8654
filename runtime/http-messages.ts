import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ErrorCode, errorCatalogue } from '../domain/errors.ts';

/** 100 heartbeats with long ids are 30 kB; eight times that is nobody's honest request. */
export const bodyBytesMax = 256 * 1024;

export type Body = { kind: 'whole'; bytes: Buffer } | { kind: 'too-large' } | { kind: 'aborted' };

/**
 * Reads a request body of at most `bodyBytesMax`.
 *
 * Cost: never holds more than the limit; the rest of a larger body is read and dropped, so that the
 * client sees the refusal instead of a broken connection.
 */
export function readBody(request: IncomingMessage): Promise<Body> {
  if (declaresTooMuch(request)) {
    request.resume();
    return Promise.resolve({ kind: 'too-large' });
  }
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let lengthBytes = 0;
    request.on('data', (chunk: Buffer) => {
      lengthBytes += chunk.length;
      if (lengthBytes <= bodyBytesMax) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      resolve({ kind: 'too-large' });
    });
    const abort = () => resolve({ kind: 'aborted' });
    request.on('end', () => resolve({ kind: 'whole', bytes: joined(chunks) }));
    request.on('error', abort);
    request.on('close', abort);
  });
}

/** Most bodies come in one. */
function joined(chunks: readonly Buffer[]): Buffer {
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
}

/** Whether `content-length` alone is reason to refuse. Node holds a sender to the length it declared. */
export function declaresTooMuch(request: IncomingMessage): boolean {
  return Number(request.headers['content-length'] ?? 0) > bodyBytesMax;
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

/** Prometheus' text format. */
export function sendMetrics(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text);
}

/** Refuses a request before GraphQL sees it, in the shape of a GraphQL answer. */
export function sendRefusal(
  response: ServerResponse,
  refusal: { status: number; code: ErrorCode; message: string; retryAfterMs?: number },
): void {
  const { code, retryAfterMs } = refusal;
  const { retryable } = errorCatalogue[code];
  const extensions = { code, retryable, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  sendJson(response, refusal.status, { errors: [{ message: refusal.message, extensions }] });
}

export function refuseLargeBody(response: ServerResponse): void {
  const message = `A request body has at most ${bodyBytesMax} bytes.`;
  sendRefusal(response, { status: 413, code: 'BAD_USER_INPUT', message });
}

/** GraphQL over HTTP is JSON here; a form could be posted across sites without a preflight. */
export function hasJsonBody(request: IncomingMessage): boolean {
  return /^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '');
}

/** The path without its query. */
export function pathOf(request: IncomingMessage): string {
  const { url = '/' } = request;
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}
