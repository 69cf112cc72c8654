import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readConfig } from '../../runtime/config.ts';
import { openTokenVerifier } from '../../runtime/identity.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { until } from '../support/until.ts';
import { clientKinds } from './live-clients.ts';
import { RawSocket } from './raw-socket.ts';
import { startIssuer, type TokenIssuer } from './token-issuer.ts';
import { openToyGateway } from './toy-gateway.ts';
import { ToyLane } from './toy-lane.ts';

const maxAgeMs = 300_000;
const cooldownMs = 5_000;
const dayMs = 24 * 3_600_000;
const unauthenticated = { code: 'UNAUTHENTICATED', retryable: false };
const unavailable = { code: 'IDENTITY_UNAVAILABLE', retryable: true, retryAfterMs: cooldownMs };

describe('the keys at TOKEN_JWKS_URL', () => {
  let issuer: TokenIssuer;
  let clock: ManualClock;
  let verify: (token: string) => Promise<unknown>;
  beforeEach(async () => {
    issuer = await startIssuer();
    await issuer.add('first');
    clock = new ManualClock();
    verify = await open();
  });
  afterEach(() => issuer.close());

  async function open(settings: Record<string, string> = {}) {
    const config = readConfig({ TOKEN_JWKS_URL: issuer.url, ...settings });
    const verifier = await openTokenVerifier(config, clock);
    return (token: string) => verifier.verify(`Bearer ${token}`);
  }
  const tokenOf = (kid: string, more: { profileId?: string; header?: object } = {}) =>
    issuer.sign({ kid, nowMs: clock.nowMs(), ...more });
  const alice = expect.objectContaining({ profileId: 'alice' });

  it('are fetched once for many', async () => {
    const tokens = await Promise.all(
      Array.from({ length: 20 }, (_, index) => tokenOf('first', { profileId: `p${index}` })),
    );
    await Promise.all(tokens.map(verify));
    expect(issuer.requests).toBe(1);
  });

  it('may be others later: a new one is good at once, five seconds after the last look', async () => {
    await verify(await tokenOf('first'));
    await issuer.add('second');
    await clock.advance(cooldownMs);
    expect(await verify(await tokenOf('second'))).toEqual(alice);
    expect(await verify(await tokenOf('first'))).toEqual(alice);
    expect(issuer.requests).toBe(2);
  });

  // What breaks: a key is known to a thief, and the issuer removes it.
  // How: its tokens were verified before, and are remembered.
  // What must hold: they are worth nothing once the keys are as old as they may get.
  it('are honoured for five minutes after they were removed, and not for the next request', async () => {
    const [stolen, good] = [await tokenOf('first'), () => tokenOf('second')];
    await issuer.add('second');
    expect(await verify(stolen)).toEqual(alice);
    issuer.remove('first');
    await clock.advance(maxAgeMs / 2 - 1);
    expect(await verify(stolen)).toEqual(alice);
    expect(issuer.requests).toBe(1);
    await clock.advance(maxAgeMs / 2 + 1);
    await expect(verify(stolen)).rejects.toMatchObject(unauthenticated);
    expect(await verify(await good())).toEqual(alice);
  });

  it('are looked at again before that, while nobody waits', async () => {
    const token = await tokenOf('first');
    await verify(token);
    await issuer.add('second');
    issuer.remove('first');
    await clock.advance(maxAgeMs / 2);
    expect(await verify(token)).toEqual(alice);
    await until(
      () =>
        verify(token).then(
          () => false,
          () => true,
        ),
      { what: 'the key is gone' },
    );
    expect(clock.nowMs() % maxAgeMs).toBe(maxAgeMs / 2);
  });

  it('are not asked for with every token that nobody knows', async () => {
    await verify(await tokenOf('first'));
    await clock.advance(cooldownMs);
    const kids = [
      '',
      '0',
      '__proto__',
      '../../etc/passwd',
      "' OR 1=1 --",
      '{"$ne":1}',
      'x'.repeat(999),
    ];
    for (const kid of kids) {
      const forged = await tokenOf('first', { header: { kid } });
      await expect(verify(forged)).rejects.toMatchObject(unauthenticated);
    }
    expect(issuer.requests).toBe(2);
  });

  const failures: Record<string, (response: ServerResponse) => unknown> = {
    'breaks off': (response) => response.destroy(),
    'answers an error': (response) => response.writeHead(500).end('{"keys":[]}'),
    'answers rubbish': (response) => response.end('<html>'),
    'answers no set': (response) => response.end('{"keys":"none"}'),
    'answers an empty set': (response) => response.end('{"keys":[]}'),
    'gives a secret away': (response) => response.end('{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}'),
    'sends elsewhere': (response) => response.writeHead(302, { location: issuer.url }).end(),
    'never answers': () => {},
  };

  it.each(Object.entries(failures))('go on when the issuer %s', async (_what, answer) => {
    const known = await tokenOf('first');
    const later = await tokenOf('first', { profileId: 'later' });
    await verify(known);
    issuer.answer = answer;
    await clock.advance(maxAgeMs);
    expect(await verify(known)).toEqual(alice);
    expect(await verify(later)).toMatchObject({ profileId: 'later' });
    // Whether that one is good nobody can tell: the viewer's token may be better than our keys.
    await issuer.add('second');
    const fresh = await tokenOf('second');
    await expect(verify(fresh)).rejects.toMatchObject(unavailable);
    const { requests } = issuer;
    await expect(verify(fresh)).rejects.toMatchObject(unavailable);
    expect(issuer.requests).toBe(requests);
    issuer.answer = undefined;
    await clock.advance(cooldownMs);
    expect(await verify(fresh)).toEqual(alice);
  });

  it('go on for a day, and no longer', async () => {
    const token = await issuer.sign({ kid: 'first', nowMs: clock.nowMs() + dayMs - 3_600_000 });
    await verify(token);
    issuer.answer = (response) => response.destroy();
    await clock.advance(dayMs - 1);
    expect(await verify(token)).toEqual(alice);
    await clock.advance(cooldownMs);
    await expect(verify(token)).rejects.toMatchObject(unavailable);
    issuer.answer = undefined;
    await clock.advance(cooldownMs);
    expect(await verify(token)).toEqual(alice);
  });

  it('may come later than the process', async () => {
    issuer.answer = (response) => response.writeHead(503).end();
    const token = await tokenOf('first');
    for (let times = 0; times < 3; times += 1) {
      await expect(verify(token)).rejects.toMatchObject(unavailable);
    }
    expect(issuer.requests).toBe(1);
    issuer.answer = undefined;
    await clock.advance(cooldownMs);
    expect(await verify(token)).toEqual(alice);
  });

  it('verify with the algorithms that are configured, and no others', async () => {
    await issuer.add('rsa', 'RS256');
    const token = await tokenOf('rsa');
    await expect(verify(token)).rejects.toMatchObject(unauthenticated);
    const both = await open({ TOKEN_ALGORITHMS: 'ES256,RS256' });
    expect(await both(token)).toEqual(alice);
    expect(await both(await tokenOf('first'))).toEqual(alice);
  });

  it.each(['HS256', 'none', 'ES256,HS256', 'dir', ''])('are never used with %j', (algorithms) => {
    expect(() => readConfig({ TOKEN_ALGORITHMS: algorithms })).toThrow('TOKEN_ALGORITHMS');
  });
});

