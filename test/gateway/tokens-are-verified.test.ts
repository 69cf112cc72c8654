import { createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, importJWK, type JWTPayload, SignJWT } from 'jose';
import { overWebSocket } from './live-clients.ts';
import { openToyGateway, type ToyGateway } from './toy-gateway.ts';

const query = '{ viewer { id } }';
const nowS = () => Math.floor(Date.now() / 1_000);

describe('access tokens', () => {
  let gateway: ToyGateway;
  let key: Awaited<ReturnType<typeof importJWK>>;
  beforeAll(async () => {
    gateway = await openToyGateway('split');
    await gateway.token('alice');
    const file = join(gateway.dataDir, 'development-keys.json');
    key = await importJWK(JSON.parse(await readFile(file, 'utf8')).token, 'ES256');
  });
  afterAll(() => gateway.close());

  /** A good token, but for what is changed. */
  function good(changed: JWTPayload): JWTPayload {
    const claims = {
      iss: 'playhead',
      aud: 'playhead',
      sub: 'someone',
      profile: 'alice',
      exp: nowS() + 60,
    };
    return { ...claims, ...changed };
  }

  async function sign(changed: JWTPayload, header: Record<string, unknown> = {}) {
    return new SignJWT(good(changed))
      .setProtectedHeader({ alg: 'ES256', kid: 'development', ...header })
      .sign(key);
  }

  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

  const badTokens: Record<string, () => Promise<string> | string> = {
    'is not a JWT': () => 'x.y.z',
    'is empty': () => '',
    'is expired': () => sign({ exp: nowS() - 60 }),
    'never expires': () => sign({ exp: undefined } as unknown as JWTPayload),
    'is for another audience': () => sign({ aud: 'someone-else' }),
    'is from another issuer': () => sign({ iss: 'someone-else' }),
    'names no profile': () => sign({ profile: undefined }),
    'names a profile with a separator': () => sign({ profile: 'alice:bob' }),
    'names an account’s profiles otherwise than in a list': () => sign({ profiles: 'bob' }),
    'names a profile of the account with a separator': () => sign({ profiles: ['a', 'b:c'] }),
    'names more profiles than an account has': () => sign({ profiles: new Array(65).fill('bob') }),
    'has no subject': () => sign({ sub: undefined } as unknown as JWTPayload),
    'is not valid yet': () => sign({ nbf: nowS() + 60 }),
    'is unsigned (alg none)': async () => {
      const [, payload] = (await sign({})).split('.');
      return `${encoded({ alg: 'none' })}.${payload}.`;
    },
    'is signed with the public key as if it were a secret (HS256)': async () => {
      const file = join(gateway.dataDir, 'development-keys.json');
      const { d: _private, ...publicJwk } = JSON.parse(await readFile(file, 'utf8')).token;
      const pem = createPublicKey({ key: publicJwk, format: 'jwk' });
      const secrets = [JSON.stringify(publicJwk), pem.export({ type: 'spki', format: 'pem' })];
      const [secret, other] = secrets.map((text) => Buffer.from(text));
      const forged = (by: Buffer) =>
        new SignJWT(good({})).setProtectedHeader({ alg: 'HS256', kid: 'development' }).sign(by);
      const headers = { authorization: `Bearer ${await forged(other!)}` };
      expect((await gateway.ask(query, { headers })).status).toBe(401);
      return forged(secret!);
    },
    'asks for a key that is a path': () => sign({}, { kid: '../../../../dev/null' }),
    'asks for a key that is a query': () => sign({}, { kid: "' UNION SELECT 'x" }),
    'asks for a key elsewhere': async () => {
      const { privateKey } = await generateKeyPair('ES256');
      const header = { alg: 'ES256', kid: 'theirs', jku: 'https://attacker.example/keys' };
      return new SignJWT(good({})).setProtectedHeader(header).sign(privateKey);
    },
    'is signed by another key': async () => {
      const { privateKey } = await generateKeyPair('ES256');
      return new SignJWT({ profile: 'alice' })
        .setProtectedHeader({ alg: 'ES256', kid: 'development' })
        .setIssuer('playhead')
        .setAudience('playhead')
        .setSubject('someone')
        .setExpirationTime('1m')
        .sign(privateKey);
    },
    'brings its own key along': async () => {
      const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
      return new SignJWT({
        profile: 'alice',
        iss: 'playhead',
        aud: 'playhead',
        sub: 's',
        exp: nowS() + 60,
      })
        .setProtectedHeader({ alg: 'ES256', jwk: await exportJWK(publicKey) })
        .sign(privateKey);
    },
    'is tampered with': async () => {
      const [header, , signature] = (await sign({})).split('.');
      const payload = encoded({
        iss: 'playhead',
        aud: 'playhead',
        sub: 's',
        profile: 'bob',
        exp: nowS() + 60,
      });
      return `${header}.${payload}.${signature}`;
    },
  };

  it.each([
    ['good', {}],
    ['they name the profiles of the account', { profiles: ['alice', 'bob'] }],
  ])('are accepted when %s', async (_what, claims) => {
    const { status, data } = await gateway.ask(query, {
      headers: { authorization: `Bearer ${await sign(claims)}` },
    });
    expect({ status, data }).toEqual({ status: 200, data: { viewer: { id: 'vwr_YWxpY2U' } } });
  });

  it.each(Object.entries(badTokens))('are refused when one %s', async (_why, make) => {
    const answer = await gateway.ask(query, {
      headers: { authorization: `Bearer ${await make()}` },
    });
    expect(answer.status).toBe(401);
    expect(answer.errors).toEqual([
      { message: expect.any(String), extensions: { code: 'UNAUTHENTICATED', retryable: false } },
    ]);
    expect(answer.data ?? null).toBeNull();
  });

  it('are refused by a socket, operation by operation', async () => {
    const stream = overWebSocket(gateway, query, { token: await sign({ aud: 'someone-else' }) });
    expect(await stream.next()).toEqual({
      errors: [
        { message: expect.any(String), extensions: { code: 'UNAUTHENTICATED', retryable: false } },
      ],
    });
    await stream.leave();
  });

  it('are refused when the header has another form', async () => {
    const headers = { authorization: `Basic ${Buffer.from('a:b').toString('base64')}` };
    expect((await gateway.ask(query, { headers })).status).toBe(401);
  });
});
