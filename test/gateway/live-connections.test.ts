import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { connectionLimits } from '../../gateway/connection-limits.ts';
import { LiveCounts } from '../../gateway/live-counts.ts';
import { countedAddress, peerAddress } from '../../gateway/peer-address.ts';
import { floodCode, tooManySocketsCode } from '../../gateway/socket-limits.ts';
import { overSseGet } from './live-clients.ts';
import { RawSocket } from './raw-socket.ts';
import { openToyGateway, post, type ToyGateway } from './toy-gateway.ts';

const watch = 'subscription { playheadUpdates { playheads { positionMs } } }';
const limits = { liveConnectionsPerViewerMax: 2, liveConnectionsPerAddressMax: 3 };
const forwarded = (address: string) => ({ 'x-forwarded-for': address });

describe('live connections', () => {
  let gateway: ToyGateway;
  const sockets: RawSocket[] = [];
  beforeEach(async () => {
    gateway = await openToyGateway('embedded', { access: { limits, trustedProxies: 1 } });
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.terminate();
    await gateway.close();
  });

  function open(address: string): RawSocket {
    const socket = new RawSocket(gateway.webSocketUrl, 'graphql-transport-ws', {
      headers: forwarded(address),
    });
    sockets.push(socket);
    return socket;
  }

  async function openAs(profileId: string, address: string): Promise<RawSocket> {
    const socket = open(address);
    await socket.opened;
    const authorization = await gateway.token(profileId);
    socket.say({ type: 'connection_init', payload: { authorization } });
    return socket;
  }

  const listen = async (profileId: string, address: string) =>
    post(
      gateway.url,
      { query: watch },
      {
        accept: 'text/event-stream',
        authorization: `Bearer ${await gateway.token(profileId)}`,
        ...forwarded(address),
      },
    );
  const refused = {
    status: 429,
    errors: [{ extensions: { code: 'RATE_LIMITED', retryable: true, retryAfterMs: 5_000 } }],
  };

  it('of a viewer are so many, whatever their tokens and addresses; one more is closed with 1013 (LIM-8)', async () => {
    const [first] = [await openAs('alice', '192.0.2.1'), await openAs('alice', '192.0.2.2')];
    for (const socket of sockets) expect(await socket.heard()).toEqual({ type: 'connection_ack' });
    expect(await (await openAs('alice', '192.0.2.3')).closed).toBe(tooManySocketsCode);
    const other = await openAs('bob', '192.0.2.3');
    expect(await other.heard()).toEqual({ type: 'connection_ack' });
    first?.terminate();
    await first?.closed;
    await untilAdmitted();
  });

  /** The gateway learns of the end of a connection a moment later than the client. */
  async function untilAdmitted(): Promise<void> {
    for (;;) {
      const socket = await openAs('alice', '192.0.2.9');
      const heard = socket.heard();
      const answer = await Promise.race([heard, socket.closed]);
      heard.catch(() => {});
      if (typeof answer !== 'number') return expect(answer).toEqual({ type: 'connection_ack' });
    }
  }

  it('of an address are so many; one more is answered 429 (LIM-8)', async () => {
    for (const _ of [1, 2, 3]) await open('192.0.2.1').opened;
    const more = new WebSocket(gateway.webSocketUrl, 'graphql-transport-ws', {
      headers: forwarded('192.0.2.1'),
    });
    const [error] = await once(more, 'error');
    expect(String(error)).toContain('429');
    await open('192.0.2.2').opened;
  });

  it('are event streams as well (LIM-8)', async () => {
    const token = await gateway.token('alice');
    const streams = [overSseGet(gateway, watch, { token }), overSseGet(gateway, watch, { token })];
    await gateway.toys.events.untilLive(2);
    expect(await listen('alice', '192.0.2.1')).toMatchObject(refused);
    expect(await (await openAs('alice', '192.0.2.1')).closed).toBe(tooManySocketsCode);
    for (const stream of streams) await stream.leave();
    await gateway.toys.events.untilLive(0);
    await openAs('alice', '192.0.2.4');
  });

  it('of an address are counted over sockets and event streams (LIM-8)', async () => {
    for (const _ of [1, 2, 3]) await open('192.0.2.1').opened;
    expect(await listen('alice', '192.0.2.1')).toMatchObject(refused);
    expect(gateway.toys.events.opened).toBe(0);
  });
});

