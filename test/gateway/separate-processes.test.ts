import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type SplitProduct, startSplit } from '../support/product.ts';
import { RemoteDevice } from '../support/remote-device.ts';
import { until } from '../support/until.ts';
import { overSsePost, overWebSocket } from './live-clients.ts';
import { post } from './toy-gateway.ts';

const title = 'mov_sintel';
const watch = `subscription { playheadUpdates {
  kind playheads { playableId positionMs playable { __typename title } }
} }`;
const page = `{ viewer {
  playhead(playableId: "${title}") { positionMs playable { title } }
  continueWatching { edges { node { playableId playable { title playhead { positionMs } } } } }
} }`;

describe('gateway and subgraphs as processes of their own', () => {
  let product: SplitProduct;
  let token: string;
  let live: { url: string; webSocketUrl: string };
  let tv: RemoteDevice;
  beforeAll(async () => {
    product = await startSplit();
    token = await product.token('alice');
    const url = `${product.url}/graphql`;
    live = { url, webSocketUrl: url.replace(/^http/, 'ws') };
    tv = new RemoteDevice(product, token);
    await tv.begin({ playableId: title, deviceId: 'tv', deviceKind: 'TV' });
    await tv.report({ event: 'START', positionMs: 0 });
  });
  afterAll(() => product.stop());

  const ask = () => post(live.url, { query: page }, { authorization: `Bearer ${token}` });

  it('answer a page from all of them', async () => {
    await tv.report({ event: 'PAUSE', positionMs: 61_000 });
    const card = {
      playableId: title,
      playable: { title: 'Sintel', playhead: { positionMs: 61_000 } },
    };
    const answer = await until(
      async () => {
        const { data } = await ask();
        return data.viewer.continueWatching.edges.length > 0 && data;
      },
      { what: 'the paused film is in the row' },
    );
    expect(answer.viewer).toEqual({
      playhead: { positionMs: 61_000, playable: { title: 'Sintel' } },
      continueWatching: { edges: [{ node: card }] },
    });
  });

  it('push what a device reports, to sockets and event streams', async () => {
    const streams = [overWebSocket, overSsePost].map((subscribe) =>
      subscribe(live, watch, { token }),
    );
    for (const stream of streams) {
      expect((await stream.next())?.data.playheadUpdates.kind).toBe('SNAPSHOT');
    }
    await tv.report({ event: 'SEEK', positionMs: 120_000 });
    for (const stream of streams) {
      const playhead = { positionMs: 120_000, playable: { __typename: 'Movie', title: 'Sintel' } };
      const update = { kind: 'CHANGED', playheads: [{ playableId: title, ...playhead }] };
      expect((await stream.next())?.data.playheadUpdates).toEqual(update);
      await stream.leave();
    }
  });

  // What breaks: the playback process, by SIGKILL, with a viewer watching; it comes back.
  // How: another device goes on meanwhile, as soon as it can.
  // What must hold: the page keeps its row; the viewer's subscription begins anew with a snapshot.
  it('lose no subscription when playback is killed and started again', async () => {
    const stream = overWebSocket(live, watch, { token });
    await stream.next();
    await product.killSubgraph('playback');
    const { status, data, errors } = await ask();
    expect(status).toBe(200);
    expect(data.viewer.playhead).toBeNull();
    expect(data.viewer.continueWatching.edges).toHaveLength(1);
    expect(errors?.[0]?.extensions.code).toBe('STATE_UNAVAILABLE');
    await product.restartSubgraph('playback');
    const { playheadUpdates } = (await stream.next())?.data ?? {};
    expect(playheadUpdates.kind).toBe('SNAPSHOT');
    expect(playheadUpdates.playheads).toMatchObject([{ playableId: title, positionMs: 120_000 }]);
    await stream.leave();
  });

  it('end at the first SIGTERM, the gateway first, with clients still connected', async () => {
    const stream = overWebSocket(live, watch, { token });
    await stream.next();
    const ended = once(product.process, 'exit');
    product.process.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    await expect(stream.next()).rejects.toMatchObject({ code: 1001 });
    await product.stop();
  });
});
