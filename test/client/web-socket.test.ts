import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { buildSchema } from 'graphql';
import type { PlayheadClient } from '../../client/index.ts';
import { overWebSocket } from '../../client/web-socket.ts';
import { openSocketEndpoint } from '../../runtime/socket-endpoint.ts';
import { until } from '../support/until.ts';
import { playhead, versionAt } from './fake-server.ts';
import { openRig } from './rig.ts';

/** As much of the schema as the subscription of playheads asks for. */
const schema = buildSchema(`
  type Query { nothing: Int }
  type Device { id: ID! name: String kind: String! }
  type Session { id: ID! playerState: String! positionMs: Int! device: Device! }
  type Freshness { degraded: Boolean! }
  type Playhead {
    id: ID! playableId: ID! positionMs: Int! resumePositionMs: Int! durationMs: Int progress: Float
    status: String! hidden: Boolean! version: String! updatedAt: String device: Device
    activeSession: Session freshness: Freshness!
  }
  type Update { kind: String! playheads: [Playhead!]! }
  type Subscription { playheadUpdates: Update! }
`);

/** Server and client of the graphql-ws protocol, both real, over a socket. */
describe('streams over a WebSocket', () => {
  const opened: unknown[] = [];
  let snapshots = 0;
  let server: ReturnType<typeof createServer>;
  let endpoint: ReturnType<typeof openSocketEndpoint>;
  let cutAll = () => {};
  let client: PlayheadClient;

  beforeEach(async () => {
    opened.length = 0;
    snapshots = 0;
    server = createServer();
    const sockets = new Set<{ close(): void }>();
    endpoint = openSocketEndpoint(server, '/graphql', {
      schema,
      onConnect({ connectionParams, extra }) {
        opened.push(connectionParams);
        sockets.add({ close: () => extra.socket.terminate() });
      },
      roots: {
        subscription: {
          async *playheadUpdates() {
            snapshots += 1;
            const playheads = [
              playhead({ version: versionAt(snapshots), positionMs: 1_000 * snapshots }),
            ];
            yield { playheadUpdates: { kind: 'SNAPSHOT', playheads } };
            // Open until somebody leaves.
            await new Promise(() => {});
          },
        },
      },
    });
    cutAll = () => {
      for (const socket of sockets) socket.close();
      sockets.clear();
    };
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  afterEach(async () => {
    await client.close();
    cutAll();
    server.close();
    await endpoint.close();
  });

  const positionOf = () => client.live.getSnapshot().get('mov_1')?.positionMs;

  it('bring the live state, with a fresh token for each connection', async () => {
    const { port } = server.address() as AddressInfo;
    const rig = openRig({ url: `http://127.0.0.1:${port}/graphql`, streams: overWebSocket() });
    client = rig.client;
    client.live.subscribe(() => {});
    await until(() => positionOf() === 1_000, { what: 'the snapshot is there' });
    cutAll();
    await until(() => rig.clock.pending > 0, { what: 'the end of the stream was noticed' });
    await rig.clock.advance(1_000);
    await until(() => positionOf() === 2_000, { what: 'the next snapshot is there' });
    expect(opened).toEqual([
      { authorization: 'Bearer token-1' },
      { authorization: 'Bearer token-2' },
    ]);
    // Operations stay on HTTP.
    expect(rig.server.of('PlayheadUpdates')).toEqual([]);
  });
});
