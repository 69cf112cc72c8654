import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;

/** A token issuer with a real server for its keys, which it changes, and which fails, at will. */
export interface TokenIssuer {
  readonly url: string;
  /** How often its keys were asked for. */
  readonly requests: number;
  /** Answers instead of the keys; undefined: the keys. */
  answer: ((response: ServerResponse) => void) | undefined;
  /** A new key, published. */
  add(kid: string, algorithm?: string): Promise<void>;
  /** No longer published. */
  remove(kid: string): void;
  /** An access token of ten hours. `kid` in the header: default the key's own. */
  sign(of: { kid: string; profileId?: string; nowMs: number; header?: object }): Promise<string>;
  publicKeys(): Promise<{ keys: JWK[] }>;
  close(): Promise<void>;
}

export async function startIssuer(): Promise<TokenIssuer> {
  const pairs = new Map<string, { pair: KeyPair; algorithm: string }>();
  const published = new Set<string>();
  const publicKeys = async () => ({
    keys: await Promise.all(
      [...published].map(async (kid) => {
        const { pair, algorithm } = pairs.get(kid)!;
        return { ...(await exportJWK(pair.publicKey)), kid, alg: algorithm, use: 'sig' };
      }),
    ),
  });
  let requests = 0;
  const server = createServer(async (_request, response) => {
    requests += 1;
    if (issuer.answer !== undefined) return issuer.answer(response);
    response.setHeader('content-type', 'application/json').end(JSON.stringify(await publicKeys()));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer: TokenIssuer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`,
    get requests() {
      return requests;
    },
    answer: undefined,
    async add(kid, algorithm = 'ES256') {
      pairs.set(kid, { pair: await generateKeyPair(algorithm, { extractable: true }), algorithm });
      published.add(kid);
    },
    remove: (kid) => void published.delete(kid),
    async sign({ kid, profileId = 'alice', nowMs, header }) {
      const { pair, algorithm } = pairs.get(kid)!;
      const nowS = Math.floor(nowMs / 1_000);
      return new SignJWT({ profile: profileId })
        .setProtectedHeader({ alg: algorithm, kid, ...header })
        .setIssuer('playhead')
        .setAudience('playhead')
        .setSubject('someone')
        .setIssuedAt(nowS)
        .setExpirationTime(nowS + 36_000)
        .sign(pair.privateKey);
    },
    publicKeys,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return issuer;
}
