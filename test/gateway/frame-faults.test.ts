import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../../runtime/clock.ts';
import { challenge, nonceBytes, welcome } from '../../runtime/frame-hello.ts';
import { FrameWriter, frameKinds } from '../../runtime/frames.ts';
import { listen } from '../../runtime/listen.ts';
import { takeUpgrades } from '../../runtime/upgrades.ts';
import { until } from '../support/until.ts';
import { openBalancer, putLoad } from './frame-load.ts';
import { alice, asksEcho, laneRequest, ready, resultOf, shareFrames } from './framed-subgraph.ts';

/** Goodbyes at moments of their own, 100 ms apart at most. */
const drain = { overMs: 100, random: Math.random, clock: systemClock };
const urlOf = (port: number) => `http://127.0.0.1:${port}/graphql`;

describe('a subgraph by frames that fail or end', () => {
  const { closing, subgraphOf, upstreamOf, connected, proxied } = shareFrames();

  it('behind a connection that is dead without a word is asked by another one', async () => {
    const { proxy, url } = await proxied();
    const upstream = await ready(await upstreamOf({ url, timeoutMs: 2_000 }));
    proxy.drop();
    await until(() => !upstream.isReady, { what: 'suspicion' });
    expect(await asksEcho(upstream, 'meanwhile')).toEqual({ kind: 'unsent' });
    await proxy.heal();
    await until(() => upstream.isReady, { what: 'the way back' });
    expect(resultOf(await asksEcho(upstream, 'after'))).toEqual({ data: { echo: 'after' } });
  });

  it('that is not there yet is asked once it is', async () => {
    const { proxy, url } = await proxied();
    await proxy.cut();
    const upstream = await upstreamOf({ url });
    expect(upstream.isReady).toBe(false);
    expect(await asksEcho(upstream, 'before')).toEqual({ kind: 'unsent' });
    await proxy.heal();
    await ready(upstream);
  });

  it('that says nothing is given up, and tried again', async () => {
    const subgraph = await subgraphOf();
    let connections = 0;
    const silent = createTcpServer((socket) => {
      connections += 1;
      socket.on('error', () => {});
    });
    const listening = silent.listen(0, '127.0.0.1');
    await once(listening, 'listening');
    let port = (silent.address() as AddressInfo).port;
    const balancer = closing(await openBalancer(() => port));
    closing({ close: async () => void silent.close() });
    const upstream = await upstreamOf({ url: urlOf(balancer.port) });
    await until(() => connections > 2, { what: 'attempts' });
    expect(upstream.isReady).toBe(false);
    port = subgraph.port;
    await ready(upstream);
  });

  it('that proves nothing is told nothing', async () => {
    const heard: string[] = [];
    const impostor = createServer();
    takeUpgrades(impostor, '/graphql/frames', (_request, socket) => {
      socket.on('error', () => {});
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
      const writer = new FrameWriter((bytes) => void socket.write(bytes));
      const nonce = randomBytes(nonceBytes);
      writer.begin(frameKinds.hello, 0).bytes(challenge(nonce)).end();
      writer.flush();
      socket.once('data', (proof: Buffer) => {
        heard.push(proof.toString('latin1'));
        const said = { release: Buffer.alloc(32), requestsMax: 9, documentsMax: 9 };
        const nonces = { gateway: proof.subarray(12, 44), subgraph: nonce };
        writer
          .begin(frameKinds.hello, 0)
          .bytes(welcome(nonces, 'no such key', said))
          .end();
        writer.flush();
        socket.on('data', (more: Buffer) => heard.push(more.toString('latin1')));
      });
    });
    const listening = closing(await listen(impostor, { host: '127.0.0.1', port: 0 }));
    const upstream = await upstreamOf({ url: `${listening.url}/graphql` });
    const ask = () => upstream.ask(laneRequest('{ who }', { viewer: alice }));
    await until(() => heard.length > 2, { what: 'attempts' });
    expect(await ask()).toEqual({ kind: 'unsent' });
    expect(heard.every((text) => text.length === 76)).toBe(true);
  });

  it('is connected to anew every now and then, under load, and loses nothing', async () => {
    const subgraph = await subgraphOf();
    let connections = 0;
    const proxy = closing(
      await openBalancer(() => {
        connections += 1;
        return subgraph.port;
      }),
    );
    const url = `http://127.0.0.1:${proxy.port}/graphql`;
    const upstream = await ready(await upstreamOf({ url, lifetimeMs: 40 }));
    const load = putLoad(upstream);
    await until(() => connections > 10, { what: 'ten connections' });
    const kinds = await load.end();
    expect(kinds).toEqual({ answered: subgraph.total, unsent: 0, unanswered: 0 });
  });

  it('that is replaced under load loses nothing, and is asked as before', async () => {
    const [before, after] = [await subgraphOf({ serve: { drain } }), await subgraphOf()];
    let port = before.port;
    const balancer = closing(await openBalancer(() => port));
    const upstream = await ready(
      await upstreamOf({ url: `http://127.0.0.1:${balancer.port}/graphql` }),
    );
    const load = putLoad(upstream);
    await until(() => before.total > 20, { what: 'some load' });
    port = after.port;
    before.retire();
    await before.close();
    await until(() => after.total > 20, { what: 'load on the other one' });
    const { answered, unanswered } = await load.end();
    expect({ answered, unanswered }).toEqual({
      answered: before.total + after.total,
      unanswered: 0,
    });
  });

  it('that ends, and starts again, is asked nothing meanwhile', async () => {
    const before = await subgraphOf({ serve: { drain } });
    const upstream = await connected(before);
    const load = putLoad(upstream);
    await until(() => before.total > 20, { what: 'some load' });
    await before.close();
    expect(upstream.isReady).toBe(false);
    const after = await subgraphOf({ port: before.port });
    await until(() => after.total > 20, { what: 'load on the new one' });
    const { answered, unanswered } = await load.end();
    expect({ answered, unanswered }).toEqual({
      answered: before.total + after.total,
      unanswered: 0,
    });
  });
});
