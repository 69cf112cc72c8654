import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { connectionLimits } from '../../gateway/connection-limits.ts';
import { floodCode } from '../../gateway/socket-limits.ts';
import { socketMessageBytesMax } from '../../runtime/socket-endpoint.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { until } from '../support/until.ts';
import { RawSocket } from './raw-socket.ts';
import { openToyGateway, type ToyGateway } from './toy-gateway.ts';
import { ToyLane } from './toy-lane.ts';

const read = '{ viewer { id } }';
const forget = 'mutation { forgetAllPlayheads { problems { code } } }';
const watch = 'subscription { playheadUpdates { playheads { positionMs } } }';
const { operationsPerSocketMax, messages, pings } = connectionLimits;

const numbers = (length: number) => Array.from({ length }, (_, index) => index);
/** Answered by 300 kB for an id of 30. */
const heavy = `query ($id: ID!) { viewer { ${numbers(10)
  .map((index) => `p${index}: playhead(playableId: $id) { playableId }`)
  .join(' ')} } }`;

describe.each(['normal', 'fast'])('what one socket may do, %s lane', (which) => {
  let gateway: ToyGateway;
  let clock: ManualClock;
  const lane = new ToyLane();
  const sockets: RawSocket[] = [];
  beforeAll(async () => {
    clock = new ManualClock(Date.now());
    gateway = await openToyGateway('embedded', { clock, toyLane: lane });
    if (which === 'fast') lane.forward(read, forget, heavy);
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.terminate();
    await gateway.toys.events.untilLive(0);
    await until(() => clock.pending === 0, { what: 'no timer is left' });
  });
  afterAll(async () => {
    expect(lane.asked > 0).toBe(which === 'fast');
    await gateway.close();
  });

  /** It has sent one message: `connection_init`. */
  async function connect(): Promise<RawSocket> {
    const socket = new RawSocket(gateway.webSocketUrl, 'graphql-transport-ws');
    sockets.push(socket);
    await socket.opened;
    const authorization = await gateway.token('alice');
    socket.say({ type: 'connection_init', payload: { authorization } });
    expect(await socket.heard()).toEqual({ type: 'connection_ack' });
    return socket;
  }

  const subscribe = (socket: RawSocket, ids: readonly number[]) => {
    for (const id of ids) socket.say({ id: `${id}`, type: 'subscribe', payload: { query: watch } });
  };

  it.each([operationsPerSocketMax - 1, operationsPerSocketMax])(
    'is %d subscriptions at a time (LIM-5)',
    async (count) => {
      const socket = await connect();
      subscribe(socket, numbers(count));
      await gateway.toys.events.untilLive(count);
    },
  );

  it('is no subscription more: that one is refused, the others go on (LIM-5)', async () => {
    const socket = await connect();
    subscribe(socket, numbers(operationsPerSocketMax));
    await gateway.toys.events.untilLive(operationsPerSocketMax);
    socket.say({ id: 'more', type: 'subscribe', payload: { query: watch } });
    expect(await socket.heard()).toEqual({
      id: 'more',
      type: 'error',
      payload: [
        {
          message: 'A socket has at most 20 operations at a time.',
          extensions: { code: 'RATE_LIMITED', retryable: true, retryAfterMs: expect.any(Number) },
        },
      ],
    });
    socket.say({ id: '0', type: 'complete' });
    await gateway.toys.events.untilLive(operationsPerSocketMax - 1);
    socket.say({ id: 'more', type: 'subscribe', payload: { query: watch } });
    await gateway.toys.events.untilLive(operationsPerSocketMax);
    expect(socket.readyState).toBe(socket.OPEN);
  });

  it('is no query more beside as many subscriptions (LIM-5)', async () => {
    const socket = await connect();
    subscribe(socket, numbers(operationsPerSocketMax));
    await gateway.toys.events.untilLive(operationsPerSocketMax);
    socket.say({ id: 'more', type: 'subscribe', payload: { query: read } });
    expect(await socket.heard()).toMatchObject({ id: 'more', type: 'error' });
    socket.say({ id: '0', type: 'complete' });
    await gateway.toys.events.untilLive(operationsPerSocketMax - 1);
    socket.say({ id: 'more', type: 'subscribe', payload: { query: read } });
    expect(await socket.heard()).toMatchObject({ id: 'more', type: 'next' });
  });

  it.each([watch, forget])(
    'is nothing more beside as many mutations: %s (LIM-5)',
    async (query) => {
      const socket = await connect();
      const { promise, resolve } = Promise.withResolvers<void>();
      gateway.toys.held.set('playback', promise);
      for (const id of numbers(operationsPerSocketMax)) {
        socket.say({ id: `${id}`, type: 'subscribe', payload: { query: forget } });
      }
      socket.say({ id: 'more', type: 'subscribe', payload: { query } });
      expect(await socket.heard()).toMatchObject({
        ...{ id: 'more', type: 'error' },
        payload: [{ extensions: { code: 'RATE_LIMITED' } }],
      });
      gateway.toys.held.delete('playback');
      resolve();
      const answers = [];
      for (const _ of numbers(2 * operationsPerSocketMax)) answers.push(await socket.heard());
      expect(answers).not.toContainEqual(expect.objectContaining({ id: 'more' }));
      socket.say({ id: 'more', type: 'subscribe', payload: { query: forget } });
      expect(await socket.heard()).toMatchObject({ id: 'more', type: 'next' });
    },
  );

  it('is so many messages a second, and as many again in the next (LIM-6)', async () => {
    const socket = await connect();
    for (const count of [messages.burst - 2, messages.burst - 1, messages.burst]) {
      await clock.advance(1_000);
      await saySomething(socket, count);
    }
    expect(socket.readyState).toBe(socket.OPEN);
  });

  it('is no message more: the socket is closed with 1008, and none is heard (LIM-6)', async () => {
    const socket = await connect();
    await clock.advance(1_000);
    await saySomething(socket, messages.burst);
    const before = gateway.toys.mutations;
    for (const id of ['a', 'b']) socket.say({ id, type: 'subscribe', payload: { query: forget } });
    expect(await socket.closed).toBe(floodCode);
    expect(gateway.toys.mutations).toBe(before);
  });

  /** That changes nothing, and is heard: the last one is answered. */
  async function saySomething(socket: RawSocket, count: number): Promise<void> {
    for (const id of numbers(count - 1)) socket.say({ id: `${id}`, type: 'complete' });
    socket.say({ type: 'ping' });
    expect(await socket.heard()).toEqual({ type: 'pong' });
  }

  const pingKinds: Record<string, (socket: RawSocket) => void> = {
    frames: (socket) => socket.ping(),
    messages: (socket) => socket.say({ type: 'ping' }),
  };

  it.each(Object.entries(pingKinds))('is so many pings, as %s (LIM-6)', async (_kind, ping) => {
    const socket = await connect();
    let pongs = 0;
    socket.on('pong', () => (pongs += 1));
    socket.on('message', () => (pongs += 1));
    const send = async (count: number) => {
      pongs = 0;
      for (const _ of numbers(count)) ping(socket);
      await until(() => pongs === count, { what: `${count} pongs` });
    };
    await send(pings.burst - 1);
    await clock.advance(60_000);
    await send(pings.burst);
    await clock.advance(1_000 / pings.perS);
    await send(1);
    ping(socket);
    expect(await socket.closed).toBe(floodCode);
  });

  it('is no pong that nobody asked for, more than pings', async () => {
    const socket = await connect();
    for (const _ of numbers(pings.burst + 1)) socket.pong();
    expect(await socket.closed).toBe(floodCode);
  });

  it('is to answer the close: it is cut off after a second', async () => {
    const socket = await connect();
    const closed = once(socket, 'close');
    socket.pause();
    for (const _ of numbers(pings.burst + 1)) socket.ping();
    await until(() => clock.pending === 2, { what: 'the gateway has closed the socket' });
    await clock.advance(1_000);
    socket.resume();
    await closed;
  });

  it.each([socketMessageBytesMax - 1, socketMessageBytesMax])(
    'is a message of %d bytes (LIM-2)',
    async (bytes) => {
      const socket = await connect();
      const message = { id: '1', type: 'subscribe', payload: { query: read } };
      const text = JSON.stringify(message);
      socket.send(text + ' '.repeat(bytes - text.length));
      expect(await socket.heard()).toMatchObject({ id: '1', type: 'next' });
    },
  );

  // What breaks: the memory of the gateway, by answers that nobody takes.
  // How: a client asks on and on for 300 kB, and reads nothing.
  // What must hold: what waits for it is bounded: it is cut off.
  it('is not to ask without reading the answers', async () => {
    const socket = await connect();
    const id = 'm'.repeat(30_000);
    socket.say({ id: 'q', type: 'subscribe', payload: { query: heavy, variables: { id } } });
    expect(JSON.stringify(await socket.heard()).length).toBeGreaterThan(300_000);
    expect(await socket.heard()).toMatchObject({ type: 'complete' });
    // As long as it lives, so does this.
    subscribe(socket, [1]);
    await gateway.toys.events.untilLive(1);
    socket.pause();
    const { events, fetches } = gateway.toys;
    for (let asked = 0; asked < 200 && events.liveCount === 1; asked += 1) {
      const before = fetches.playback;
      const payload = { query: heavy, variables: { id } };
      socket.say({ id: `q${asked}`, type: 'subscribe', payload });
      await until(() => fetches.playback > before || events.liveCount === 0, {
        what: 'it is asked, or cut off',
      });
      await clock.advance(1_000);
    }
    expect(events.liveCount).toBe(0);
    socket.resume();
    expect(await socket.closed).toBe(1006);
  });
});
