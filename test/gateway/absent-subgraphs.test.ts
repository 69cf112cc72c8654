import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'graphql';
import type { Executor } from '../../gateway/executor.ts';
import { pauseMs } from '../../gateway/pauses.ts';
import { socketTransport } from '../../gateway/socket-transport.ts';
import { until } from '../support/until.ts';
import { openBalancer } from './frame-load.ts';
import { ready, shareFrames } from './framed-subgraph.ts';

/** Of each pause the least part: whoever comes earlier has made none. */
const random = () => 0;
/** A timer may come as much too early. */
const earlyMs = 50;

// What breaks: a subgraph is away for longer, and nobody is asked but it.
// How: an address that ends each connection as soon as there is one.
// What must hold: attempts come further and further apart. A busy machine only makes them later.
describe('a subgraph that is away is left alone between attempts', () => {
  const { closing, subgraphOf, upstreamOf } = shareFrames();
  let server: Server;
  let port: number;
  let attempts: number;
  beforeEach(async () => {
    attempts = 0;
    server = createServer((socket) => {
      attempts += 1;
      socket.on('error', () => {}).destroy();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  afterEach(() => void server.close());

  const tookMs = async (awaited: number, sinceMs: number) => {
    await until(() => attempts >= awaited, { what: `${awaited} attempts` });
    return performance.now() - sinceMs;
  };

  it('by frames, where one connection of two looks for it', async () => {
    const sinceMs = performance.now();
    await upstreamOf({ url: `http://127.0.0.1:${port}/graphql`, random });
    // Two at once; then one of them after 12.5 ms, 25, 50, 100, 200 and 400, and twice after half a second.
    expect(await tookMs(10, sinceMs)).toBeGreaterThan(1_787 - earlyMs);
  });

  it('by frames, and has both connections once it is there', async () => {
    const balancer = closing(await openBalancer(() => port));
    const upstream = await upstreamOf({ url: `http://127.0.0.1:${balancer.port}/graphql` });
    await tookMs(4, 0);
    ({ port } = await subgraphOf());
    await ready(upstream);
  });

  it('by the live socket, however many viewers begin anew', async () => {
    const signer = { sign: () => 'Bearer signed' };
    const transport = socketTransport(signer, { max: 2, random });
    const location = `http://127.0.0.1:${port}/graphql/ws`;
    const execute = (await transport.getSubgraphExecutor({
      transportEntry: { location },
    } as Parameters<typeof transport.getSubgraphExecutor>[0])) as unknown as Executor &
      AsyncDisposable;
    const document = parse('subscription { playheadUpdates { kind } }');
    let isOver = false;
    const watch = async () => {
      while (!isOver) {
        const results = (await execute({ document })) as AsyncIterableIterator<unknown>;
        await results.next().catch(() => {});
      }
    };
    const sinceMs = performance.now();
    const viewers = Array.from({ length: 50 }, watch);
    // At once, after 50 ms and 100; they have failed by then, and still it is 200, 400, 800, and 1,000 for good.
    expect(await tookMs(7, sinceMs)).toBeGreaterThan(2_550 - earlyMs);
    isOver = true;
    await Promise.all(viewers);
    await execute[Symbol.asyncDispose]();
  });
});

describe('a pause', () => {
  const limits = { firstMs: 25, maxMs: 1_000 };

  it('doubles up to its limit, and half of it is by chance', () => {
    const attempts = [1, 2, 3, 4, 5, 6, 7, 8, 5_000];
    const longest = attempts.map((count) => pauseMs(count, limits, () => 1));
    expect(longest).toEqual([25, 50, 100, 200, 400, 800, 1_000, 1_000, 1_000]);
    const shortest = attempts.map((count) => pauseMs(count, limits, () => 0));
    expect(shortest).toEqual(longest.map((ms) => ms / 2));
  });
});
