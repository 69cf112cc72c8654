import { readFile } from 'node:fs/promises';
import type { JWK } from 'jose';
import type { Config } from '../../runtime/config.ts';
import { type Finding, fail, ok, reasonOf, warn } from './finding.ts';

const name = 'token keys';
/** As long as a process waits for its issuer. */
const askMsMax = 2_000;

/** The key set that access tokens are verified with: asked for, and judged, as a process does. */
export async function tokenKeys(config: Config): Promise<Finding> {
  const { TOKEN_JWKS_URL: url, TOKEN_PUBLIC_KEY_FILE: file } = config;
  if (url !== undefined) return atUrl(url, config);
  if (file !== undefined) return inFile(file, config);
  return ok(name, 'development keys, in the data folder');
}

async function atUrl(url: string, config: Config): Promise<Finding> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(askMsMax) });
    if (!response.ok) throw new Error(`it answers ${response.status}`);
    return judge(await response.text(), { place: url, config });
  } catch (error) {
    const advice =
      'Correct TOKEN_JWKS_URL, or see why the issuer does not answer. A process starts, and refuses tokens until it does.';
    return warn(name, `${url}: ${reasonOf(error)}`, advice);
  }
}

async function inFile(file: string, config: Config): Promise<Finding> {
  try {
    return judge(await readFile(file, 'utf8'), { place: file, config });
  } catch (error) {
    return fail(name, `${file}: ${reasonOf(error)}`, adviceFor(config));
  }
}

function judge(text: string, { place, config }: { place: string; config: Config }): Finding {
  const keys = keysIn(text);
  if (keys === null) return fail(name, `${place} holds no list \`keys\``, adviceFor(config));
  if (keys.some(({ d, k }) => d !== undefined || k !== undefined)) {
    const remove = 'Take the private parts (`d`, `k`) out: whoever reads them can make tokens.';
    return fail(name, `${place} holds a private key, and no process takes it`, remove);
  }
  const usable = keys.filter((key) => config.TOKEN_ALGORITHMS.some((one) => fits(key, one)));
  const wanted = config.TOKEN_ALGORITHMS.join(', ');
  return usable.length === 0
    ? fail(name, `${place} holds no key for ${wanted}`, adviceFor(config))
    : ok(name, `${usable.length} of ${place}`);
}

function keysIn(text: string): JWK[] | null {
  try {
    const { keys } = JSON.parse(text) as { keys?: unknown };
    return Array.isArray(keys) ? (keys as JWK[]) : null;
  } catch {
    return null;
  }
}

const curves: Readonly<Record<string, string>> = {
  ES256: 'P-256',
  ES384: 'P-384',
  ES512: 'P-521',
  EdDSA: 'Ed25519',
};

function fits({ kty, crv }: JWK, algorithm: string): boolean {
  const curve = curves[algorithm];
  return curve === undefined ? kty === 'RSA' : crv === curve;
}

function adviceFor({ TOKEN_ALGORITHMS: algorithms }: Config): string {
  return `Name a JWK Set, {"keys": […]}, with the public keys of the token issuer for ${algorithms.join(', ')} (TOKEN_ALGORITHMS), readable for this account.`;
}