describe('the keys in TOKEN_PUBLIC_KEY_FILE', () => {
  const folders: string[] = [];
  afterAll(async () => {
    for (const folder of folders) await rm(folder, { recursive: true });
  });

  async function openFile() {
    const folder = await mkdtemp(join(tmpdir(), 'playhead-token-keys-'));
    folders.push(folder);
    const file = join(folder, 'keys.json');
    const issuer = await startIssuer();
    await issuer.close();
    await issuer.add('first');
    /** As a ConfigMap is changed: another file takes its name. */
    const put = async (text: string) => {
      await writeFile(`${file}.new`, text);
      await rename(`${file}.new`, file);
    };
    const publish = async () => put(JSON.stringify(await issuer.publicKeys()));
    await publish();
    const clock = new ManualClock();
    const config = readConfig({ TOKEN_PUBLIC_KEY_FILE: file });
    const verifier = await openTokenVerifier(config, clock);
    const verify = (token: string) => verifier.verify(`Bearer ${token}`);
    const tokenOf = (kid: string) => issuer.sign({ kid, nowMs: clock.nowMs() });
    return { issuer, clock, config, verify, tokenOf, put, publish };
  }

  it('are others ten seconds after the file is another', async () => {
    const { issuer, clock, verify, tokenOf, publish } = await openFile();
    const token = await tokenOf('first');
    await verify(token);
    await issuer.add('second');
    issuer.remove('first');
    await publish();
    await clock.advance(10_000);
    await expect(verify(token)).rejects.toMatchObject(unauthenticated);
    expect(await verify(await tokenOf('second'))).toMatchObject({ profileId: 'alice' });
  });

  it('stay while the file is no set of public keys', async () => {
    const { clock, verify, tokenOf, put, publish, issuer } = await openFile();
    const token = await tokenOf('first');
    for (const text of ['{"keys":[', '', '{"keys":[]}', '[]', '{"keys":[{"kty":"EC","d":"x"}]}']) {
      await put(text);
      await clock.advance(10_000);
      expect(await verify(token)).toMatchObject({ profileId: 'alice' });
    }
    await issuer.add('second');
    await publish();
    await clock.advance(10_000);
    expect(await verify(await tokenOf('second'))).toMatchObject({ profileId: 'alice' });
  });

  it('must be there at the start', async () => {
    const { config, clock, put } = await openFile();
    await put('{"keys":[]}');
    await expect(openTokenVerifier(config, clock)).rejects.toThrow('no key');
  });
});

