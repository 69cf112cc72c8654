import { beforeEach, describe, expect, it } from '@jest/globals';
import { encodeSessionToken, type SessionToken } from '../../../domain/session-token.ts';
import { mintDevelopmentToken, openSessionSigner } from '../../../runtime/identity.ts';
import { ask } from '../../support/ask.ts';
import {
  dayMs,
  minuteMs,
  openTestPlayback,
  secondMs,
  sharePlayback,
  type TestDevice,
} from '../../support/playback.ts';

const playback = sharePlayback({ writeBehindMs: 300_000 });
let tv: TestDevice;

beforeEach(async () => {
  tv = playback.device({ id: 'tv', kind: 'TV' });
  await tv.begin();
});

/** The fields of a session token that beginSession might have signed. */
function tokenOf(overrides: Partial<SessionToken> = {}): SessionToken {
  const nowMs = playback.clock.nowMs();
  return {
    profileId: playback.profileId,
    title: 'film',
    deviceId: 'tv',
    deviceKind: 'TV',
    deviceName: null,
    sessionId: 'session-1',
    anchorMs: nowMs,
    issuedAtMs: nowMs,
    startedFrom: null,
    isStale: false,
    durationMs: null,
    creditsStartMs: null,
    ...overrides,
  };
}

async function expectInvalid(session: string | null): Promise<void> {
  tv.session = session;
  expect(await tv.report('PAUSE', minuteMs)).toMatchObject({
    outcome: 'REFUSED',
    playhead: null,
    durability: 'NONE',
    problems: [{ code: 'SESSION_INVALID', path: ['session'] }],
  });
  expect((await playback.playhead()).status).toBe('NOT_STARTED');
  await tv.begin();
  expect((await tv.report('PAUSE', minuteMs)).outcome).toBe('ACCEPTED');
}

describe('a session token', () => {
  it.each(['', '.', 'nonsense', 'a.b', 'a.b.c', '{}', '\0', 'e30.', '.c2ln', 'x'.repeat(10_000)])(
    'that is none (%#) is SESSION_INVALID',
    async (text) => {
      await expectInvalid(text);
    },
  );

  it('of another installation’s key is SESSION_INVALID', async () => {
    const other = await openTestPlayback();
    const { session } = await other.device().begin();
    await other.close();
    await expectInvalid(session);
  });

  it('with any one character changed is SESSION_INVALID', async () => {
    const { session } = tv;
    const [payload = '', signature = ''] = (session ?? '').split('.');
    const flip = (text: string, at: number) =>
      text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
    const forged = [0, 20, payload.length - 1].map((at) => `${flip(payload, at)}.${signature}`);
    const resigned = [0, signature.length >> 1].map((at) => `${payload}.${flip(signature, at)}`);
    for (const text of [...forged, ...resigned, `${payload}.`, payload, `${session}.x`]) {
      tv.session = text;
      const { problems } = await tv.report('PAUSE', minuteMs);
      expect(problems).toMatchObject([{ code: 'SESSION_INVALID', path: ['session'] }]);
    }
    await expectInvalid(payload);
  });

  it('of another profile is SESSION_INVALID, however well it is signed', async () => {
    const guest = playback.device({ id: 'phone', profileId: playback.guestId });
    const { session } = await guest.begin();
    await expectInvalid(session);
    expect((await playback.playhead('film', playback.guestId)).status).toBe('NOT_STARTED');
  });

  it('of another format is SESSION_INVALID', async () => {
    const { sign } = await openSessionSigner(playback.config);
    const payload = Buffer.from(JSON.stringify([0, playback.profileId, 'film'])).toString(
      'base64url',
    );
    await expectInvalid(`${payload}.${sign(payload)}`);
  });

  it('is good for 30 days and not a millisecond longer (SES-7)', async () => {
    const { sign } = await openSessionSigner(playback.config);
    const nowMs = playback.clock.nowMs();
    const issuedAt = (issuedAtMs: number) => encodeSessionToken(tokenOf({ issuedAtMs }), sign);
    await expectInvalid(issuedAt(nowMs - 30 * dayMs - 1));
    await playback.clock.advance(secondMs);
    tv.session = issuedAt(nowMs - 30 * dayMs + secondMs);
    expect((await tv.report('PAUSE', minuteMs)).outcome).toBe('ACCEPTED');
  });

  it('is opaque, and says nothing that its signature does not cover', async () => {
    const { sign } = await openSessionSigner(playback.config);
    const [payload = '', signature] = (tv.session ?? '').split('.');
    expect(signature).toBe(sign(payload));
  });

  it('survives a restart of the process', async () => {
    await playback.kill();
    expect((await tv.report('PAUSE', minuteMs)).outcome).toBe('ACCEPTED');
  });
});