/** What clients in the field do of themselves: the close codes were chosen by it. */
describe('a graphql-ws client with its own retries', () => {
  let gateway: ToyGateway;
  beforeEach(async () => {
    gateway = await openToyGateway('embedded', { access: { limits } });
  });
  afterEach(() => gateway.close());

  /** The codes of all closes, until the client has given up. */
  async function codesUntilItGivesUp(onConnected: (socket: WebSocket) => void): Promise<number[]> {
    const codes: number[] = [];
    const { promise: gaveUp, resolve: giveUp } = Promise.withResolvers<unknown>();
    const client = createClient({
      url: gateway.webSocketUrl,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: await gateway.token('alice') },
      lazy: false,
      retryAttempts: 2,
      retryWait: () => Promise.resolve(),
      onNonLazyError: giveUp,
      on: {
        connected: (socket) => onConnected(socket as WebSocket),
        closed: (event) => codes.push((event as { code: number }).code),
      },
    });
    await gaveUp;
    await client.dispose();
    return codes;
  }

  it('comes back when its viewer has too many sockets (LIM-8)', async () => {
    const others = [1, 2].map(() => new RawSocket(gateway.webSocketUrl, 'graphql-transport-ws'));
    for (const socket of others) {
      await socket.opened;
      const authorization = await gateway.token('alice');
      socket.say({ type: 'connection_init', payload: { authorization } });
      await socket.heard();
    }
    expect(await codesUntilItGivesUp(() => {})).toEqual(new Array(3).fill(tooManySocketsCode));
    for (const socket of others) socket.terminate();
  });

  it('stays away when it has flooded (LIM-6)', async () => {
    const flood = (socket: WebSocket) => {
      for (let count = 0; count <= connectionLimits.pings.burst; count += 1) socket.ping();
    };
    expect(await codesUntilItGivesUp(flood)).toEqual([floodCode]);
  });
});

describe('the count of live connections', () => {
  it('holds no key that has none, and takes a place back once', () => {
    const counts = new LiveCounts(2);
    const [first, second] = [counts.take('a'), counts.take('a')];
    expect(counts.take('a')).toBeUndefined();
    expect(counts.length).toBe(1);
    first?.();
    first?.();
    expect(counts.take('a')).toBeDefined();
    expect(counts.isFull('a')).toBe(true);
    second?.();
    expect(counts.isFull('a')).toBe(false);
    const last = new LiveCounts(1);
    last.take('b')?.();
    expect(last.length).toBe(0);
  });
});

describe('an address that counts', () => {
  const of = (peer: string, trustedProxies: number) => {
    const headers = forwarded('198.51.100.1');
    const request = { socket: { remoteAddress: peer }, headers };
    return countedAddress(request as unknown as IncomingMessage, trustedProxies);
  };

  it('is none of a proxy that nobody told of: all viewers may be behind it', () => {
    for (const peer of ['10.0.0.1', '172.17.0.1', '192.168.1.1', '127.0.0.1', '::1', 'fd00::1']) {
      expect(of(peer, 0)).toBeNull();
      expect(of(peer, 1)).toBe('198.51.100.1');
    }
    expect(of('203.0.113.9', 0)).toBe('203.0.113.9');
  });
});

describe('the address of a peer', () => {
  const of = (seen: { peer: string | undefined; header?: string }, trustedHops: number) => {
    const headers = seen.header === undefined ? {} : forwarded(seen.header);
    const request = { socket: { remoteAddress: seen.peer }, headers };
    return peerAddress(request as unknown as IncomingMessage, trustedHops);
  };

  it.each([
    [
      'of the connection, whatever it says',
      { peer: '198.51.100.1', header: '1.1.1.1' },
      { trustedHops: 0, expected: '198.51.100.1' },
    ],
    [
      'whom the proxy saw',
      { peer: '10.0.0.1', header: '1.1.1.1, 198.51.100.1' },
      { trustedHops: 1, expected: '198.51.100.1' },
    ],
    [
      'whom the outer proxy saw',
      { peer: '10.0.0.1', header: '1.1.1.1, 198.51.100.1, 10.0.0.2' },
      { trustedHops: 2, expected: '198.51.100.1' },
    ],
    [
      'the first of too few',
      { peer: '10.0.0.1', header: '198.51.100.1' },
      { trustedHops: 2, expected: '198.51.100.1' },
    ],
    [
      'of the proxy, which says nothing',
      { peer: '10.0.0.1' },
      { trustedHops: 1, expected: '10.0.0.1' },
    ],
    [
      'of the proxy, which says nonsense',
      { peer: '10.0.0.1', header: 'unknown' },
      { trustedHops: 1, expected: '10.0.0.1' },
    ],
    [
      'without its port',
      { peer: '10.0.0.1', header: '198.51.100.1:4711' },
      { trustedHops: 1, expected: '198.51.100.1' },
    ],
    [
      'without its port, IPv6',
      { peer: '10.0.0.1', header: '[2001:db8::1]:4711' },
      { trustedHops: 1, expected: '2001:db8:0:0::/64' },
    ],
    [
      'IPv4 within IPv6',
      { peer: '::ffff:198.51.100.1' },
      { trustedHops: 0, expected: '198.51.100.1' },
    ],
    [
      'one network',
      { peer: '2001:db8:1:2:3:4:5:6' },
      { trustedHops: 0, expected: '2001:db8:1:2::/64' },
    ],
    [
      'the same network',
      { peer: '2001:0DB8:1:2::' },
      { trustedHops: 0, expected: '2001:db8:1:2::/64' },
    ],
    ['this machine', { peer: '::1' }, { trustedHops: 0, expected: '0:0:0:0::/64' }],
    ['on a link', { peer: 'fe80::1%eth0' }, { trustedHops: 0, expected: 'fe80:0:0:0::/64' }],
    ['of nobody any more', { peer: undefined }, { trustedHops: 0, expected: '' }],
  ])('is %s', (_what, seen, { trustedHops, expected }) => {
    expect(of(seen, trustedHops)).toBe(expected);
  });
});