describe('a gateway whose issuer changes its keys', () => {
  const forget = 'mutation { forgetAllPlayheads { problems { code } } }';
  const watch = 'subscription { playheadUpdates { playheads { positionMs } } }';

  // What breaks: a live operation relies on a key that the issuer has removed.
  // How: the token would be good for hours; nothing is asked in between.
  // What must hold: the operation ends within the keys' age and a minute.
  it.each(Object.entries(clientKinds))(
    'ends what began with a key that was removed, %s',
    async (_kind, subscribe) => {
      const issuer = await startIssuer();
      await issuer.add('first');
      const clock = new ManualClock(Date.now());
      const env = { TOKEN_JWKS_URL: issuer.url };
      const gateway = await openToyGateway('split', { clock, subgraphClock: clock, env });
      const token = await issuer.sign({ kid: 'first', nowMs: clock.nowMs() });
      const stream = subscribe(gateway, watch, { token });
      await gateway.toys.events.untilLive(1);
      gateway.toys.move('alice', 'mov_1', 5_000);
      await stream.next();
      await issuer.add('second');
      issuer.remove('first');
      for (let passedMs = 0; passedMs < maxAgeMs + 60_000; passedMs += 60_000) {
        await clock.advance(60_000);
      }
      await gateway.toys.events.untilLive(0);
      await stream.leave();
      await gateway.close();
      await issuer.close();
    },
  );

  // What breaks: a socket that stays open has a token whose key the issuer has removed.
  // How: the fast lane alone has answered on it, and nothing is live; the token would be good for hours.
  // What must hold: it is closed with 4403 within the keys' age and a minute.
  it('closes a socket on which only the fast lane has answered, when its key was removed', async () => {
    const issuer = await startIssuer();
    await issuer.add('first');
    const clock = new ManualClock(Date.now());
    const toyLane = new ToyLane();
    const env = { TOKEN_JWKS_URL: issuer.url };
    const gateway = await openToyGateway('embedded', { clock, subgraphClock: clock, env, toyLane });
    toyLane.forward(forget);
    const socket = new RawSocket(gateway.webSocketUrl, 'graphql-transport-ws');
    await socket.opened;
    const authorization = await issuer.sign({ kid: 'first', nowMs: clock.nowMs() });
    socket.say({ type: 'connection_init', payload: { authorization } });
    expect(await socket.heard()).toEqual({ type: 'connection_ack' });
    socket.say({ id: 'a', type: 'subscribe', payload: { query: forget } });
    expect(await socket.heard()).toMatchObject({ payload: { data: { forgetAllPlayheads: {} } } });
    expect(toyLane.asked).toBe(1);
    await issuer.add('second');
    issuer.remove('first');
    for (let passedMs = 0; passedMs < maxAgeMs + 60_000; passedMs += 60_000) {
      await clock.advance(60_000);
    }
    expect(await socket.closed).toBe(4403);
    await gateway.close();
    await issuer.close();
  });

  it('asks a viewer to try again while nobody can tell whether the token is good', async () => {
    const issuer = await startIssuer();
    await issuer.add('first');
    issuer.answer = (response) => response.destroy();
    const gateway = await openToyGateway('embedded', { env: { TOKEN_JWKS_URL: issuer.url } });
    const token = await issuer.sign({ kid: 'first', nowMs: Date.now() });
    const headers = { authorization: `Bearer ${token}` };
    const { status, errors } = await gateway.ask('{ viewer { id } }', { headers });
    expect(status).toBe(503);
    expect(errors).toMatchObject([{ extensions: unavailable }]);
    await gateway.close();
    await issuer.close();
  });
});
