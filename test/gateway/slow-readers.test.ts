import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { overWebSocket } from './live-clients.ts';
import { stuckOverEvents, stuckOverSocket } from './stuck-readers.ts';
import { openToyGateway, type ToyGateway } from './toy-gateway.ts';

/** 60 kB a result: what the system buffers for a connection is full after a hundred. */
const longId = 'm'.repeat(60_000);
const heavyQuery = 'subscription { playheadUpdates { playheads { positionMs playableId } } }';
const lightQuery = 'subscription { playheadUpdates { playheads { positionMs } } }';
const lastMs = 987_654_321;

const readers = { 'a socket': stuckOverSocket, 'an event stream': stuckOverEvents };

// What breaks: one viewer of many stops reading, on a connection that stays open; later it reads on.
// How: a paused TCP connection, and events until the gateway has nowhere to put them.
// What must hold: its subscription is let go upstream, so that it costs nothing; everybody else on
// the same upstream socket reads on; once it reads again, it gets the latest state.
describe.each(Object.entries(readers))('a reader that stops, over %s', (_name, stop) => {
  let gateway: ToyGateway;
  beforeEach(async () => {
    gateway = await openToyGateway('split');
  });
  afterEach(() => gateway.close());

  it('is let go, delays nobody, and begins anew when it reads on', async () => {
    const { toys, url } = gateway;
    const opening = stop({ url, token: await gateway.token('alice'), query: heavyQuery });
    await toys.events.untilLive(1);
    toys.move('alice', 'mov_1', 1_000);
    const stuck = await opening;
    const other = overWebSocket(gateway, lightQuery, { token: await gateway.token('bob') });
    await toys.events.untilLive(2);
    for (let positionMs = 2_000; toys.events.liveCount === 2; positionMs += 1) {
      toys.move('alice', longId, positionMs);
      await turn();
    }
    toys.move('bob', 'mov_1', 5_000);
    expect((await other.next())?.data.playheadUpdates.playheads).toEqual([{ positionMs: 5_000 }]);
    expect(gateway.relay?.webSockets).toBe(1);
    const latest = stuck.readUntil((text) => text.includes(`:${lastMs}`));
    await toys.events.untilLive(2);
    toys.move('alice', 'mov_1', lastMs);
    await latest;
    stuck.close();
    await other.leave();
  });
});
