import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { socketMessageBytesMax } from '../../runtime/socket-endpoint.ts';
import { until } from '../support/until.ts';
import { RawSocket } from './raw-socket.ts';
import { openToyGateway, type ToyGateway } from './toy-gateway.ts';
import { ToyLane } from './toy-lane.ts';

const read = '{ viewer { id } }';
const forget = 'mutation { forgetAllPlayheads { problems { code } } }';
const watch = 'subscription { playheadUpdates { playheads { positionMs } } }';

/** Of documents that are otherwise fine. */
const misuses = [
  { type: 'subscribe', payload: { query: read } },
  { id: 1, type: 'subscribe', payload: { query: read } },
  { id: '', type: 'subscribe', payload: { query: read } },
  { id: '1', type: 'subscribe', payload: [] },
  { id: '1', type: 'subscribe', payload: { query: [read] } },
  { id: '1', type: 'subscribe', payload: { query: read, variables: [] } },
  { id: '1', type: 'subscribe', payload: { query: read, variables: 'none' } },
  { id: '1', type: 'subscribe', payload: { query: read, operationName: 1 } },
  { id: '1', type: 'subscribe', payload: { query: read, extensions: [] } },
  { id: '1', type: ['subscribe'], payload: { query: read } },
  { id: '1', type: 'SUBSCRIBE', payload: { query: read } },
];

