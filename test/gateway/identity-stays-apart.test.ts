import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { authorizationOfSocket } from '../../gateway/identity.ts';
import { viewerId } from '../../runtime/identity.ts';
import { until } from '../support/until.ts';
import { clientKinds, overWebSocket } from './live-clients.ts';
import { openToyGateway, shapes, type ToyGateway } from './toy-gateway.ts';

const whoAmI = '{ viewer { id playhead(playableId: "mov_1") { device { id } } } }';
const watch = 'subscription { playheadUpdates { playheads { positionMs device { id } } } }';

describe.each(shapes)('identity of viewers, %s', (shape) => {
  let gateway: ToyGateway;
  beforeAll(async () => {
    gateway = await openToyGateway(shape);
  });
  beforeEach(() => gateway.toys.forget());
  afterAll(() => gateway.close());

  // What breaks: identical requests under way are merged on their way to a subgraph.
  // How: many viewers ask the same at once, while the subgraph holds its answers back.
  // What must hold: each gets their own.
  it('never gives one viewer the answer of another, asking the same at once', async () => {
    const profileIds = Array.from({ length: 12 }, (_, index) => `viewer_${index}`);
    const { promise, resolve: release } = Promise.withResolvers<void>();
    gateway.toys.held.set('playback', promise);
    const asking = profileIds.map((profileId) => gateway.ask(whoAmI, { profileId }));
    await until(() => gateway.toys.fetches.playback === profileIds.length, {
      what: 'all are held',
    });
    gateway.toys.held.clear();
    release();
    const answers = await Promise.all(asking);
    expect(answers.map(({ data }) => data.viewer)).toEqual(
      profileIds.map((profileId) => ({
        id: viewerId(profileId),
        playhead: { device: { id: `device-of-${profileId}` } },
      })),
    );
  });

  it('has one id for the viewer, whichever subgraph says it', async () => {
    const query = `{ viewer { id } viaPlayback: viewer { id activeSessions { id } }
      viaRecommendations: viewer { id continueWatching { rankingId } } }`;
    const { data } = await gateway.ask(query, { profileId: 'alice' });
    const ids = Object.values(data as Record<string, { id: string }>).map(({ id }) => id);
    expect(new Set(ids)).toEqual(new Set([viewerId('alice')]));
    expect(data.viaPlayback.activeSessions).toEqual([]);
    expect(data.viaRecommendations.continueWatching.rankingId).toBe('ranking_1');
  });

  it.each(Object.entries(clientKinds))(
    'pushes to each viewer their own, %s',
    async (_kind, subscribe) => {
      const profileIds = ['alice', 'bob'];
      const streams = await Promise.all(
        profileIds.map(async (profileId) =>
          subscribe(gateway, watch, { token: await gateway.token(profileId) }),
        ),
      );
      await gateway.toys.events.untilLive(2);
      gateway.toys.move('alice', 'mov_1', 11_000);
      gateway.toys.move('bob', 'mov_1', 22_000);
      const pushes = await Promise.all(streams.map((stream) => stream.next()));
      expect(pushes.map((push) => push?.data.playheadUpdates.playheads)).toEqual([
        [{ positionMs: 11_000, device: { id: 'device-of-alice' } }],
        [{ positionMs: 22_000, device: { id: 'device-of-bob' } }],
      ]);
      await Promise.all(streams.map((stream) => stream.leave()));
      await gateway.toys.events.untilLive(0);
    },
  );

  it.each(['', 'Bearer ', 'bearer '])('takes the token of a socket after %j', async (prefix) => {
    const token = `${prefix}${await gateway.token('carol')}`;
    const stream = overWebSocket(gateway, whoAmI, { token });
    expect((await stream.next())?.data.viewer.id).toBe(viewerId('carol'));
    await stream.leave();
  });

  // What breaks: everything in connectionParams would become a header of every operation.
  // How: a client sends identity headers of its own making beside its token.
  // What must hold: subgraphs see the verified token's viewer; nothing else gets through.
  it('takes nothing but the token from connectionParams', async () => {
    const connectionParams = {
      'x-user-id': 'bob',
      'x-profile': 'bob',
      headers: { authorization: 'Bearer forged' },
      jwt: { payload: { profile: 'bob' } },
    };
    const token = await gateway.token('alice');
    const stream = overWebSocket(gateway, whoAmI, { token, connectionParams });
    expect((await stream.next())?.data.viewer.id).toBe(viewerId('alice'));
    await stream.leave();
    const anonymous = overWebSocket(gateway, whoAmI, { connectionParams });
    expect(await anonymous.next()).toEqual({ data: { viewer: null } });
    await anonymous.leave();
  });

  it('takes nothing from the extensions of a request', async () => {
    const extensions = {
      headers: { authorization: `Bearer ${await gateway.token('bob')}` },
      jwt: { payload: { profile: 'bob' } },
    };
    const { data } = await gateway.ask(whoAmI, { profileId: 'alice', extensions });
    expect(data.viewer.id).toBe(viewerId('alice'));
    const anonymous = await gateway.ask(whoAmI, { extensions });
    expect(anonymous.data.viewer).toBeNull();
  });
});

describe('what a socket may say about its sender', () => {
  it.each([
    [{ authorization: 'a.b.c' }, { authorization: 'Bearer a.b.c' }],
    [{ Authorization: 'bearer a.b.c' }, { authorization: 'bearer a.b.c' }],
    [
      { authorization: 'a.b.c', 'x-user-id': 'bob', cookie: 'c' },
      { authorization: 'Bearer a.b.c' },
    ],
    [{ authorization: ['a.b.c'] }, {}],
    [{ authorization: '' }, {}],
    [{ 'x-user-id': 'bob' }, {}],
    [undefined, {}],
  ])('is a token and nothing else: %j', (connectionParams, headers) => {
    expect(authorizationOfSocket(connectionParams)).toEqual(headers);
  });
});
