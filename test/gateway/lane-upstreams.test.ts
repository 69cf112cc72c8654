import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FastLane } from '../../gateway/fast-lane.ts';
import { HttpUpstream } from '../../gateway/http-upstream.ts';
import type { LaneDecision } from '../../gateway/lane-decision.ts';
import { GatewayMetrics } from '../../gateway/metrics.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { TokenVerifier } from '../../runtime/identity.ts';
import { createLog } from '../../runtime/log.ts';
import { laneRequest } from './framed-subgraph.ts';

const text = 'mutation{add}';
const decision: LaneDecision = {
  ...{ kind: 'forward', subgraph: 'toy', text, operation: 'mutation', needsViewer: false },
};

describe('a subgraph of another team by HTTP', () => {
  let server: Server;
  let upstream: HttpUpstream;
  let answer: { status: number; body: object };
  let heard: number;
  beforeEach(async () => {
    heard = 0;
    server = createServer((request, response) => {
      heard += 1;
      request.resume().on('end', () => {
        response.writeHead(answer.status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(answer.body));
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/graphql`;
    upstream = new HttpUpstream({ url, signer: { sign: () => 'Bearer x' }, clock: systemClock });
  });
  afterEach(async () => {
    await upstream.close();
    server.close().closeAllConnections();
  });

  const laneOf = (verifier: TokenVerifier, generationOf = () => upstream.generation) =>
    new FastLane({
      documents: { hasGraph: true, find: () => decision },
      ...{ upstreamOf: () => upstream, generationOf, verifier },
      metrics: new GatewayMetrics(),
      log: createLog({ level: 'silent', part: 'test' }),
      isProduction: false,
    });
  const answerOf = async (lane: FastLane) => {
    const document = lane.find({ query: text });
    if (document === undefined) throw new Error('It was not found.');
    const request = { headers: {} } as never;
    const rest = { variables: undefined, authorization: undefined, traceparent: undefined };
    return lane.answer({ document, request, ...rest, transport: 'http' });
  };
  const errors = [{ message: 'broken', extensions: { code: 'BROKEN' } }];

  it.each([
    [200, 'normal', 'has run nothing, if it says so'],
    [400, 'normal', 'has run nothing, if it refuses'],
    [500, 'answered', 'may have run a mutation, if it failed: nobody runs it again'],
  ])('that answers %d without data is answered %s: it %s', async (status, kind) => {
    answer = { status, body: { errors } };
    expect(await answerOf(laneOf({ verify: async () => null }))).toMatchObject({ kind });
    expect(heard).toBe(1);
  });

  it.each(['x', 99, 101, 1_000, 400.5, null])(
    'says nothing of the answer’s status by %j',
    async (status) => {
      const extensions = { code: 'STATE_UNAVAILABLE', http: { status } };
      const odd = [{ message: 'broken', extensions }];
      answer = { status: 200, body: { data: null, errors: odd } };
      const answered = await answerOf(laneOf({ verify: async () => null }));
      expect(answered).toMatchObject({ kind: 'answered', hints: [] });
    },
  );

  it('is told nothing that cannot be written', async () => {
    const deep: unknown = JSON.parse('['.repeat(30_000) + ']'.repeat(30_000));
    expect(await upstream.ask(laneRequest(text, { variables: { deep } }))).toEqual({
      kind: 'unsent',
    });
    expect(heard).toBe(0);
  });

  it('is not asked by a decision for the release before', async () => {
    answer = { status: 200, body: { data: { add: 1 } } };
    let generation = upstream.generation;
    const verify = async () => {
      generation += 1;
      return null;
    };
    expect(await answerOf(laneOf({ verify }, () => generation))).toEqual({ kind: 'normal' });
    expect(heard).toBe(0);
  });
});
