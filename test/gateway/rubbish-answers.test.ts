import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GatewayRuntime } from '@graphql-hive/gateway-runtime';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { remoteTransports } from '../../gateway/remote-transports.ts';
import { openGateway } from '../../gateway/supergraph.ts';
import { systemClock } from '../../runtime/clock.ts';

/** What stands in a subgraph's place: a proxy without a backend, another product, an old version. */
describe('a subgraph that answers rubbish', () => {
  let server: Server;
  let gateway: GatewayRuntime;
  const logged: string[] = [];
  let answer: { status: number; type: string; body: string };
  beforeAll(async () => {
    server = createServer((_request, response) => {
      response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
    gateway = await openGateway({
      connections: remoteTransports(
        { CATALOG_URL: url, PLAYBACK_URL: url, RECOMMENDATIONS_URL: url },
        { sign: () => 'Bearer signed' },
      ),
      verifier: { verify: async () => null },
      clock: systemClock,
      log: pino({ base: null, timestamp: false }, { write: (line) => void logged.push(line) }),
      isProduction: false,
    });
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    server.closeAllConnections();
    server.close();
  });

  const json = 'application/json';
  const html = 'text/html';
  const cases: Record<string, typeof answer> = {
    'a page': { status: 200, type: html, body: '<html>canary' },
    'the page of a proxy': { status: 502, type: html, body: '<html>canary: bad gateway' },
    'half a page of JSON': { status: 200, type: json, body: '{"data":{"canary"' },
    'JSON of something else': { status: 500, type: json, body: '{"canary":1}' },
    'an error without a code': {
      status: 200,
      type: json,
      body: '{"errors":[{"message":"canary"}]}',
    },
    'several errors without codes': {
      status: 200,
      type: json,
      body: '{"errors":[{"message":"canary"},{"message":"canary","extensions":null}]}',
    },
  };

  /** Of these the runtime makes errors of its own, later: how long it took is not known then. */
  const noErrors: typeof cases = {
    'errors that are none': { status: 200, type: json, body: '{"errors":"canary"}' },
    'errors by name': { status: 200, type: json, body: '{"errors":{"canary":{}}}' },
  };

  it.each(Object.entries({ ...cases, ...noErrors }))(
    'is taken for down: %s',
    async (what, rubbish) => {
      answer = rubbish;
      logged.length = 0;
      const response = await gateway.fetch('http://gateway/graphql', {
        method: 'POST',
        headers: { 'content-type': json },
        body: JSON.stringify({ query: '{ playable(id: "secret_id") { title } }' }),
      });
      const text = await response.text();
      expect(response.status).toBe(200);
      const { data, errors } = JSON.parse(text);
      expect(data).toBeNull();
      const extensions = { code: 'CATALOG_UNAVAILABLE', retryable: true };
      expect(errors).toEqual(
        errors.map(() =>
          expect.objectContaining({ extensions: expect.objectContaining(extensions) }),
        ),
      );
      expect(errors.length).toBeGreaterThan(0);
      expect(text).not.toMatch(/canary|secret_id|request/);
      expect(logged.map((line) => JSON.parse(line))).toEqual([
        {
          level: 40,
          subgraph: 'catalog',
          code: 'CATALOG_UNAVAILABLE',
          ...(what in cases && { operation: 'query', durationMs: expect.any(Number) }),
          msg: 'subgraph gave no answer',
        },
      ]);
    },
  );
});