describe('an access token', () => {
  const mutation = `mutation ($session: String!) { recordHeartbeats(input: { session: $session,
    heartbeats: [{ sequence: 0, elapsedMs: 0, positionMs: 0 }] }) { outcome } }`;
  const send = (authorization: string | undefined) =>
    ask(playback.subgraph, mutation, {
      variables: { session: tv.session },
      ...(authorization === undefined ? {} : { authorization }),
    });

  it('is not needed to be nobody: the viewer is null', async () => {
    const { data, errors } = await ask(playback.subgraph, '{ viewer { id } }');
    expect({ data, errors }).toEqual({ data: { viewer: null }, errors: [] });
  });

  it.each([
    'beginSession(input: { playableId: "film", sessionId: "a", deviceId: "a", deviceKind: TV }) { session }',
    'recordHeartbeats(input: { session: "x", heartbeats: [] }) { outcome }',
    'finishPlayhead(input: { playableId: "film" }) { problems { code } }',
    'restartPlayhead(input: { playableId: "film" }) { problems { code } }',
    'hidePlayhead(input: { playableId: "film" }) { problems { code } }',
    'unhidePlayhead(input: { playableId: "film" }) { problems { code } }',
    'forgetPlayhead(input: { playableId: "film" }) { problems { code } }',
    'forgetAllPlayheads { forgottenAt }',
  ])('is needed to %s', async (field) => {
    const { data, errors } = await ask(playback.subgraph, `mutation { ${field} }`);
    expect(data).toEqual({ [field.split(/\W/)[0] ?? '']: null });
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED', retryable: false } }]);
  });

  it('that has expired is UNAUTHENTICATED, after 5 s for clocks that differ', async () => {
    const nowMs = playback.clock.nowMs();
    const token = await mintDevelopmentToken(playback.config, {
      profileId: playback.profileId,
      nowMs,
      lifetimeS: 60,
    });
    const sendAfter = async (byMs: number) => {
      await playback.clock.advance(byMs);
      return send(`Bearer ${token}`);
    };
    expect((await sendAfter(0)).errors).toEqual([]);
    expect((await sendAfter(64_999)).errors).toEqual([]);
    await expect(sendAfter(1)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it.each([
    ['of another installation', async () => foreignToken()],
    ['that is none', async () => 'a.b.c'],
    ['without a signature', async () => (await ownToken()).replace(/[^.]+$/, '')],
    ['with another’s claims', async () => swapClaims(await ownToken())],
    ['with no algorithm', async () => withoutAlgorithm(await ownToken())],
  ])('%s is UNAUTHENTICATED, and stores nothing', async (_what, tokenOf) => {
    const token = await tokenOf();
    await expect(send(`Bearer ${token}`)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect((await playback.playhead()).status).toBe('NOT_STARTED');
  });

  it.each(['Basic ZGVtbzpkZW1v', 'Bearer', 'Bearer ', 'demo'])(
    'in a header like %j is UNAUTHENTICATED',
    async (authorization) => {
      await expect(send(authorization)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    },
  );

  it('of one profile never records into the session of another', async () => {
    const { errors, data } = await send(await playback.authorization(playback.guestId));
    expect(errors).toEqual([]);
    expect(data).toEqual({ recordHeartbeats: { outcome: 'REFUSED' } });
  });
});

async function ownToken(): Promise<string> {
  return (await playback.authorization()).replace('Bearer ', '');
}

async function foreignToken(): Promise<string> {
  const other = await openTestPlayback();
  const authorization = await other.authorization();
  await other.close();
  return authorization.replace('Bearer ', '');
}

function swapClaims(token: string): string {
  const [header, claims = '', signature] = token.split('.');
  const changed = {
    ...JSON.parse(Buffer.from(claims, 'base64url').toString()),
    profile: playback.guestId,
  };
  return [header, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.');
}

function withoutAlgorithm(token: string): string {
  const header = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
  return `${header}.${token.split('.')[1]}.`;
}
