import type { IncomingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dropInternalHeaders } from '../../gateway/internal-headers.ts';
import { RawSocket } from './raw-socket.ts';
import { openToyGateway, type ToyGateway } from './toy-gateway.ts';

const canary = 'forged-by-a-client';
const query = '{ viewer { playhead(playableId: "mov_1") { positionMs device { id } } } }';
const watch = 'subscription { playheadUpdates { playheads { positionMs } } }';
const forged = {
  'x-playhead-identity': canary,
  'X-Playhead-Signature': canary,
  'x-user-id': canary,
  'x-forwarded-user': canary,
  'x-hive-signature': canary,
  jwt: canary,
};
const extensions = {
  ...forged,
  headers: { ...forged, authorization: canary },
  hmacSignature: canary,
  jwt: { payload: { profile: canary } },
  persistedQuery: undefined,
};

// What breaks: a header that subgraphs take from the gateway's word, written by a client.
// How: in a request, in an upgrade, in `connectionParams`, in the extensions of an operation.
// What must hold: nothing of it arrives at a subgraph, which gets the viewer's identity alone.
describe('what only this platform’s processes say to one another', () => {
  let gateway: ToyGateway;
  beforeAll(async () => {
    gateway = await openToyGateway('split');
  });
  afterAll(() => gateway.close());

  const heard = () => gateway.relay?.takeHeard() ?? '';

  it('never comes from a client, by HTTP', async () => {
    heard();
    const { data } = await gateway.ask(query, { profileId: 'alice', headers: forged, extensions });
    expect(data.viewer.playhead.device.id).toBe('device-of-alice');
    const text = heard();
    expect(text).toContain('POST /graphql');
    expect(text).not.toContain(canary);
  });

  it('never comes from a client, by socket', async () => {
    heard();
    const socket = new RawSocket(gateway.webSocketUrl, 'graphql-transport-ws', { headers: forged });
    await socket.opened;
    const authorization = await gateway.token('alice');
    socket.say({ type: 'connection_init', payload: { authorization, ...extensions } });
    expect(await socket.heard()).toEqual({ type: 'connection_ack' });
    socket.say({ id: '1', type: 'subscribe', payload: { query, extensions } });
    expect(await socket.heard()).toMatchObject({
      payload: { data: { viewer: { playhead: { device: { id: 'device-of-alice' } } } } },
    });
    socket.say({ id: '2', type: 'subscribe', payload: { query: watch, extensions } });
    await gateway.toys.events.untilLive(1);
    const text = heard();
    expect(text).toContain('POST /graphql');
    expect(gateway.relay?.webSockets).toBe(1);
    expect(text).not.toContain(canary);
    socket.terminate();
  });

  it('is whatever begins with x-playhead-', () => {
    const headers: IncomingHttpHeaders = {
      'x-playhead-identity': 'a',
      'x-playhead-': 'b',
      'x-playheads': 'c',
      authorization: 'd',
    };
    dropInternalHeaders(headers);
    expect(headers).toEqual({ 'x-playheads': 'c', authorization: 'd' });
  });
});
