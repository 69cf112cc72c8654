import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { connectionLimits } from '../../gateway/connection-limits.ts';
import { bodyBytesMax } from '../../runtime/http-messages.ts';
import { RawConnection } from './raw-connection.ts';
import { openToyGateway, type ToyGateway } from './toy-gateway.ts';

const path = '/graphql?query=%7Bviewer%7Bid%7D%7D';
const host = ['host', 'localhost'] as const;

describe('what one connection may bring', () => {
  let gateway: ToyGateway;
  /** One that waits for nobody. */
  let hasty: ToyGateway;
  const opened: RawConnection[] = [];
  beforeAll(async () => {
    gateway = await openToyGateway('embedded', {
      access: { limits: { requestsPerConnectionMax: 3 } },
    });
    const limits = { headersTimeoutMs: 300, requestTimeoutMs: 600, timeoutCheckMs: 20 };
    hasty = await openToyGateway('embedded', { access: { limits } });
  });
  afterEach(() => {
    for (const connection of opened.splice(0)) connection.close();
  });
  afterAll(async () => {
    await gateway.close();
    await hasty.close();
  });

  async function open(to: ToyGateway = gateway): Promise<RawConnection> {
    const connection = await RawConnection.open(to.url);
    opened.push(connection);
    return connection;
  }

  const get = (headers: readonly (readonly [string, string])[]) =>
    [`GET ${path} HTTP/1.1`, ...headers.map((header) => header.join(': ')), '', ''].join('\r\n');

  /** What Node counts: the address, names and values. */
  const withHeaderBytes = (bytes: number) => {
    const counted = path.length + host.join('').length + 'pad'.length;
    return get([host, ['pad', 'x'.repeat(bytes - counted)]]);
  };

  it.each([
    [connectionLimits.headerBytesMax - 2, 200],
    [connectionLimits.headerBytesMax - 1, 200],
    [connectionLimits.headerBytesMax, 431],
    [connectionLimits.headerBytesMax * 8, 431],
  ])('is %d bytes of headers: %d (LIM-10)', async (bytes, status) => {
    const connection = await open();
    connection.send(withHeaderBytes(bytes));
    expect(await connection.answers(1)).toEqual([status]);
  });

  it('is so many requests; the last answer says that it ends (LIM-10)', async () => {
    const connection = await open();
    for (const count of [1, 2]) {
      connection.send(get([host]));
      expect(await connection.answers(count)).toHaveLength(count);
      expect(connection.heard).not.toMatch(/^connection: close/im);
    }
    connection.send(get([host]));
    expect(await connection.answers(3)).toEqual([200, 200, 200]);
    expect(connection.heard).toMatch(/^connection: close/im);
    await connection.ended;
  });

  it('is no request more: one that was sent along is not run', async () => {
    const connection = await open();
    const before = gateway.toys.fetchCount;
    connection.send(get([host]).repeat(4));
    await connection.ended;
    expect((await connection.answers(3)).slice(0, 3)).toEqual([200, 200, 200]);
    expect(connection.heard.match(/"viewer"/g)).toHaveLength(3);
    expect(gateway.toys.fetchCount - before).toBeLessThanOrEqual(3);
  });

  it('is headers that come in pieces', async () => {
    const connection = await open();
    const text = get([host]);
    connection.send(text.slice(0, -6));
    await connection.sent();
    connection.send(text.slice(-6));
    expect(await connection.answers(1)).toEqual([200]);
  });

  it('is no headers that never end: 408 (LIM-10)', async () => {
    const connection = await open(hasty);
    connection.send(get([host]).slice(0, -2));
    expect(await connection.answers(1)).toEqual([408]);
    await connection.ended;
  });

  it('is no body that never ends: 408 (LIM-10)', async () => {
    const connection = await open(hasty);
    const head = 'POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n';
    connection.send(`${head}transfer-encoding: chunked\r\n\r\n1\r\n{\r\n`);
    expect(await connection.answers(1)).toEqual([408]);
    await connection.ended;
    expect(hasty.toys.fetchCount).toBe(0);
  });

  it.each([
    [bodyBytesMax - 1, 200],
    [bodyBytesMax, 200],
    [bodyBytesMax + 1, 413],
    [20 * 1024 * 1024, 413],
  ])('is a body of %d bytes: %d (LIM-1)', async (bytes, status) => {
    const query = JSON.stringify({ query: '{ viewer { id } }' });
    const body = query + ' '.repeat(bytes - query.length);
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(gateway.url, { method: 'POST', headers, body })).status).toBe(status);
  });
});
