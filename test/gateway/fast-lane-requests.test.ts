import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { forwarded, refused, untilForwarded } from './lane-waits.ts';
import { openToyGateway, type ToyGateway } from './toy-gateway.ts';

const own = '{ viewer { playhead(playableId: "mov_1") { device { id } } } }';
const other = '{ viewer { playhead(playableId: "mov_2") { id } } }';
const named =
  'query A { viewer { id } } query B { viewer { playhead(playableId: "mov_1") { id } } }';
const both = `"query":${JSON.stringify(other)},"query":${JSON.stringify(own)}`;
const one = `"query":${JSON.stringify(own)}`;
const json = { 'content-type': 'application/json' };

interface Odd {
  what: string;
  reason: string;
  body: string | Buffer;
  headers?: Record<string, string>;
  path?: string;
}

const odd: Odd[] = [
  { what: 'two documents', reason: 'body', body: `{${both}}` },
  {
    what: 'two documents, one by another spelling',
    reason: 'body',
    body: `{"\\u0071uery":${JSON.stringify(other)},${one}}`,
  },
  {
    what: 'two documents, one with any letter spelled',
    reason: 'body',
    body: `{"qu\\u0065ry":${JSON.stringify(other)},${one}}`,
  },
  {
    what: 'a key of every object, with any letter spelled',
    reason: 'body',
    body: `{${one},"variables":{"__pr\\u006fto__":{"id":"mov_2"}}}`,
  },
  { what: 'a list', reason: 'body', body: `[{${one}}]` },
  { what: 'no object', reason: 'body', body: '"query"' },
  { what: 'no JSON', reason: 'body', body: `{${one}` },
  { what: 'nothing', reason: 'body', body: '' },
  { what: 'bytes that are no text', reason: 'body', body: Buffer.from([0x7b, 0xff, 0x7d]) },
  {
    what: 'a key of every object',
    reason: 'body',
    body: `{${one},"variables":{"__proto__":{"id":"mov_2"}}}`,
  },
  { what: 'a parameter that nobody knows', reason: 'parameters', body: `{${one},"profile":"bob"}` },
  { what: 'variables that are a list', reason: 'parameters', body: `{${one},"variables":[1]}` },
  { what: 'a name that is none', reason: 'parameters', body: `{${one},"operationName":5}` },
  {
    what: 'an identity in the extensions',
    reason: 'extensions',
    body: `{${one},"extensions":{"jwt":{"payload":{"profile":"bob"}}}}`,
  },
  {
    what: 'headers in the extensions',
    reason: 'extensions',
    body: `{${one},"extensions":{"headers":{"authorization":"Bearer bob"}}}`,
  },
  { what: 'extensions that are a list', reason: 'extensions', body: `{${one},"extensions":[]}` },
  {
    what: 'an operation that is not there',
    reason: 'unknown-document',
    body: `{${one},"operationName":"Missing"}`,
  },
  {
    what: 'several operations and no name',
    reason: 'unknown-document',
    body: JSON.stringify({ query: named }),
  },
  { what: 'no document', reason: 'unknown-document', body: '{"variables":{}}' },
  {
    what: 'a type that is like JSON',
    reason: 'request',
    body: `{${one}}`,
    headers: { 'content-type': 'application/json; charset=latin1' },
  },
  {
    what: 'an encoding',
    reason: 'request',
    body: `{${one}}`,
    headers: { ...json, 'content-encoding': 'gzip' },
  },
  {
    what: 'a wish for events',
    reason: 'request',
    body: `{${one}}`,
    headers: { ...json, accept: 'text/event-stream' },
  },
  {
    what: 'no length',
    reason: 'request',
    body: `{${one}}`,
    headers: { ...json, 'transfer-encoding': 'chunked' },
  },
  { what: 'much', reason: 'request', body: `{${one}}${' '.repeat(70_000)}` },
  { what: 'a query in its address', reason: 'request', body: `{${one}}`, path: '?x=1' },
];

/** Whatever is unusual is the normal lane's, which gets every byte of it. */
describe('a request that is not as clients send it', () => {
  let fast: ToyGateway;
  let normal: ToyGateway;
  beforeAll(async () => {
    fast = await openToyGateway('split');
    normal = await openToyGateway('split', { lane: 'off' });
    await untilForwarded(fast, { query: own });
    await untilForwarded(fast, { query: other });
  });
  afterAll(async () => {
    await fast.close();
    await normal.close();
  });

  it.each(odd)('is answered by the normal lane, and counted: $what', async (sent) => {
    const before = { forwarded: await forwarded(fast), refused: await refused(fast, sent.reason) };
    const answers = [await send(fast, sent), await send(normal, sent)];
    expect(answers[0]).toEqual(answers[1]);
    expect(await forwarded(fast)).toBe(before.forwarded);
    expect(await refused(fast, sent.reason)).toBe(before.refused + 1);
  });

  it('is asked for nobody but the token’s own profile', async () => {
    const extensions = { jwt: { payload: { profile: 'bob' } } };
    for (const headers of [{}, { 'x-playhead-viewer': 'bob' }]) {
      const answer = await fast.ask(own, { profileId: 'alice', extensions, headers });
      expect(answer.data.viewer.playhead.device.id).toBe('device-of-alice');
    }
  });

  it('counts no GET, which was never for the lane', async () => {
    const before = await laneLines(fast);
    await fetch(`${fast.url}?query=${encodeURIComponent('{ __typename }')}`);
    expect(await laneLines(fast)).toEqual(before);
  });

  it('is refused for a page of another origin, and counts as nothing of the lane', async () => {
    const before = await laneLines(fast);
    const headers = { ...json, origin: 'https://elsewhere.example' };
    const sent = { body: `{${one}}`, headers };
    const answers = [await send(fast, sent), await send(normal, sent)];
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.status).toBe(403);
    expect(await laneLines(fast)).toEqual(before);
  });
});

/** By node:http: `fetch` sends no odd request. */
async function send(
  gateway: ToyGateway,
  { body, headers = json, path = '' }: Omit<Odd, 'what' | 'reason'>,
) {
  const authorization = `Bearer ${await gateway.token('alice')}`;
  const asked = httpRequest(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { ...headers, authorization },
  });
  const { promise, resolve, reject } = Promise.withResolvers<{ status?: number; text: string }>();
  asked.on('error', reject).on('response', (response) => {
    let text = '';
    response.on('data', (chunk) => {
      text += chunk;
    });
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
  });
  asked.end(body);
  return promise;
}

async function laneLines(gateway: ToyGateway): Promise<string[]> {
  const text = await gateway.scrape();
  return text.split('\n').filter((line) => line.startsWith('playhead_lane'));
}
