import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { type Product, startProduct } from '../support/product.ts';
import { askGateway, RemoteDevice } from '../support/remote-device.ts';
import { until } from '../support/until.ts';

interface Pushed {
  playableId: string;
  version: string;
  positionMs: number;
}

interface Subscriber {
  /** Every playhead that was pushed, in order. */
  pushed: Pushed[];
  kinds: string[];
  close(): Promise<void> | void;
}

const query = `subscription { playheadUpdates { kind playheads { playableId version positionMs } } }`;

interface SubscribingClient {
  subscribe(
    operation: { query: string },
    sink: {
      next(message: unknown): void;
      error(error: unknown): void;
      complete(): void;
    },
  ): () => void;
  dispose(): Promise<void> | void;
}

/** Both public transports, as front-end teams open them. */
const transports: Record<string, (product: Product, token: string) => SubscribingClient> = {
  'graphql-ws': (product, token) =>
    createWsClient({
      url: `${product.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${token}` },
      retryAttempts: 0,
    }),
  'graphql-sse': (product, token) =>
    createSseClient({
      url: `${product.url}/graphql`,
      headers: { authorization: `Bearer ${token}` },
      retryAttempts: 0,
    }),
};

function follow(client: SubscribingClient): Subscriber {
  const subscriber: Subscriber = { pushed: [], kinds: [], close: () => client.dispose() };
  client.subscribe(
    { query },
    {
      next(message) {
        const { data } = message as {
          data: { playheadUpdates: { kind: string; playheads: Pushed[] } };
        };
        subscriber.kinds.push(data.playheadUpdates.kind);
        subscriber.pushed.push(...data.playheadUpdates.playheads);
      },
      error: () => {},
      complete: () => {},
    },
  );
  return subscriber;
}

describe.each(Object.keys(transports))(
  'two devices of one viewer, followed by %s (NET-5)',
  (name) => {
    let product: Product;
    const profile = `two-devices-${name}`;

    beforeAll(async () => {
      product = await startProduct();
    });
    afterAll(() => product.stop());

    async function openDevices(title: string) {
      const token = await product.token(profile);
      const tv = new RemoteDevice(product, token);
      const phone = new RemoteDevice(product, token);
      await tv.begin({ playableId: title, deviceId: 'tv', deviceKind: 'TV' });
      await phone.begin({ playableId: title, deviceId: 'phone', deviceKind: 'PHONE' });
      const open = transports[name];
      if (open === undefined) throw new Error(`No transport ${name}.`);
      const subscriber = follow(open(product, token));
      await until(() => subscriber.kinds[0] === 'SNAPSHOT', { what: 'the snapshot' });
      return { tv, phone, subscriber };
    }

    async function expectEveryoneAt(
      subscriber: Subscriber,
      expected: { title: string; version: string; positionMs: number },
    ) {
      const { title, version, positionMs } = expected;
      const { viewer } = await askGateway<{ viewer: { playhead: Pushed } }>(
        product,
        await product.token(profile),
        {
          query: `{ viewer { playhead(playableId: "${title}") { playableId version positionMs } } }`,
        },
      );
      expect(viewer.playhead).toEqual({ playableId: title, version, positionMs });
      await until(
        () =>
          subscriber.pushed.findLast(({ playableId }) => playableId === title)?.version === version,
        { what: `the subscriber sees ${version}` },
      );
      const versions = subscriber.pushed
        .filter(({ playableId }) => playableId === title)
        .map((pushed) => pushed.version);
      expect(versions).toEqual(versions.toSorted());
    }

    it('ends at the most recent activity, whatever is retried, repeated or reordered', async () => {
      const title = 'mov_sintel';
      const { tv, phone, subscriber } = await openDevices(title);
      const first = tv.observe([{ event: 'START', positionMs: 0 }, { positionMs: 5_000 }]);
      const second = phone.observe([{ event: 'START', positionMs: 4_000 }, { positionMs: 9_000 }]);
      const third = tv.observe([{ event: 'PAUSE', positionMs: 10_000 }]);
      const last = phone.observe([{ event: 'SEEK', positionMs: 2_000 }]);

      expect(await tv.send(third)).toMatchObject({ outcome: 'ACCEPTED', durability: 'DURABLE' });
      const newest = await phone.send(last);
      expect(newest).toMatchObject({ outcome: 'ACCEPTED', durability: 'DURABLE' });
      expect(await tv.send(first)).toMatchObject({ outcome: 'SUPERSEDED' });
      expect(await phone.send(second)).toMatchObject({ outcome: 'SUPERSEDED' });
      expect(await phone.send(last)).toMatchObject({ outcome: 'DUPLICATE' });
      expect(await tv.send(third)).toMatchObject({ outcome: 'SUPERSEDED' });

      const version = newest.playhead?.version ?? '';
      await expectEveryoneAt(subscriber, { title, version, positionMs: 2_000 });
      await subscriber.close();
    });

    it('lets what was watched offline count where it is newer, and only there', async () => {
      const title = 'mov_spring';
      const { tv, subscriber } = await openDevices(title);
      const online = await tv.report({ event: 'PAUSE', positionMs: 200_000 });

      const tablet = new RemoteDevice(product, await product.token(profile));
      // Watched for ten minutes, two hours ago; the session clock has run on since.
      await tablet.begin({
        playableId: title,
        deviceId: 'tablet',
        deviceKind: 'TABLET',
        elapsedMs: 7_200_000,
      });
      const batch = Array.from({ length: 100 }, (_, index) => ({ positionMs: 1_000 * index }));
      const late = await tablet.send(tablet.observe(batch, { offlineAtMs: 1 }));
      expect(late).toMatchObject({ outcome: 'SUPERSEDED', problems: [] });

      const version = online.playhead?.version ?? '';
      await expectEveryoneAt(subscriber, { title, version, positionMs: 200_000 });

      const back = await tablet.send(
        tablet.observe([{ event: 'PLAY', positionMs: 100_000 }], { offlineAtMs: 7_201_000 }),
      );
      expect(back).toMatchObject({ outcome: 'ACCEPTED' });
      await expectEveryoneAt(subscriber, {
        title,
        version: back.playhead?.version ?? '',
        positionMs: 100_000,
      });
      await subscriber.close();
    });
  },
);