/** Which of them answers a document must be nothing that a client can see. */
describe.each(['normal', 'fast'])('the graphql-ws protocol, %s lane', (which) => {
  let gateway: ToyGateway;
  const lane = new ToyLane();
  const sockets: RawSocket[] = [];
  beforeAll(async () => {
    gateway = await openToyGateway('embedded', { toyLane: lane });
    if (which === 'fast') lane.forward(read, forget);
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.terminate();
    await gateway.toys.events.untilLive(0);
  });
  afterAll(() => gateway.close());

  async function connect(protocol = 'graphql-transport-ws'): Promise<RawSocket> {
    const socket = new RawSocket(gateway.webSocketUrl, protocol);
    sockets.push(socket);
    await socket.opened;
    return socket;
  }

  async function connectAs(profileId: string): Promise<RawSocket> {
    const socket = await connect();
    socket.say({
      type: 'connection_init',
      payload: { authorization: await gateway.token(profileId) },
    });
    expect(await socket.heard()).toEqual({ type: 'connection_ack' });
    return socket;
  }

  /** Operations of playback wait; the answer lets them go, and is over when they are. */
  function hold(): () => Promise<void> {
    const { toys } = gateway;
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = { mutations: toys.mutations, asked: lane.asked };
    toys.held.set('playback', promise);
    return async () => {
      toys.held.delete('playback');
      resolve();
      await until(() => toys.mutations > before.mutations, { what: 'it has run' });
      expect(lane.asked - before.asked).toBe(which === 'fast' ? 1 : 0);
    };
  }

  it.each(['graphql-ws', 'soap'])('refuses the subprotocol %s', async (protocol) => {
    const socket = new WebSocket(gateway.webSocketUrl, protocol);
    const [error] = await once(socket, 'error');
    expect(String(error)).toContain('no subprotocol');
  });

  it.each([watch, read])(
    'closes with 4401 when asked before connection_init: %s',
    async (query) => {
      const socket = await connect();
      socket.say({ id: '1', type: 'subscribe', payload: { query } });
      expect(await socket.closed).toBe(4401);
    },
  );

  it('closes with 4429 at a second connection_init', async () => {
    const socket = await connectAs('alice');
    socket.say({ type: 'connection_init' });
    expect(await socket.closed).toBe(4429);
  });

  it.each([watch, read])('closes with 4409 at the id of a subscription: %s', async (query) => {
    const socket = await connectAs('alice');
    socket.say({ id: '1', type: 'subscribe', payload: { query: watch } });
    await gateway.toys.events.untilLive(1);
    socket.say({ id: '1', type: 'subscribe', payload: { query } });
    expect(await socket.closed).toBe(4409);
  });

  it.each([watch, read, forget])(
    'closes with 4409 at the id of an operation under way: %s',
    async (query) => {
      const release = hold();
      const socket = await connectAs('alice');
      socket.say({ id: '1', type: 'subscribe', payload: { query: forget } });
      socket.say({ id: '1', type: 'subscribe', payload: { query } });
      expect(await socket.closed).toBe(4409);
      await release();
    },
  );

  it.each([
    ...['not json', '{}', '{"type":"subscribe"}', '{"type":"nonsense"}', '[]', 'null'],
    ...misuses.map((misuse) => JSON.stringify(misuse)),
  ])('closes with 4400 at %s', async (message) => {
    const socket = await connectAs('alice');
    socket.send(message);
    expect(await socket.closed).toBe(4400);
  });

  it('closes with 4408 when connection_init does not come (LIM-7)', async () => {
    const socket = await connect();
    expect(await socket.closed).toBe(4408);
  });

  it('closes with 1009 at a message over the limit, and serves others on (LIM-2)', async () => {
    const [greedy, modest] = [await connectAs('alice'), await connectAs('alice')];
    greedy.send('x'.repeat(socketMessageBytesMax + 1));
    expect(await greedy.closed).toBe(1009);
    modest.say({ id: '1', type: 'subscribe', payload: { query: read } });
    expect(await modest.heard()).toMatchObject({ id: '1', type: 'next' });
  });

  it('answers a ping', async () => {
    const socket = await connect();
    socket.say({ type: 'ping' });
    expect(await socket.heard()).toEqual({ type: 'pong' });
  });

  it('serves queries and mutations, one result each', async () => {
    const socket = await connectAs('alice');
    const before = lane.asked;
    // A client may use an id again once it is answered.
    for (const id of ['1', '1', '"', '\ud800 \u2028']) {
      socket.say({ id, type: 'subscribe', payload: { query: forget } });
      const data = { forgetAllPlayheads: { problems: [] } };
      expect(await socket.heard()).toEqual({ id, type: 'next', payload: { data } });
      expect(await socket.heard()).toEqual({ id, type: 'complete' });
    }
    expect(lane.asked - before).toBe(which === 'fast' ? 4 : 0);
  });

  it('drops the answer to what a client has completed, whose id is free again', async () => {
    const release = hold();
    const socket = await connectAs('alice');
    socket.say({ id: '1', type: 'subscribe', payload: { query: forget } });
    socket.say({ id: '1', type: 'complete' });
    socket.say({ type: 'ping' });
    expect(await socket.heard()).toEqual({ type: 'pong' });
    await release();
    for (const id of ['2', '1']) {
      socket.say({ id, type: 'subscribe', payload: { query: read } });
      expect(await socket.heard()).toMatchObject({ id, type: 'next' });
      expect(await socket.heard()).toEqual({ id, type: 'complete' });
    }
  });

  it('answers nothing once it has closed', async () => {
    const release = hold();
    const socket = await connectAs('alice');
    socket.say({ id: '1', type: 'subscribe', payload: { query: forget } });
    socket.say({ type: 'connection_init' });
    expect(await socket.closed).toBe(4429);
    await release();
    expect(socket.unheard).toEqual([]);
  });

  it('sends nothing after a complete, and ends only that subscription', async () => {
    const socket = await connectAs('alice');
    socket.say({ id: '1', type: 'subscribe', payload: { query: watch } });
    socket.say({ id: '2', type: 'subscribe', payload: { query: watch } });
    await gateway.toys.events.untilLive(2);
    socket.say({ id: '1', type: 'complete' });
    await gateway.toys.events.untilLive(1);
    gateway.toys.move('alice', 'mov_1', 2_000);
    expect(await socket.heard()).toMatchObject({ id: '2', type: 'next' });
    socket.say({ type: 'ping' });
    expect(await socket.heard()).toEqual({ type: 'pong' });
  });

  it('refuses other paths', async () => {
    const socket = new WebSocket(`${gateway.webSocketUrl}/ws`, 'graphql-transport-ws');
    const [error] = await once(socket, 'error');
    expect(String(error)).toContain('404');
  });
});
