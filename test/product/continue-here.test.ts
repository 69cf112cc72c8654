import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient } from 'graphql-sse';
import { type Product, startProduct } from '../support/product.ts';
import { askGateway } from '../support/remote-device.ts';
import { until } from '../support/until.ts';

interface SessionSeen {
  id: string;
  takenOverBy: { sessionId: string; device: { id: string } } | null;
}

interface Updates {
  data: { activeSessionUpdates: { kind: string; sessions: SessionSeen[] | null } };
}

const film = 'mov_sintel';
const subscription = `subscription { activeSessionUpdates { kind sessions {
  id takenOverBy { sessionId device { id } } } } }`;
const begin = `mutation ($input: BeginSessionInput!) { beginSession(input: $input) { session } }`;
const record = `mutation ($input: RecordHeartbeatsInput!) { recordHeartbeats(input: $input) {
  outcome takenOverBy { sessionId device { id } } } }`;
const takeOver = `mutation ($input: TakeOverInput!) { takeOver(input: $input) {
  playhead { positionMs } problems { code } } }`;

describe('"continue here", over HTTP and an event stream', () => {
  let product: Product;
  let token: string;

  beforeAll(async () => {
    product = await startProduct();
    token = await product.token('continue-here');
  });
  afterAll(() => product.stop());

  const ask = <Data>(query: string, input: object) =>
    askGateway<Data>(product, token, { query, variables: { input } });

  async function open(deviceId: string, deviceKind: string) {
    const sessionId = randomUUID();
    const of = { playableId: film, sessionId, deviceId, deviceKind, elapsedMs: 0 };
    const { beginSession } = await ask<{ beginSession: { session: string } }>(begin, of);
    return { sessionId, session: beginSession.session };
  }

  async function report(of: { session: string; sequence: number; event: string; atMs: number }) {
    const { session, sequence, event, atMs } = of;
    const heartbeats = [{ sequence, event, elapsedMs: atMs, positionMs: 100_000 + atMs }];
    const { recordHeartbeats } = await ask<{
      recordHeartbeats: { outcome: string; takenOverBy: SessionSeen['takenOverBy'] };
    }>(record, { session, heartbeats });
    return recordHeartbeats;
  }

  it('the television is told by its stream and by its next answer, and moves nothing more', async () => {
    const tv = await open('tv', 'TV');
    await report({ session: tv.session, sequence: 0, event: 'START', atMs: 0 });
    const seen: SessionSeen[][] = [];
    const stream = createClient({
      url: `${product.url}/graphql`,
      headers: { authorization: `Bearer ${token}` },
      retryAttempts: 0,
    });
    const next = (message: unknown) =>
      seen.push((message as Updates).data.activeSessionUpdates.sessions ?? []);
    stream.subscribe({ query: subscription }, { next, error: () => {}, complete: () => {} });
    const onTv = () => seen.at(-1)?.find(({ id }) => id === tv.sessionId);
    await until(() => onTv()?.takenOverBy === null, { what: 'the snapshot with the television' });

    const phone = await open('phone', 'PHONE');
    const taken = await ask<{ takeOver: { playhead: unknown; problems: unknown[] } }>(takeOver, {
      ...{ session: phone.session, from: tv.sessionId, elapsedMs: 500 },
    });
    expect(taken.takeOver).toEqual({ playhead: { positionMs: 100_000 }, problems: [] });
    const takenOverBy = { sessionId: phone.sessionId, device: { id: 'phone' } };
    await until(() => onTv()?.takenOverBy !== null, { what: 'the television is told' });
    expect(onTv()).toEqual({ id: tv.sessionId, takenOverBy });
    const held = { outcome: 'SUPERSEDED', takenOverBy };
    const { session } = tv;
    expect(await report({ session, sequence: 1, event: 'PAUSE', atMs: 2_000 })).toEqual(held);
    expect(await report({ session, sequence: 2, event: 'STOP', atMs: 2_500 })).toEqual(held);
    stream.dispose();
  });
});
