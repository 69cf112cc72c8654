import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt, jwtVerify, SignJWT } from 'jose';
import { WebSocket } from 'ws';
import { readConfig } from '../../runtime/config.ts';
import type { Viewer } from '../../runtime/identity.ts';
import { serveSubgraph } from '../../runtime/serve.ts';
import {
  openStatementSigner,
  openSubgraphVerifier,
  type StatementSigner,
} from '../../runtime/signed-identity.ts';
import { ManualClock, noonMs } from '../support/manual-clock.ts';
import { until } from '../support/until.ts';
import { overWebSocket } from './live-clients.ts';
import { openToyGateway, post, type ToyGateway } from './toy-gateway.ts';

const key = 'the secret that gateways and subgraphs share';
const otherKey = 'a secret that only somebody else can know';
const tokenLifeMs = 3_600_000;
const alice: Viewer = {
  profileId: 'alice',
  accountProfiles: ['alice', 'alice-guest'],
  subject: 'account-1',
  expiresAtMs: noonMs + tokenLifeMs,
};

describe('what a gateway signs of a viewer', () => {
  let clock: ManualClock;
  let signer: StatementSigner;
  beforeEach(async () => {
    clock = new ManualClock();
    signer = await openStatementSigner(readConfig({ IDENTITY_KEY: key }), clock);
  });

  const verifierWith = (settings: Record<string, string> = {}, at = clock) =>
    openSubgraphVerifier(readConfig({ IDENTITY_KEY: key, ...settings }), at);
  const claimsOf = (authorization: string) => decodeJwt(authorization.replace('Bearer ', ''));

  it('is the same viewer to a subgraph', async () => {
    const verifier = await verifierWith();
    for (let times = 0; times < 2; times += 1) {
      expect(await verifier.verify(signer.sign(alice))).toEqual(alice);
      expect(await verifier.verify(signer.sign(null))).toBeNull();
    }
  });

  it('is a JWT that any library verifies', async () => {
    const token = signer.sign(alice).replace('Bearer ', '');
    const { payload, protectedHeader } = await jwtVerify(token, Buffer.from(key), {
      algorithms: ['HS256'],
      issuer: 'playhead-gateway',
      audience: 'playhead-subgraphs',
      currentDate: new Date(noonMs),
    });
    expect(protectedHeader).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(payload).toEqual({
      iss: 'playhead-gateway',
      aud: 'playhead-subgraphs',
      iat: noonMs / 1_000,
      exp: noonMs / 1_000 + 50,
      jti: expect.stringMatching(/^[\w-]{22}$/),
      sub: 'account-1',
      profile: 'alice',
      profiles: ['alice', 'alice-guest'],
      token_exp: (noonMs + tokenLifeMs) / 1_000,
    });
  });

  it('stays the same for some seconds, so that identical queries stay identical, and is then another', async () => {
    const [first, ofNobody] = [signer.sign(alice), signer.sign(null)];
    await clock.advance(19_999);
    expect([signer.sign(alice), signer.sign(null)]).toEqual([first, ofNobody]);
    await clock.advance(1);
    const second = signer.sign(alice);
    expect(claimsOf(second).jti).not.toBe(claimsOf(first).jti);
    expect(claimsOf(second).iat).toBe(claimsOf(first).iat! + 20);
  });

  it('is another one for every viewer, however alike', () => {
    const statements = [alice, { ...alice }, { ...alice, profileId: 'bob' }, null].map((viewer) =>
      signer.sign(viewer),
    );
    expect(new Set(statements).size).toBe(statements.length);
  });

  it('begins nothing 55 s later, on whichever side the clock is wrong', async () => {
    const statement = signer.sign(alice);
    const verifier = await verifierWith();
    await clock.advance(54_999);
    expect(await verifier.verify(statement)).toEqual(alice);
    await clock.advance(1);
    const stale = { code: 'INTERNAL_SERVER_ERROR', message: expect.stringContaining('too old') };
    await expect(verifier.verify(statement)).rejects.toMatchObject(stale);
    await expect((await verifierWith()).verify(statement)).rejects.toMatchObject(stale);
    const behind = (byMs: number) => verifierWith({}, new ManualClock(noonMs - byMs));
    expect(await (await behind(5_000)).verify(statement)).toEqual(alice);
    await expect((await behind(5_001)).verify(statement)).rejects.toMatchObject({
      message: expect.stringContaining('of the future'),
    });
  });

  it('lets what it began go on until the viewer’s token ends', async () => {
    const statement = signer.sign(alice);
    const verifier = await verifierWith();
    await verifier.verify(statement);
    await clock.advance(tokenLifeMs + 4_999);
    expect(await verifier.verify(statement, 'goOn')).toEqual(alice);
    await clock.advance(1);
    const ended = { code: 'UNAUTHENTICATED' };
    await expect(verifier.verify(statement, 'goOn')).rejects.toMatchObject(ended);
    await expect(verifier.verify(statement)).rejects.toMatchObject(ended);
    await expect(verifier.verify(signer.sign(alice))).rejects.toMatchObject(ended);
  });

  it('is verified with the previous key while the key is being changed, and signed with the new one', async () => {
    const changing = { IDENTITY_KEY: otherKey, IDENTITY_KEY_PREVIOUS: key };
    const verifier = await verifierWith(changing);
    expect(await verifier.verify(signer.sign(alice))).toEqual(alice);
    const next = await openStatementSigner(readConfig(changing), clock);
    expect(await verifier.verify(next.sign(alice))).toEqual(alice);
    await expect((await verifierWith()).verify(next.sign(alice))).rejects.toMatchObject({
      message: expect.stringContaining('another IDENTITY_KEY'),
    });
  });

  const good = { iss: 'playhead-gateway', aud: 'playhead-subgraphs' };
  const sign = async (
    claims: object,
    header: Record<string, string> & { alg: string },
    secret = key,
  ) =>
    new SignJWT({ ...good, ...timesNow(), profile: 'bob', sub: 'x', ...claims })
      .setProtectedHeader(header)
      .sign(Buffer.from(secret));
  const timesNow = () => {
    const nowS = clock.nowMs() / 1_000;
    return { iat: nowS, exp: nowS + 50, token_exp: nowS + 60 };
  };
  const ours = { alg: 'HS256', typ: 'JWT' };

  it.each<[string, () => Promise<string>]>([
    ['another key', () => sign({}, ours, otherKey)],
    ['no key', async () => `${(await sign({}, ours)).replace(/[^.]+$/, '')}`],
    ['another audience', () => sign({ aud: 'playhead' }, ours)],
    ['another issuer', () => sign({ iss: 'playhead' }, ours)],
    ['no times', () => sign({ iat: 'now' }, ours)],
    ['a longer life', () => sign({ iat: clock.nowMs() / 1_000 - 60, exp: 9_999_999_999 }, ours)],
  ])('is not believed when it has %s', async (_what, make) => {
    const verifier = await verifierWith();
    expect(await verifier.verify(`Bearer ${await sign({}, ours)}`)).toMatchObject({
      profileId: 'bob',
    });
    await expect(verifier.verify(`Bearer ${await make()}`)).rejects.toMatchObject({
      code: 'INTERNAL_SERVER_ERROR',
    });
  });

  it.each<[string, () => Promise<string | undefined>]>([
    ['nothing', async () => undefined],
    ['nothing after Bearer', async () => 'Bearer '],
    ['a longer hash', async () => `Bearer ${await sign({}, { alg: 'HS512', typ: 'JWT' })}`],
    ['more in its header', async () => `Bearer ${await sign({}, { ...ours, kid: '1' })}`],
    ['no algorithm', async () => `Bearer ${unsigned(await sign({}, ours))}`],
  ])('is not even looked at when it is %s', async (_what, make) => {
    const verifier = await verifierWith();
    await expect(verifier.verify(await make())).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('is not believed with one character changed, wherever', async () => {
    const verifier = await verifierWith();
    const statement = signer.sign(alice);
    for (let at = 'Bearer '.length; at < statement.length; at += 1) {
      const other = statement[at] === 'A' ? 'B' : 'A';
      const changed = statement.slice(0, at) + other + statement.slice(at + 1);
      await expect(verifier.verify(changed)).rejects.toMatchObject({
        code: expect.stringMatching(/UNAUTHENTICATED|INTERNAL_SERVER_ERROR/),
      });
    }
  });
});

function unsigned(token: string): string {
  const header = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url');
  return `${header}.${token.split('.')[1]}.`;
}

describe('a gateway before subgraphs in processes of their own', () => {
  let gateway: ToyGateway;
  beforeAll(async () => {
    gateway = await openToyGateway('split');
  });
  beforeEach(() => gateway.toys.forget());
  afterAll(() => gateway.close());

  it('takes no statement from a client, not even one of its own', async () => {
    const authorization = await gateway.statement('alice');
    const { status, errors } = await gateway.ask('{ viewer { id } }', {
      headers: { authorization },
    });
    expect(status).toBe(401);
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    expect(gateway.toys.fetchCount).toBe(0);
  });

  it.each([
    ['over HTTP', () => gateway.ask],
    ['by socket', () => askBySocket],
  ])('sends subgraphs no header of the client’s, whatever it is called, %s', async (_how, ask) => {
    const token = await gateway.token('alice');
    const answer = await ask()('{ viewer { playhead(playableId: "mov_1") { device { id } } } }', {
      headers: {
        authorization: `Bearer ${token}`,
        ...{ 'x-user-id': 'canary-1', 'playhead-identity': 'canary-2', 'x-playhead-viewer': 'bob' },
        ...{ 'x-forwarded-user': 'canary-3', cookie: 'canary=4' },
      },
      extensions: { headers: { 'x-viewer': 'canary-5', authorization: 'Bearer canary-6' } },
    });
    expect(answer.data.viewer.playhead.device.id).toBe('device-of-alice');
    const heard = gateway.relay!.takeHeard();
    expect(heard).toMatch(/^authorization: Bearer eyJ/im);
    expect(heard).not.toMatch(/canary|x-playhead-viewer/i);
    expect(heard).not.toContain(token);
  });

  const askBySocket: ToyGateway['ask'] = async (query, { headers = {}, extensions = {} } = {}) => {
    const socket = new WebSocket(gateway.webSocketUrl, 'graphql-transport-ws', { headers });
    await once(socket, 'open');
    const tell = (message: object) => socket.send(JSON.stringify(message));
    tell({ type: 'connection_init', payload: { ...headers, ...extensions } });
    await once(socket, 'message');
    tell({ id: '1', type: 'subscribe', payload: { query, extensions } });
    const [message] = await once(socket, 'message');
    socket.close();
    const { payload } = JSON.parse(String(message));
    return { status: 200, text: String(message), ...payload };
  };

  // What breaks: the link to a subgraph, long after a live operation has begun.
  // How: it is cut when what was signed at the beginning is minutes old.
  // What must hold: the operation goes on over the next link, signed anew, and until the token ends.
  it('signs anew what begins again over another link', async () => {
    const clock = new ManualClock(Date.now());
    const other = await openToyGateway('split', { clock, subgraphClock: clock });
    const watch = 'subscription { playheadUpdates { playheads { positionMs } } }';
    const stream = overWebSocket(other, watch, { token: await other.token('alice') });
    await other.toys.events.untilLive(1);
    for (const positionMs of [1_000, 2_000, 3_000]) {
      await clock.advance(300_000);
      const links = other.relay!.webSockets;
      other.relay!.cut();
      await until(() => other.relay!.webSockets > links, { what: 'there is another link' });
      await other.toys.events.untilLive(1);
      other.toys.move('alice', 'mov_1', positionMs);
      expect((await stream.next())?.data.playheadUpdates.playheads).toEqual([{ positionMs }]);
    }
    await stream.leave();
    await other.close();
  });

  it('answers with a fault of ours, not of the viewer, when a subgraph does not believe it', async () => {
    const late = { nowMs: () => Date.now() + 3_600_000, after: () => () => {} };
    const other = await openToyGateway('split', { subgraphClock: late });
    const token = await other.token('alice', 12 * 3_600);
    const { status, errors } = await other.ask('{ viewer { id } }', {
      headers: { authorization: `Bearer ${token}` },
    });
    await other.close();
    expect(status).toBe(200);
    expect(errors).toMatchObject([
      {
        message: 'Something went wrong on our side.',
        extensions: { code: 'INTERNAL_SERVER_ERROR', retryable: true },
      },
    ]);
  });
});

describe('a subgraph’s SDL', () => {
  const sdlQueries = [
    '{ _service { sdl } }',
    'query SubgraphIntrospectQuery {\n  # eslint-disable-next-line\n  _service {\n    sdl\n  }\n}',
    'query { _service { sdl __typename } }',
  ];
  const more = [
    '{ _service { sdl } viewer { id } }',
    '{ viewer { id } }',
    '{ __schema { queryType { name } } }',
    '{ ...all } fragment all on Query { viewer { id } }',
    '{ _service { sdl } } query other { viewer { id } }',
    'mutation { _service: forgetAllPlayheads { forgottenAt } }',
    '{ _service: viewer { id } }',
    `{ ${'_service { sdl } '.repeat(20)} }`,
    '{',
  ];
  let gateway: ToyGateway;
  let open: Awaited<ReturnType<typeof serveSubgraph>>;
  beforeAll(async () => {
    gateway = await openToyGateway('split');
    const log = { error() {}, warn() {} } as unknown as Parameters<typeof serveSubgraph>[1]['log'];
    open = await serveSubgraph(gateway.subgraphs.playback, {
      ...{ host: '127.0.0.1', port: 0, log, isSdlOpen: true },
    });
  });
  afterAll(async () => {
    await open.close();
    await gateway.close();
  });

  it.each(sdlQueries)(
    'is told to tools that sign nothing, outside production: %s',
    async (query) => {
      const { status, data, errors } = await post(open.url, { query });
      expect({ status, errors }).toEqual({ status: 200, errors: undefined });
      expect(data._service.sdl).toContain('type Playhead');
      const inProduction = await post(gateway.relay!.url, { query });
      expect(inProduction.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    },
  );

  it.each(more)('is all that they are told: %s', async (query) => {
    const { errors, text } = await post(open.url, { query });
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    expect(text).not.toContain('type Playhead');
  });
});

it('reads what another language signs', async () => {
  const clock = new ManualClock();
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const nowS = noonMs / 1_000;
  const claims = {
    ...{ profile: 'alice', token_exp: nowS + 9, sub: 's', jti: 'n', exp: nowS + 9 },
    ...{ iat: nowS, aud: 'playhead-subgraphs', iss: 'playhead-gateway' },
  };
  const body = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  const signature = createHmac('sha256', key).update(body).digest('base64url');
  const verifier = await openSubgraphVerifier(readConfig({ IDENTITY_KEY: key }), clock);
  expect(await verifier.verify(`Bearer ${body}.${signature}`)).toEqual({
    ...{ profileId: 'alice', accountProfiles: [], subject: 's' },
    expiresAtMs: (nowS + 9) * 1_000,
  });
});
