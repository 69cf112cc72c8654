import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { type Product, startProduct, startSplit } from '../support/product.ts';
import { until } from '../support/until.ts';
import { begin, edges, OtlpReceiver } from './otlp-receiver.ts';

const query = '{ viewer { playhead(playableId: "mov_sintel") { positionMs } } }';
const answered = { data: { viewer: { playhead: {} } } };

type Transport = 'http' | 'socket';

// What breaks: nothing; the fast lane answers, of which the federation runtime and its plugins hear nothing.
// How: a document that the lane knows, asked for in a trace that a client has begun.
// What must hold: the same spans as by the normal lane, under the client's, and through frames.
describe.each([
  ['separate processes', startSplit],
  ['one process', startProduct],
] as const)('the traces of the fast lane as %s', (shape, start) => {
  const isSplit = shape === 'separate processes';
  let receiver: OtlpReceiver;
  let product: Product;
  let token: string;
  beforeAll(async () => {
    receiver = await OtlpReceiver.open();
    product = await start({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint } });
    token = await product.token('ann');
  });
  afterAll(async () => {
    await product?.stop();
    await receiver?.close();
  });

  const measured = async (origin: string, sample: string) => {
    const text = await (await fetch(`${origin}/metrics`)).text();
    const line = text.split('\n').find((each) => each.startsWith(`${sample} `));
    return Number(line?.slice(sample.length) ?? 0);
  };
  const forwarded = (by: Transport) =>
    measured(product.url, `playhead_lane_forwarded_total{subgraph="playback",transport="${by}"}`);
  /** What playback has answered by frames. */
  const framed = () => {
    const [, origin = ''] = /^playback +(http:\S+)\/graphql$/m.exec(product.output()) ?? [];
    return measured(origin, 'playhead_frame_requests_total{outcome="answered"}');
  };

  const askBy: Record<Transport, (traceparent: string) => Promise<unknown>> = {
    async http(traceparent) {
      const authorization = `Bearer ${token}`;
      const response = await fetch(`${product.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization, traceparent },
        body: JSON.stringify({ query }),
      });
      expect(await response.json()).toMatchObject(answered);
    },
    /** A socket has the trace of its upgrade. */
    async socket(traceparent) {
      class Traced extends WebSocket {
        constructor(url: string, protocols: string) {
          super(url, protocols, { headers: { traceparent } });
        }
      }
      const url = `${product.url.replace('http', 'ws')}/graphql`;
      const connectionParams = { authorization: token };
      const client = createClient({ url, webSocketImpl: Traced, connectionParams });
      const answer = await client.iterate({ query }).next();
      await client.dispose();
      expect(answer.value).toMatchObject(answered);
    },
  };

  const ours = isSplit
    ? ['gateway ask playback > playback playback', 'playback playback > playback memory read']
    : ['gateway ask playback > gateway memory read'];
  const spansOf = ['– > gateway graphql', 'gateway graphql > gateway ask playback', ...ours].sort();

  it.each(['http', 'socket'] as const)('are those of the normal lane, by %s', async (by) => {
    const isTaken = async () => {
      const before = await forwarded(by);
      await askBy[by](begin('00').traceparent);
      return (await forwarded(by)) > before;
    };
    await until(isTaken, { what: 'the lane knows the document' });
    const before = { forwarded: await forwarded(by), framed: isSplit ? await framed() : 0 };
    const client = begin();
    await askBy[by](client.traceparent);
    expect(await forwarded(by)).toBe(before.forwarded + 1);
    if (isSplit) expect(await framed()).toBeGreaterThan(before.framed);
    const names = ['graphql', 'ask playback', 'memory read', ...(isSplit ? ['playback'] : [])];
    const spans = await receiver.untilTrace(client.traceId, names);
    expect(edges(spans)).toEqual(spansOf);
    expect(spans.find(({ name }) => name === 'graphql')?.parentSpanId).toBe(client.spanId);
    expect(spans.find(({ name }) => name === 'ask playback')?.attributes).toEqual([
      { key: 'playhead.subgraph', value: { stringValue: 'playback' } },
    ]);
  });
});
