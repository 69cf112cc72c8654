import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { FrameLink } from '../../gateway/frame-link.ts';
import type { LaneAnswer } from '../../gateway/lane-upstream.ts';
import { noTracer, type Tracer } from '../../runtime/tracing.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { until } from '../support/until.ts';
import { openBalancer } from './frame-load.ts';
import {
  alice,
  asksEcho,
  echo,
  identityKey,
  laneRequest,
  ready,
  resultOf,
  shareFrames,
} from './framed-subgraph.ts';

const add = 'mutation ($by: Int!) { add(by: $by) }';

describe('a subgraph by frames', () => {
  const { closing, subgraphOf, upstreamOf, connected, proxied } = shareFrames();

  it('is asked as whom the gateway says', async () => {
    const upstream = await connected(await subgraphOf());
    const as = async (viewer: typeof alice | null) =>
      resultOf(await upstream.ask(laneRequest('{ who }', { viewer })));
    expect(await as(alice)).toEqual({ data: { who: 'alice' } });
    expect(await as(null)).toEqual({ data: { who: null } });
  });

  it('answers each of many with its own', async () => {
    const subgraph = await subgraphOf();
    const upstream = await connected(subgraph);
    const texts = Array.from({ length: 500 }, (_, index) => `ü-${index}-${'x'.repeat(index)}`);
    const answers = await Promise.all(texts.map((text) => asksEcho(upstream, text)));
    expect(answers.map(resultOf)).toEqual(texts.map((text) => ({ data: { echo: text } })));
    const answered = 'playhead_frame_requests_total{outcome="answered"}';
    expect(await subgraph.measured(answered)).toBe(500);
    expect(await subgraph.measured('playhead_frame_requests_under_way')).toBe(0);
    expect(await subgraph.measured('playhead_frame_connections')).toBe(2);
  });

  it.each([
    ['variables that do not fit', echo, { text: 7 }],
    ['variables nested deeper than can be written', echo, { text: 'x', deep: nested(30_000) }],
    ['a document that is not valid there', '{ nothing }', undefined],
    ['what is no document', '{', undefined],
    ['a subscription', 'subscription { echo }', undefined],
    ['more than a frame holds', echo, { text: 'x'.repeat(1024 * 1024) }],
    ['a document of more than a frame holds', `{ who } #${'x'.repeat(1024 * 1024)}`, undefined],
  ])('does not hear of %s, or runs nothing of it', async (_what, text, variables) => {
    const upstream = await connected(await subgraphOf());
    for (let times = 0; times < 3; times += 1) {
      expect(await upstream.ask(laneRequest(text, { variables }))).toEqual({ kind: 'unsent' });
    }
    expect(resultOf(await asksEcho(upstream, 'as before'))).toEqual({
      data: { echo: 'as before' },
    });
  });

  it('that was killed and started again is asked again, and told its documents again', async () => {
    const subgraph = await subgraphOf();
    const proxy = closing(await FaultProxy.open({ port: subgraph.port }));
    const upstream = await ready(
      await upstreamOf({ url: `http://127.0.0.1:${proxy.port}/graphql` }),
    );
    await asksEcho(upstream, 'before');
    const { generation } = upstream;
    await proxy.cut();
    await until(() => !upstream.isReady, { what: 'the loss' });
    expect(await asksEcho(upstream, 'meanwhile')).toEqual({ kind: 'unsent' });
    await proxy.heal();
    await until(() => upstream.isReady, { what: 'the way back' });
    expect(resultOf(await asksEcho(upstream, 'after'))).toEqual({ data: { echo: 'after' } });
    expect(upstream.generation).toBe(generation);
  });

  it('of another release is another generation', async () => {
    const [before, after] = [await subgraphOf(), await subgraphOf({ more: 'extra: String' })];
    const proxy = closing(await FaultProxy.open({ port: before.port }));
    const upstream = await ready(
      await upstreamOf({ url: `http://127.0.0.1:${proxy.port}/graphql` }),
    );
    const { generation } = upstream;
    proxy.leadTo(after.port);
    await until(() => upstream.generation > generation, { what: 'another generation' });
    await ready(upstream);
    expect(resultOf(await upstream.ask(laneRequest('{ extra }')))).toEqual({
      data: { extra: null },
    });
  });

  it('is asked on one connection for what comes in one turn, and on each in turn', async () => {
    const two = [await subgraphOf(), await subgraphOf()];
    let turn = 0;
    const balancer = closing(
      await openBalancer(() => {
        turn += 1;
        return two[turn % 2]?.port ?? 0;
      }),
    );
    const upstream = await ready(
      await upstreamOf({ url: `http://127.0.0.1:${balancer.port}/graphql` }),
    );
    await until(() => upstream.connections === 2, { what: 'both connections' });
    const askTogether = async () => {
      const asked = laneRequest(add, { variables: { by: 1 } });
      await Promise.all(Array.from({ length: 10 }, () => upstream.ask(asked)));
      return two.map(({ total }) => total).sort((left, right) => left - right);
    };
    expect(await askTogether()).toEqual([0, 10]);
    expect(await askTogether()).toEqual([10, 10]);
  });

  it('of two releases at a time is asked as one of them', async () => {
    const releases = [await subgraphOf(), await subgraphOf({ more: 'extra: String' })];
    let turn = 0;
    const balancer = createServer((client) => {
      const server = connect(releases[turn % 2]?.port ?? 0, '127.0.0.1');
      turn += 1;
      for (const socket of [client, server]) socket.on('error', () => {});
      client.pipe(server).pipe(client);
    });
    balancer.listen(0, '127.0.0.1');
    await once(balancer, 'listening');
    closing({ close: async () => void balancer.close() });
    const { port } = balancer.address() as AddressInfo;
    const upstream = await ready(await upstreamOf({ url: `http://127.0.0.1:${port}/graphql` }));
    expect(turn).toBe(2);
    const sdl = JSON.stringify(resultOf(await upstream.ask(laneRequest('{ _service { sdl } }'))));
    const kind = sdl.includes('extra') ? 'answered' : 'unsent';
    for (let times = 0; times < 10; times += 1) {
      expect(await upstream.ask(laneRequest('{ extra }'))).toMatchObject({ kind });
    }
  });

  it('that is cut off in the middle has perhaps run what was asked, and nothing of the rest', async () => {
    const { subgraph, proxy, url } = await proxied();
    const upstream = await ready(await upstreamOf({ url }));
    const gate = Promise.withResolvers<void>();
    subgraph.gate = gate.promise;
    const asked = [1, 2, 3].map((by) => upstream.ask(laneRequest(add, { variables: { by } })));
    await until(() => subgraph.begun === 3, { what: 'the requests' });
    proxy.reset();
    const lost: LaneAnswer = { kind: 'unanswered', why: 'lost' };
    expect(await Promise.all(asked)).toEqual([lost, lost, lost]);
    gate.resolve();
    await until(() => subgraph.total === 6, { what: 'what had begun' });
  });

  it('answers what is under way when the gateway closes, and nothing afterwards', async () => {
    const subgraph = await subgraphOf();
    const upstream = await connected(subgraph);
    const asked = [1, 2].map((by) => upstream.ask(laneRequest(add, { variables: { by } })));
    await upstream.close();
    const results = (await Promise.all(asked)).map(resultOf);
    expect(results).toEqual([{ data: { add: 1 } }, { data: { add: 3 } }]);
    const late = await upstream.ask(laneRequest(add, { variables: { by: 4 } }));
    expect(late).toEqual({ kind: 'unsent' });
    expect(subgraph.total).toBe(3);
  });

  it('has not heard of what was never written', async () => {
    const subgraph = await subgraphOf();
    const ended: string[] = [];
    const opened = Promise.withResolvers<void>();
    const link = new FrameLink({
      target: { url: subgraph.url },
      keys: [identityKey],
      ticks: { timeout: 9, open: 9, ping: 9, suspect: 9, cut: 9 },
      events: {
        onOpen: () => opened.resolve(),
        onLeaving() {},
        onGone: (_link, why) => ended.push(why),
      },
    });
    await opened.promise;
    const asked = link.ask(laneRequest('mutation { add(by: 1) }'), 'Bearer x');
    // In the same turn: nothing has left yet.
    link.destroy('test');
    expect(await asked).toEqual({ kind: 'unsent' });
    expect(ended).toEqual(['test']);
  });

  it('is asked for as much as it takes, and the rest elsewhere', async () => {
    const subgraph = await subgraphOf({ frames: { limits: { requestsMax: 3 } } });
    const upstream = await connected(subgraph);
    const gate = Promise.withResolvers<void>();
    subgraph.gate = gate.promise;
    const asked = Array.from({ length: 10 }, () =>
      upstream.ask(laneRequest(add, { variables: { by: 1 } })),
    );
    gate.resolve();
    const kinds = (await Promise.all(asked)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'answered')).toHaveLength(6);
    expect(kinds.filter((kind) => kind === 'unsent')).toHaveLength(4);
    expect(subgraph.total).toBe(6);
  });

  it('is told a document again when it had to forget it', async () => {
    const subgraph = await subgraphOf({ frames: { limits: { documentsMax: 2 } } });
    const upstream = await connected(subgraph);
    const ask = async (index: number) => {
      const key = `key${index % 5}`;
      const answer = await upstream.ask(laneRequest(`{ ${key}: __typename }`));
      expect(resultOf(answer)).toEqual({ data: { [key]: 'Query' } });
    };
    for (let index = 0; index < 40; index += 1) await ask(index);
    await Promise.all(Array.from({ length: 40 }, (_, index) => ask(index)));
  });

  it('that is slow has perhaps run what was asked, and is not waited for', async () => {
    const subgraph = await subgraphOf();
    const upstream = await ready(await upstreamOf({ url: subgraph.url, timeoutMs: 1_000 }));
    const gate = Promise.withResolvers<void>();
    subgraph.gate = gate.promise;
    const slow = upstream.ask(laneRequest(add, { variables: { by: 1 } }));
    await until(() => subgraph.begun === 1, { what: 'the request' });
    expect(await slow).toEqual({ kind: 'unanswered', why: 'timeout' });
    // Its answer comes late, and is nobody's.
    gate.resolve();
    await until(() => subgraph.total === 1, { what: 'the late answer' });
    const answered = await until(
      async () => {
        const answer = await asksEcho(upstream, 'next');
        return answer.kind === 'answered' && answer;
      },
      { what: 'an answer in time' },
    );
    expect(resultOf(answered)).toEqual({ data: { echo: 'next' } });
  });

  it.each([
    ['another key', { IDENTITY_KEY: 'a secret that only somebody else can know' }, 'proof'],
  ])('is not asked by a gateway with %s', async (_what, settings, reason) => {
    const subgraph = await subgraphOf();
    const upstream = await upstreamOf({ url: subgraph.url, settings });
    const refused = `playhead_frame_refused_total{reason="${reason}"}`;
    await until(async () => (await subgraph.measured(refused)) > 2, { what: 'refusals' });
    expect(upstream.isReady).toBe(false);
  });

  it('is asked while the key is being changed', async () => {
    const settings = {
      IDENTITY_KEY: 'the secret that is used from now on',
      IDENTITY_KEY_PREVIOUS: identityKey,
    };
    const subgraph = await subgraphOf({ settings });
    const upstream = await connected(subgraph);
    const viewer = alice;
    expect(resultOf(await upstream.ask(laneRequest('{ who }', { viewer })))).toEqual({
      data: { who: 'alice' },
    });
  });

  it('is a part of the trace that the gateway is in', async () => {
    const parents: unknown[] = [];
    const span: Tracer['span'] = (name, { kind, parent }, work) => {
      parents.push({ name, kind, parent });
      return work();
    };
    const subgraph = await subgraphOf({ serve: { tracer: { ...noTracer, span } } });
    const upstream = await connected(subgraph);
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await upstream.ask(laneRequest('{ who }', { traceparent }));
    await upstream.ask(laneRequest('{ who }'));
    const server = { name: 'toy', kind: 'server' };
    expect(parents).toEqual([
      { ...server, parent: traceparent },
      { ...server, parent: undefined },
    ]);
  });
});

/** Lists in lists, as JSON is read but not written. */
function nested(depth: number): unknown {
  return JSON.parse('['.repeat(depth) + ']'.repeat(depth));
}
