import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { socketMessageBytesMax } from '../../runtime/socket-endpoint.ts';
import { RawSocket } from './raw-socket.ts';
import { openToyGateway, type ToyGateway } from './toy-gateway.ts';

const watch = 'subscription { playheadUpdates { playheads { positionMs } } }';

describe('the graphql-ws protocol', () => {
  let gateway: ToyGateway;
  const sockets: RawSocket[] = [];
  beforeAll(async () => {
    gateway = await openToyGateway('embedded');
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

  it.each(['graphql-ws', 'soap'])('refuses the subprotocol %s', async (protocol) => {
    const socket = new WebSocket(gateway.webSocketUrl, protocol);
    const [error] = await once(socket, 'error');
    expect(String(error)).toContain('no subprotocol');
  });

  it('closes with 4401 when subscribed to before connection_init', async () => {
    const socket = await connect();
    socket.say({ id: '1', type: 'subscribe', payload: { query: watch } });
    expect(await socket.closed).toBe(4401);
  });

  it('closes with 4429 at a second connection_init', async () => {
    const socket = await connectAs('alice');
    socket.say({ type: 'connection_init' });
    expect(await socket.closed).toBe(4429);
  });

  it('closes with 4409 at an id in use', async () => {
    const socket = await connectAs('alice');
    socket.say({ id: '1', type: 'subscribe', payload: { query: watch } });
    await gateway.toys.events.untilLive(1);
    socket.say({ id: '1', type: 'subscribe', payload: { query: watch } });
    expect(await socket.closed).toBe(4409);
  });

  it.each(['not json', '{}', '{"type":"subscribe"}', '{"type":"nonsense"}', '[]'])(
    'closes with 4400 at %s',
    async (message) => {
      const socket = await connectAs('alice');
      socket.send(message);
      expect(await socket.closed).toBe(4400);
    },
  );

  it('closes with 4408 when connection_init does not come (LIM-7)', async () => {
    const socket = await connect();
    expect(await socket.closed).toBe(4408);
  });

  it('closes with 1009 at a message over the limit, and serves others on (LIM-2)', async () => {
    const [greedy, modest] = [await connectAs('alice'), await connectAs('alice')];
    greedy.send('x'.repeat(socketMessageBytesMax + 1));
    expect(await greedy.closed).toBe(1009);
    modest.say({ id: '1', type: 'subscribe', payload: { query: '{ viewer { id } }' } });
    expect(await modest.heard()).toMatchObject({ id: '1', type: 'next' });
  });

  it('answers a ping', async () => {
    const socket = await connect();
    socket.say({ type: 'ping' });
    expect(await socket.heard()).toEqual({ type: 'pong' });
  });

  it('serves queries and mutations, one result each', async () => {
    const socket = await connectAs('alice');
    const query = 'mutation { forgetAllPlayheads { problems { code } } }';
    socket.say({ id: '1', type: 'subscribe', payload: { query } });
    const data = { forgetAllPlayheads: { problems: [] } };
    expect(await socket.heard()).toEqual({ id: '1', type: 'next', payload: { data } });
    expect(await socket.heard()).toEqual({ id: '1', type: 'complete' });
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
