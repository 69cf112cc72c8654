import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '../support/until.ts';
import { clientKinds, type LiveStream, overWebSocket } from './live-clients.ts';
import { openToyGateway, shapes, type ToyGateway } from './toy-gateway.ts';

const query = 'subscription { playheadUpdates { playheads { positionMs } } }';
/** Enough that one leak in a few would show. */
const clientCount = 8;

describe.each(shapes)('the end of a subscription, %s', (shape) => {
  let gateway: ToyGateway;
  let token: string;
  beforeAll(async () => {
    gateway = await openToyGateway(shape);
    token = await gateway.token('alice');
  });
  beforeEach(() => gateway.toys.events.untilLive(0));
  afterAll(() => gateway.close());

  const endings: Record<string, (stream: LiveStream) => Promise<void>> = {
    leaves: (stream) => stream.leave(),
    vanishes: async (stream) => stream.vanish(),
  };
  const cases = Object.entries(clientKinds).flatMap(([kind, subscribe]) =>
    Object.entries(endings).map(([ending, end]) => ({ kind, ending, subscribe, end })),
  );

  it.each(cases)(
    'closes the source when a client $ending without an event, $kind',
    async (client) => {
      const { events } = gateway.toys;
      const streams = Array.from({ length: clientCount }, () =>
        client.subscribe(gateway, query, { token }),
      );
      await events.untilLive(clientCount);
      await Promise.all(streams.map(client.end));
      await events.untilLive(0);
      expect(events.closed).toBe(events.opened);
    },
  );

  it.each(cases)(
    'closes the source when a client $ending between events, $kind',
    async (client) => {
      const { events } = gateway.toys;
      const stream = client.subscribe(gateway, query, { token });
      await events.untilLive(1);
      gateway.toys.move('alice', 'mov_1', 5_000);
      expect((await stream.next())?.data.playheadUpdates.playheads).toEqual([
        { positionMs: 5_000 },
      ]);
      await client.end(stream);
      await events.untilLive(0);
      expect(events.closed).toBe(events.opened);
    },
  );

  it('keeps one subscription of a socket when another one ends', async () => {
    const { events } = gateway.toys;
    const [first, second] = [
      overWebSocket(gateway, query, { token }),
      overWebSocket(gateway, query, { token }),
    ];
    await events.untilLive(2);
    await first.leave();
    await events.untilLive(1);
    gateway.toys.move('alice', 'mov_1', 6_000);
    expect((await second.next())?.data.playheadUpdates.playheads).toEqual([{ positionMs: 6_000 }]);
    await second.leave();
  });

  it('is the only thing that an event stream by GET may be', async () => {
    const ask = (operation: string, accept: string) =>
      fetch(`${gateway.url}?query=${encodeURIComponent(operation)}`, { headers: { accept } });
    const refused = await ask('{ viewer { id } }', 'text/event-stream');
    expect(refused.status).toBe(406);
    const either = await ask('{ viewer { id } }', 'application/json, text/event-stream');
    expect(await either.json()).toEqual({ data: { viewer: null } });
    const mutation = await ask(
      'mutation { forgetAllPlayheads { forgottenAt } }',
      'text/event-stream',
    );
    expect(mutation.status).toBe(405);
    expect(gateway.toys.mutations).toBe(0);
  });

  // What breaks: the runtime subscribes before it notices that the client cannot read events.
  // How: ten POSTs whose `accept` has no text/event-stream.
  // What must hold: each is refused with 406, nothing stays open.
  it('opens nothing for a client that could not read the events', async () => {
    const { events } = gateway.toys;
    const before = events.opened;
    for (let index = 0; index < 10; index += 1) {
      const accept = index % 2 === 0 ? 'application/json' : '*/*';
      const answer = await gateway.ask(query, { profileId: 'alice', headers: { accept } });
      expect(answer.status).toBe(406);
      expect(answer.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    }
    expect(events.opened).toBe(before);
  });
});

describe('the link between gateway and playback', () => {
  let gateway: ToyGateway;
  let token: string;
  beforeEach(async () => {
    gateway = await openToyGateway('split');
    token = await gateway.token('alice');
  });
  afterEach(() => gateway.close());

  // What breaks: the connection that carries every viewer's subscription upstream.
  // How: a relay between the two cuts it, without a close frame, as a killed process would.
  // What must hold: the viewer's own connection lives, and pushes arrive again.
  it('is mended without the viewer noticing', async () => {
    const stream = overWebSocket(gateway, query, { token });
    await gateway.toys.events.untilLive(1);
    gateway.relay?.cut();
    await until(() => gateway.toys.events.opened === 2, { what: 'subscribed again' });
    await gateway.toys.events.untilLive(1);
    gateway.toys.move('alice', 'mov_1', 8_000);
    expect((await stream.next())?.data.playheadUpdates.playheads).toEqual([{ positionMs: 8_000 }]);
    await stream.leave();
  });

  it('is one socket for subscriptions that arrive together at a fresh gateway', async () => {
    const streams = Array.from({ length: 50 }, () => overWebSocket(gateway, query, { token }));
    await gateway.toys.events.untilLive(50);
    expect(gateway.relay?.webSockets).toBe(1);
    await Promise.all(streams.map((stream) => stream.leave()));
    await gateway.toys.events.untilLive(0);
  });
});
