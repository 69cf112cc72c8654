import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PlatformError } from '../../domain/errors.ts';
import { RateLimits } from '../../runtime/rate-limits.ts';
import { openRateLimiter } from '../../stores/open.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { until } from '../support/until.ts';
import { RawSocket } from './raw-socket.ts';
import { openToyGateway, type ToyGateway } from './toy-gateway.ts';
import { ToyLane } from './toy-lane.ts';

const forget = 'mutation { forgetAllPlayheads { problems { code } } }';
const read = 'query ($id: ID!) { viewer { playhead(playableId: $id) { positionMs } } }';
const watch = 'subscription { playheadUpdates { playheads { positionMs } } }';
/** The same in other words, of which the lane knows nothing. */
const aside = (query: string) => `${query} # aside`;

describe('one socket of both lanes', () => {
  let gateway: ToyGateway;
  const lane = new ToyLane();
  const sockets: RawSocket[] = [];
  beforeAll(async () => {
    gateway = await openToyGateway('embedded', { toyLane: lane });
    lane.forward(forget, read);
  });
  beforeEach(() => {
    Object.assign(lane, { asked: 0, hasGraph: true, isUnreachable: false, isBroken: false });
    gateway.toys.fault = undefined;
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.terminate();
    await gateway.toys.events.untilLive(0);
  });
  afterAll(() => gateway.close());

  async function connectAs(profileId: string): Promise<RawSocket> {
    return connectWith({ authorization: await gateway.token(profileId) });
  }

  async function connectWith(...params: [object | undefined, Record<string, string>?]) {
    const socket = await connect(gateway, ...params);
    sockets.push(socket);
    return socket;
  }

  it('has subscriptions of one and mutations of the other beside each other', async () => {
    const socket = await connectAs('alice');
    socket.say({ id: 'w', type: 'subscribe', payload: { query: watch } });
    await gateway.toys.events.untilLive(1);
    for (const positionMs of [2_000, 3_000, 4_000]) {
      const data = { forgetAllPlayheads: { problems: [] } };
      expect(await ask(socket, { query: forget })).toMatchObject({ payload: { data } });
      gateway.toys.move('alice', 'mov_1', positionMs);
      expect(await socket.heard()).toMatchObject({
        id: 'w',
        payload: { data: { playheadUpdates: { playheads: [{ positionMs }] } } },
      });
    }
    expect(lane.asked).toBe(3);
  });

  it('answers many at once, each under its id', async () => {
    const socket = await connectAs('alice');
    const ids = Array.from({ length: 18 }, (_, index) => `${index}`);
    for (const id of ids) {
      gateway.toys.move('alice', `mov_${id}`, 1_000 + Number(id));
      const query = Number(id) % 3 === 0 ? aside(read) : read;
      const variables = { id: `mov_${id}` };
      socket.say({ id, type: 'subscribe', payload: { query, variables } });
    }
    const answered = new Map<string, unknown>();
    while (answered.size < ids.length) {
      const { id, type, payload } = (await socket.heard()) as Record<string, string>;
      if (type === 'next') answered.set(`${id}`, payload);
      else
        expect({ type, isAnswered: answered.has(`${id}`) }).toEqual({
          type: 'complete',
          isAnswered: true,
        });
    }
    for (const id of ids) {
      const data = { viewer: { playhead: { positionMs: 1_000 + Number(id) } } };
      expect(answered.get(id)).toEqual({ data });
    }
    expect(lane.asked).toBe(12);
  });

  it.each([
    ['a value', { query: read, variables: { id: 'mov_1' } }],
    ['nothing', { query: read, variables: { id: 'mov_1' }, operationName: null, extensions: null }],
    ['an error', { query: read, variables: { id: 'mov_fault' } }],
    ['a variable that is missing', { query: read }],
    ['variables that are null', { query: read, variables: null }],
    ['a variable of another type', { query: read, variables: { id: {} } }],
    ['an operation that is not there', { query: read, operationName: 'other' }],
  ])('answers alike by both lanes: %s', async (what, payload) => {
    const socket = await connectAs('alice');
    if (what === 'an error') {
      gateway.toys.fault = new PlatformError('No store.', { code: 'STATE_UNAVAILABLE' });
    }
    const byLane = await ask(socket, payload);
    const { query } = payload;
    expect(byLane).toEqual(await ask(socket, { ...payload, query: aside(query) }));
    expect(lane.asked).toBe(1);
  });

  it('leaves to graphql-ws what is unusual, and all of what the lane could not do', async () => {
    const socket = await connectAs('alice');
    const variables = { id: 'mov_still' };
    const data = { viewer: { playhead: { positionMs: 1_000 } } };
    const unusual = [
      { query: read, variables, extensions: { jwt: { sub: 'mallory' } } },
      { query: read, variables: { ...variables, __proto__x: 1 } },
    ];
    for (const payload of unusual)
      expect(await ask(socket, payload)).toMatchObject({ payload: { data } });
    expect(lane.asked).toBe(0);
    lane.isUnreachable = true;
    expect(await ask(socket, { query: read, variables })).toEqual({
      ...{ id: 'a', type: 'next', payload: { data } },
    });
    expect(lane.asked).toBe(1);
    const scraped = await gateway.scrape();
    expect(scraped).toContain('playhead_lane_refused_total{reason="extensions"} 1');
    expect(scraped).toContain('playhead_lane_refused_total{reason="parameters"} 1');
    expect(scraped).toContain('playhead_lane_refused_total{reason="unsent"} 1');
  });

  it('counts what it leaves while there is no graph by that, and not as a document that is new', async () => {
    const socket = await connectAs('alice');
    lane.hasGraph = false;
    const query = aside(aside(read));
    await ask(socket, { query, variables: { id: 'mov_1' } });
    expect(await gateway.scrape()).toContain('playhead_lane_refused_total{reason="no-graph"} 1');
  });

  it('runs nothing that was completed before the lane gave up', async () => {
    const socket = await connectAs('alice');
    lane.isUnreachable = true;
    socket.say({ id: 'a', type: 'subscribe', payload: { query: forget } });
    socket.say({ id: 'a', type: 'complete' });
    await until(() => lane.asked === 1, { what: 'the lane is asked' });
    lane.isUnreachable = false;
    expect(await ask(socket, { query: read, variables: { id: 'mov_1' } })).toMatchObject({
      id: 'a',
    });
    expect(socket.unheard).toEqual([]);
  });

  it('is of whom connection_init says, or else the upgrade', async () => {
    const variables = { id: 'mov_1' };
    gateway.toys.move('alice', 'mov_1', 2_000);
    gateway.toys.move('bob', 'mov_1', 3_000);
    const [alice, bob] = [await gateway.token('alice'), await gateway.token('bob')];
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const headers = { authorization: `Bearer ${bob}`, traceparent };
    for (const [params, positionMs] of [
      [{ authorization: alice }, 2_000],
      [{ Authorization: `Bearer ${alice}` }, 2_000],
      [{ authorization: '' }, 3_000],
      [undefined, 3_000],
    ] as const) {
      const socket = await connectWith(params, headers);
      expect(await ask(socket, { query: read, variables })).toMatchObject({
        payload: { data: { viewer: { playhead: { positionMs } } } },
      });
    }
    expect(lane.asked).toBe(4);
    expect(lane.last?.authorization).toBe(headers.authorization);
  });

  it('refuses a bad token in the words of the normal lane', async () => {
    const socket = await connectWith({ authorization: 'rubbish' });
    const payload = { query: read, variables: { id: 'mov_1' } };
    const answer = await ask(socket, payload);
    expect(answer).toMatchObject({
      payload: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
    });
    expect(answer).toEqual(await ask(socket, { ...payload, query: aside(read) }));
    expect(lane.asked).toBe(0);
  });

  it('closes with 4500 when the lane itself breaks', async () => {
    const socket = await connectAs('alice');
    lane.isBroken = true;
    socket.say({ id: 'a', type: 'subscribe', payload: { query: forget } });
    expect(await socket.closed).toBe(4500);
  });
});

