import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { clientKinds, overWebSocket } from './live-clients.ts';
import { openToyGateway, shapes, type ToyGateway } from './toy-gateway.ts';

const watch = 'subscription { playheadUpdates { playheads { positionMs } } }';

describe.each(shapes)('the patience with a subgraph, %s', (shape) => {
  let gateway: ToyGateway;
  let token: string;
  beforeEach(async () => {
    gateway = await openToyGateway(shape, { upstreamTimeoutMs: 200 });
    token = await gateway.token('alice');
  });
  afterEach(() => gateway.close());

  /** Answers when the gateway has lost its patience with a query: more than the timeout has passed. */
  async function timeOut() {
    const { promise, resolve: release } = Promise.withResolvers<void>();
    gateway.toys.held.set('playback', promise);
    const answer = await gateway.ask(
      '{ viewer { playhead(playableId: "mov_1") { positionMs } } }',
      {
        profileId: 'alice',
      },
    );
    gateway.toys.held.clear();
    release();
    return answer;
  }

  it('ends with TIMEOUT, and the rest of the page is there', async () => {
    const answer = await timeOut();
    expect(answer.status).toBe(200);
    expect(answer.data).toBeNull();
    expect(answer.errors?.[0]?.extensions).toMatchObject({ code: 'TIMEOUT', retryable: true });
  });

  // What breaks: a timeout given as a number ends subscriptions silently, and from the second one on
  // its rejection is nobody's and ends the process.
  // How: subscriptions of every kind, older than the timeout.
  // What must hold: they are all served.
  it('does not end subscriptions', async () => {
    const kinds = [...Object.values(clientKinds), overWebSocket, overWebSocket];
    const streams = kinds.map((subscribe) => subscribe(gateway, watch, { token }));
    await gateway.toys.events.untilLive(kinds.length);
    await timeOut();
    await timeOut();
    gateway.toys.move('alice', 'mov_1', 9_000);
    for (const stream of streams) {
      expect((await stream.next())?.data.playheadUpdates.playheads).toEqual([
        { positionMs: 9_000 },
      ]);
    }
    await Promise.all(streams.map((stream) => stream.leave()));
    await gateway.toys.events.untilLive(0);
  });

  // What breaks: retries upstream repeat mutations whose answer got lost.
  // How: playback holds a mutation back for longer than the gateway waits.
  // What must hold: one call.
  it('does not repeat a mutation that took too long', async () => {
    const { promise, resolve: release } = Promise.withResolvers<void>();
    gateway.toys.held.set('playback', promise);
    await gateway.ask('mutation { forgetAllPlayheads { forgottenAt } }', { profileId: 'alice' });
    expect(gateway.toys.fetches.playback).toBe(1);
    gateway.toys.held.clear();
    release();
  });
});
