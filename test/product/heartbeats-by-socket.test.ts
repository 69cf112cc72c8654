import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Subscribe } from '../../client/live.ts';
import {
  beginSessionMutation,
  type Operation,
  recordHeartbeatsMutation,
} from '../../client/operations.ts';
import { overWebSocket } from '../../client/web-socket.ts';
import { type Product, startProduct } from '../support/product.ts';
import { until } from '../support/until.ts';

describe('heartbeats over the WebSocket of the SDK', () => {
  let product: Product;
  let subscribe: Subscribe;
  beforeAll(async () => {
    product = await startProduct({ env: { RATE_LIMIT_DEVICE: 'off' } });
    const token = await product.token('alice');
    subscribe = overWebSocket()({
      url: `${product.url}/graphql`,
      fetch,
      authorization: async () => ({ authorization: `Bearer ${token}` }),
    });
  });
  afterAll(() => product.stop());

  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever it asked for.
  async function ask({ name, document: query }: Operation, input: object): Promise<any> {
    const results: { data?: unknown; errors?: unknown }[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    subscribe(
      { operationName: name, query, variables: { input } },
      { next: (result) => results.push(result), error: reject, complete: resolve },
    );
    await promise;
    expect(results).toEqual([{ data: expect.anything() }]);
    return results[0]?.data;
  }

  async function forwarded(): Promise<number> {
    const scraped = await (await fetch(`${product.url}/metrics`)).text();
    const [, count = '0'] =
      /^playhead_lane_forwarded_total\{subgraph="playback",transport="socket"\} (\d+)$/m.exec(
        scraped,
      ) ?? [];
    return Number(count);
  }

  it('take the fast lane, and move the playhead as ever', async () => {
    const { beginSession } = await ask(beginSessionMutation, {
      ...{ playableId: 'mov_night-train', sessionId: 'session-by-socket', deviceId: 'tv-1' },
      deviceKind: 'TV',
    });
    let sequence = 0;
    /** The default of `event` is left to the server. */
    const beat = async () => {
      sequence += 1;
      const positionMs = 1_000 + sequence;
      const heartbeats = [{ sequence, elapsedMs: sequence, positionMs }];
      const { session } = beginSession;
      const { recordHeartbeats } = await ask(recordHeartbeatsMutation, { session, heartbeats });
      expect(recordHeartbeats).toMatchObject({
        ...{ outcome: 'ACCEPTED', problems: [] },
        playhead: { positionMs },
      });
    };
    // A document is decided behind the first answer to it.
    await until(
      async () => {
        await beat();
        return (await forwarded()) > 0;
      },
      { what: 'heartbeats are forwarded' },
    );
    const before = await forwarded();
    for (let count = 0; count < 5; count += 1) await beat();
    expect(await forwarded()).toBe(before + 5);
  });
});