// What breaks: the count of what a profile asks for, which both lanes keep.
// How: the lane has counted an operation, and then leaves it to the normal lane.
// What must hold: it counts once, and the next one of the same socket counts as well.
it('counts each operation of a socket once, whichever lane answers', async () => {
  const clock = new ManualClock();
  const limiter = await openRateLimiter(
    { DATA_DIR: '', PLAYBACK_PARTITIONS: 1, REDIS_COMMAND_TIMEOUT_MS: 1_000 },
    { clock, onChange: () => {} },
  );
  const perS = { profile: { perS: 1, burst: 8 }, address: { perS: 1, burst: 1_000 } };
  const limits = new RateLimits({ limiter, limits: perS, metricName: 'refused_total' });
  const lane = new ToyLane();
  const rates = { limits, trustedProxies: 0 };
  const gateway = await openToyGateway('embedded', { toyLane: lane, rates });
  lane.forward(read);
  const socket = await connect(gateway, { authorization: await gateway.token('alice') });
  const payload = { query: read, variables: { id: 'mov_1' } };
  const answered = { payload: { data: { viewer: {} } } };
  for (const isUnreachable of [false, true, true, false]) {
    lane.isUnreachable = isUnreachable;
    expect(await ask(socket, payload)).toMatchObject(answered);
  }
  for (const query of [aside(read), read, aside(read), read]) {
    expect(await ask(socket, { ...payload, query })).toMatchObject(answered);
  }
  for (const query of [read, aside(read)]) {
    expect(await ask(socket, { ...payload, query })).toMatchObject({
      payload: { errors: [{ extensions: { code: 'RATE_LIMITED' } }] },
    });
  }
  socket.terminate();
  await gateway.close();
});

async function connect(
  gateway: ToyGateway,
  connectionParams: object | undefined,
  headers: Record<string, string> = {},
): Promise<RawSocket> {
  const socket = new RawSocket(gateway.webSocketUrl, 'graphql-transport-ws', { headers });
  await socket.opened;
  socket.say({ type: 'connection_init', payload: connectionParams });
  expect(await socket.heard()).toEqual({ type: 'connection_ack' });
  return socket;
}

async function ask(socket: RawSocket, payload: object): Promise<unknown> {
  socket.say({ id: 'a', type: 'subscribe', payload });
  const answer = await socket.heard();
  const { type } = answer as { type: string };
  if (type === 'next') expect(await socket.heard()).toEqual({ id: 'a', type: 'complete' });
  return answer;
}
