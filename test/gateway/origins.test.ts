import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { createOriginPolicy } from '../../gateway/origins.ts';
import { openToyGateway, type ToyGateway } from './toy-gateway.ts';

const listed = 'https://watch.example.com';

describe('pages of other origins', () => {
  let gateway: ToyGateway;
  let own: string;
  beforeAll(async () => {
    const access = { allowedOrigins: [listed, 'null'] };
    gateway = await openToyGateway('embedded', { isProduction: true, access });
    own = new URL(gateway.url).origin;
  });
  afterAll(() => gateway.close());

  const refused = [
    'https://elsewhere.example',
    'http://watch.example.com',
    'https://watch.example.com:8443',
    'https://watch.example.com.elsewhere.example',
    'http://127.0.0.1:1',
    'http://localhost',
    'no url',
    '',
  ];

  it.each(refused)('may not ask: %j (LIM-9)', async (origin) => {
    for (const method of ['POST', 'GET', 'OPTIONS']) {
      const answer = await ask({ method, headers: { origin } });
      expect(answer.status).toBe(403);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      expect(JSON.parse(answer.text).errors).toEqual([
        { message: expect.any(String), extensions: { code: 'FORBIDDEN', retryable: false } },
      ]);
    }
    expect(gateway.toys.fetchCount).toBe(0);
  });

  it.each(refused)('may not open a socket: %j (LIM-9)', async (origin) => {
    const socket = new WebSocket(gateway.webSocketUrl, 'graphql-transport-ws', {
      headers: { origin },
    });
    const [error] = await once(socket, 'error');
    expect(String(error)).toContain('403');
  });

  it('may ask, and open a socket, when they are listed or the gateway’s own', async () => {
    for (const origin of [listed, 'null', own]) {
      const answer = await ask({ method: 'POST', headers: { origin } });
      expect(JSON.parse(answer.text)).toEqual({ data: { viewer: null } });
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': origin,
        vary: 'Origin',
      });
      expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
      const socket = new WebSocket(gateway.webSocketUrl, 'graphql-transport-ws', {
        headers: { origin },
      });
      await once(socket, 'open');
      socket.terminate();
    }
  });

  it('are told so before they ask', async () => {
    const headers = {
      origin: listed,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    };
    const { status, headers: answered } = await ask({ method: 'OPTIONS', headers });
    expect(status).toBe(204);
    expect(answered).toMatchObject({
      'access-control-allow-origin': listed,
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'authorization,content-type',
      'access-control-max-age': '600',
      vary: 'Origin',
    });
  });

  it('are no matter to what is no browser', async () => {
    const answer = await ask({ method: 'POST', headers: {} });
    expect(answer.status).toBe(200);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  /** fetch() does not let anybody choose an origin. */
  async function ask(message: { method: string; headers: Record<string, string> }) {
    const headers = { 'content-type': 'application/json', ...message.headers };
    const request = httpRequest(gateway.url, { method: message.method, headers });
    request.end(message.method === 'POST' ? '{"query":"{ viewer { id } }"}' : undefined);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
    return { status: response.statusCode, headers: response.headers, text };
  }
});

describe('the pages that may ask', () => {
  const policies = {
    development: createOriginPolicy({ allowedOrigins: [], isProduction: false }),
    production: createOriginPolicy({ allowedOrigins: [], isProduction: true }),
  };
  const allows = (where: keyof typeof policies, headers: { origin?: string; host?: string }) =>
    policies[where].allows({ headers } as IncomingMessage);

  it.each([
    ['http://localhost:5173', 'localhost:4000', { development: true, production: false }],
    ['http://127.0.0.1:5173', 'localhost:4000', { development: true, production: false }],
    ['http://[::1]:5173', 'localhost:4000', { development: true, production: false }],
    ['http://192.168.0.7:4000', '192.168.0.7:4000', { development: true, production: true }],
    ['http://192.168.0.8:4000', '192.168.0.7:4000', { development: false, production: false }],
    ['https://a.example', 'a.example', { development: true, production: true }],
    ['https://a.example', 'a.example:443', { development: true, production: true }],
    ['https://a.example', 'A.example', { development: true, production: true }],
    ['https://a.example', 'a.example:4000', { development: false, production: false }],
    ['https://a.example', 'b.example', { development: false, production: false }],
    ['https://a.example', undefined, { development: false, production: false }],
    ['https://localhost.a.example', 'b.example', { development: false, production: false }],
    ['null', 'a.example', { development: false, production: false }],
  ])('are, of %s at the host %s: %j', (origin, host, expected) => {
    const headers = { origin, ...(host !== undefined && { host }) };
    for (const where of ['development', 'production'] as const) {
      expect(allows(where, headers)).toBe(expected[where]);
    }
  });
});
