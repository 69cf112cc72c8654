import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pathOf, readBody } from '../runtime/http-messages.ts';
import { isRecord } from '../runtime/parsed-json.ts';
import type { FastLane, LaneAsked, LaneResult } from './fast-lane.ts';
import type { HttpHint } from './finish.ts';
import type { LaneMiss } from './metrics.ts';
import { type OriginPolicy, originHeaders } from './origins.ts';
import type { Route } from './server.ts';

/** 100 heartbeats with long ids are 30 kB; what is longer is rare enough for the normal lane. */
const bodyBytesMax = 64 * 1024;

/** What else accepts this is answered by the normal lane, whose choice this is as well. */
const contentTypes: ReadonlyMap<string | undefined, string> = new Map([
  ...[undefined, '', '*/*', 'application/json', 'application/json, */*'].map(
    (accept) => [accept, 'application/json; charset=utf-8'] as const,
  ),
  ...[
    'application/graphql-response+json',
    'application/graphql-response+json,application/json;q=0.9',
    'application/graphql-response+json, application/json;q=0.9',
    'application/graphql-response+json, application/json',
    'application/graphql-response+json,application/json',
  ].map((accept) => [accept, 'application/graphql-response+json; charset=utf-8'] as const),
]);

const bodyTypes: ReadonlySet<string | undefined> = new Set([
  'application/json',
  'application/json; charset=utf-8',
  'application/json;charset=utf-8',
  'application/json; charset=UTF-8',
  'application/json;charset=UTF-8',
]);

const parameters: ReadonlySet<string> = new Set([
  'query',
  'operationName',
  'variables',
  'extensions',
  'documentId',
]);

/** What clients say in their extensions that nobody behind the gateway hears of. */
const harmlessExtensions: ReadonlySet<string> = new Set(['persistedQuery', 'clientLibrary']);

export interface LaneParameters extends LaneAsked {
  variables?: Readonly<Record<string, unknown>> | null;
}

/**
 * The fast lane for HTTP, in front of the normal lane's route: it answers what it can, and leaves the rest
 * untouched, with the body that it has read in `request.body`.
 *
 * Shape: stands before `checkOrigin`, since a response that has headers already takes more of them at twice
 * the cost.
 */
export function laneRoute(lane: FastLane, origins: OriginPolicy): Route {
  return (request, response) => {
    if (request.method !== 'POST' || pathOf(request) !== '/graphql') return false;
    if (!origins.allows(request)) return false;
    const contentType = contentTypes.get(request.headers.accept);
    if (contentType === undefined || !isOrdinary(request)) return leave(lane, 'request');
    return answer(lane, { request, response, contentType });
  };
}

interface Asked {
  request: IncomingMessage & { body?: Buffer };
  response: ServerResponse;
  contentType: string;
}

async function answer(lane: FastLane, asked: Asked): Promise<boolean> {
  const { request } = asked;
  const body = await readBody(request);
  if (body.kind !== 'whole') return true;
  request.body = body.bytes;
  const sent = parseBody(body.bytes);
  if (typeof sent === 'string') return leave(lane, sent);
  const document = lane.find(sent);
  if (document === undefined) return false;
  const { authorization, traceparent } = request.headers;
  const result = await lane.answer({
    document,
    authorization,
    request,
    variables: sent.variables ?? undefined,
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    transport: 'http',
  });
  if (result.kind === 'normal') return false;
  send(asked, result);
  return true;
}

function send(
  { request, response, contentType }: Asked,
  { body, hints }: Extract<LaneResult, { kind: 'answered' }>,
): void {
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  const head = originHeaders(request);
  head.push('content-type', contentType);
  head.push('x-request-id', String(request.headers['x-request-id'] ?? randomUUID()));
  head.push('content-length', String(length));
  response.writeHead(hints.length === 0 ? 200 : statusOf(hints, contentType), head);
  // Node writes head and text together, and a head and a Buffer apart.
  if (typeof body === 'string') response.end(body);
  else response.end(body.toString('latin1'), 'latin1');
}

/** The highest that an error asks for, as the normal lane has it. */
function statusOf(hints: readonly HttpHint[], contentType: string): number {
  const isJson = contentType.startsWith('application/json');
  const asked = hints.filter(({ spec }) => !(isJson && spec)).map(({ status }) => status);
  return asked.length === 0 ? 200 : Math.max(...asked);
}

function leave(lane: FastLane, reason: LaneMiss): false {
  lane.refuse(reason);
  return false;
}

/** Sent as clients send it; with a length that Node holds them to. */
function isOrdinary({ headers, url }: IncomingMessage): boolean {
  const length = Number(headers['content-length']);
  return (
    url === '/graphql' &&
    bodyTypes.has(headers['content-type']) &&
    length <= bodyBytesMax &&
    headers['content-encoding'] === undefined &&
    headers['transfer-encoding'] === undefined
  );
}

/** What was sent, if there is nothing in it that the lanes could read in two ways; or what there is. */
function parseBody(bytes: Buffer): LaneParameters | 'body' | 'parameters' | 'extensions' {
  if (!isUtf8(bytes)) return 'body';
  const text = bytes.toString();
  if (isAmbiguous(text)) return 'body';
  const sent = parseJson(text);
  return isRecord(sent) ? checkParameters(sent) : 'body';
}

/** The same, if there is nothing in it that the lane does not know; or what there is. */
export function checkParameters(
  sent: Readonly<Record<string, unknown>>,
): LaneParameters | 'parameters' | 'extensions' {
  for (const name in sent) if (!parameters.has(name)) return 'parameters';
  const { variables, extensions } = sent;
  if (variables != null && !isRecord(variables)) return 'parameters';
  return isHarmless(extensions) ? (sent as LaneParameters) : 'extensions';
}

/**
 * A document twice, or a name that objects have anyway: JSON's readers differ there. It may as well stand in
 * a text; a false alarm costs nothing but the lane.
 */
export function isAmbiguous(text: string): boolean {
  const first = text.indexOf('"query"');
  if (first !== -1 && text.includes('"query"', first + 1)) return true;
  return text.includes('__proto__') || spelledLetter.test(text);
}

/** A letter or `_` by its number: neither name can be written without one, but as it stands. */
const spelledLetter = /\\u00[4-7]/;

function isHarmless(extensions: unknown): boolean {
  if (extensions == null) return true;
  if (!isRecord(extensions)) return false;
  for (const name in extensions) if (!harmlessExtensions.has(name)) return false;
  return true;
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
