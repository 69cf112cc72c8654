import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient } from 'graphql-sse';
import { type DeviceClock, deviceClock } from '../../client/clock.ts';
import { createPlayhead, type DeviceKind, type TakenOver } from '../../client/index.ts';
import { FakePlayer } from '../client/fake-player.ts';
import { MapStorage } from '../client/rig.ts';
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

/** A busy machine answers late: these viewers wait for it. */
const patientClock: DeviceClock = {
  ...deviceClock,
  after: (delayMs, task) => deviceClock.after(delayMs * 30, task),
};

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

  it('two devices with the SDK: one yields to the other, until its viewer presses play again (HND-4)', async () => {
    const openDevice = (kind: DeviceKind) => {
      const told: TakenOver[] = [];
      const client = createPlayhead({
        url: `${product.url}/graphql`,
        auth: () => token,
        device: { kind },
        storage: new MapStorage(),
        clock: patientClock,
        on: { takenOver: (by) => told.push(by) },
      });
      client.activeSessions.subscribe(() => {});
      const sessions = () => client.activeSessions.getSnapshot() ?? [];
      return { client, told, player: new FakePlayer(), sessions };
    };
    const [tv, phone] = [openDevice('CONSOLE'), openDevice('TABLET')];
    const playableId = 'mov_spring';
    const onTv = tv.client.attach(tv.player, { playableId, resume: 60_000 });
    await onTv.ready;
    tv.player.play();
    const ofTv = () => phone.sessions().find(({ device }) => device.kind === 'CONSOLE');
    await until(() => ofTv() !== undefined, { what: 'the other device sees the first play' });

    const resume = { takeOver: ofTv()?.id ?? '' };
    const onPhone = phone.client.attach(phone.player, { playableId, resume });
    expect(await onPhone.ready).toMatchObject({ positionMs: 60_000, isTakenOver: true });
    await until(() => tv.told.length > 0, { what: 'the first device yields' });
    expect(tv.told).toMatchObject([{ playableId, device: { id: phone.client.deviceId } }]);
    expect(tv.player.paused).toBe(true);
    phone.player.play();
    await until(() => ofTv()?.playerState === 'PAUSED', { what: 'the pause is reported' });
    expect(ofTv()?.takenOverBy?.device.id).toBe(phone.client.deviceId);

    tv.player.play();
    await until(() => ofTv()?.takenOverBy === null, { what: 'the first device is back' });
    expect(tv.player.paused).toBe(false);
    expect(tv.told).toHaveLength(1);
    await Promise.all([tv.client.close(), phone.client.close()]);
  });
});
