import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { ManualClock } from '../support/manual-clock.ts';
import { until } from '../support/until.ts';
import { clientKinds } from './live-clients.ts';
import { RawSocket } from './raw-socket.ts';
import { openToyGateway, shapes, type ToyGateway } from './toy-gateway.ts';
import { ToyLane } from './toy-lane.ts';

const forget = 'mutation { forgetAllPlayheads { problems { code } } }';
const watch = 'subscription { playheadUpdates { playheads { positionMs } } }';
const lifetimeS = 60;

describe.each(shapes)('the end of a token, %s', (shape) => {
  let gateway: ToyGateway;
  let clock: ManualClock;
  let token: string;
  beforeEach(async () => {
    clock = new ManualClock(Date.now());
    gateway = await openToyGateway(shape, { clock });
    token = await gateway.token('alice', lifetimeS);
  });
  afterEach(() => gateway.close());

  const { overSsePost, overSseGet } = clientKinds;
  it.each(Object.entries({ overSsePost, overSseGet }))(
    'ends an event stream and says why, %s (LIVE-9)',
    async (_kind, subscribe) => {
      const stream = subscribe(gateway, watch, { token });
      await gateway.toys.events.untilLive(1);
      gateway.toys.move('alice', 'mov_1', 5_000);
      expect((await stream.next())?.data.playheadUpdates.playheads).toEqual([
        { positionMs: 5_000 },
      ]);
      await clock.advance(lifetimeS * 1_000);
      const errors = [{ extensions: { code: 'UNAUTHENTICATED', retryable: false } }];
      expect(await stream.next()).toMatchObject({ errors });
      expect(await stream.next()).toBeUndefined();
      await gateway.toys.events.untilLive(0);
      await stream.leave();
    },
  );

  it('closes a socket with 4403, and with it every subscription (LIVE-9)', async () => {
    const socket = new WebSocket(gateway.webSocketUrl, 'graphql-transport-ws');
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: token } }));
    await once(socket, 'message');
    for (const id of ['1', '2']) {
      socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query: watch } }));
    }
    await gateway.toys.events.untilLive(2);
    const closed = once(socket, 'close');
    await clock.advance(lifetimeS * 1_000);
    expect((await closed)[0]).toBe(4403);
    await gateway.toys.events.untilLive(0);
  });

  it('leaves no timer behind for a client that went before', async () => {
    const idle = clock.pending;
    for (const subscribe of Object.values(clientKinds)) {
      const stream = subscribe(gateway, watch, { token });
      await gateway.toys.events.untilLive(1);
      expect(clock.pending).toBe(idle + 1);
      await stream.leave();
      await gateway.toys.events.untilLive(0);
      await until(() => clock.pending === idle, { what: 'the timer is cancelled' });
    }
  });
});

it('closes a socket with 4403 when its token ends, and gives no answer of the fast lane after that', async () => {
  const clock = new ManualClock(Date.now());
  const lane = new ToyLane();
  const gateway = await openToyGateway('embedded', { clock, toyLane: lane });
  lane.forward(forget);
  const { promise, resolve } = Promise.withResolvers<void>();
  gateway.toys.held.set('playback', promise);
  const socket = new RawSocket(gateway.webSocketUrl, 'graphql-transport-ws');
  await socket.opened;
  const authorization = await gateway.token('alice', lifetimeS);
  socket.say({ type: 'connection_init', payload: { authorization } });
  expect(await socket.heard()).toEqual({ type: 'connection_ack' });
  socket.say({ id: '1', type: 'subscribe', payload: { query: forget } });
  await until(() => lane.asked === 1, { what: 'the lane is asked' });
  await clock.advance(lifetimeS * 1_000);
  expect(await socket.closed).toBe(4403);
  resolve();
  await until(() => gateway.toys.mutations === 1, { what: 'it has run' });
  expect(socket.unheard).toEqual([]);
  await gateway.close();
});
