import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clientKinds } from './live-clients.ts';
import { openToyGateway, shapes, type ToyGateway } from './toy-gateway.ts';

const watch = `subscription { playheadUpdates { playheads {
  playableId positionMs playable { title playhead { positionMs } }
} } }`;

describe.each(shapes)('pushes, %s', (shape) => {
  let gateway: ToyGateway;
  beforeAll(async () => {
    gateway = await openToyGateway(shape);
  });
  afterAll(() => gateway.close());

  // What breaks: a DataLoader in a context that lives as long as the subscription.
  // How: the loader caches, the same playhead is pushed again and again.
  // What must hold: every push shows the value of its own moment, in every subgraph's part.
  it.each(Object.entries(clientKinds))(
    'show the newest value each time, %s',
    async (_kind, subscribe) => {
      const stream = subscribe(gateway, watch, { token: await gateway.token('alice') });
      await gateway.toys.events.untilLive(1);
      for (const positionMs of [10_000, 20_000, 30_000]) {
        gateway.toys.move('alice', 'mov_1', positionMs);
        const playhead = { positionMs, playable: { playhead: { positionMs } } };
        expect((await stream.next())?.data.playheadUpdates.playheads).toMatchObject([playhead]);
      }
      await stream.leave();
      await gateway.toys.events.untilLive(0);
    },
  );

  it('arrive in order, all of them, at a client that reads late', async () => {
    const positionsMs = Array.from({ length: 50 }, (_, index) => (index + 1) * 1_000);
    const stream = clientKinds.overWebSocket(
      gateway,
      'subscription { playheadUpdates { playheads { playableId } } }',
      { token: await gateway.token('alice') },
    );
    await gateway.toys.events.untilLive(1);
    const ids = positionsMs.map((positionMs) => `mov_${positionMs}`);
    for (const id of ids) gateway.toys.move('alice', id, 1_000);
    const seen = [];
    for (const _ of ids)
      seen.push((await stream.next())?.data.playheadUpdates.playheads[0].playableId);
    expect(seen).toEqual(ids);
    await stream.leave();
  });
});
