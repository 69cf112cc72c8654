import { readFile } from 'node:fs/promises';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JSONWebKeySet,
  type JWK,
  type JWTVerifyGetKey,
} from 'jose';
import { PlatformError } from '../domain/errors.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { developmentKeys } from './development-keys.ts';
import type { Logger } from './log.ts';

/** The public keys of the token issuer, looked at again from time to time. */
export interface TokenKeys {
  /** Another number whenever they became others: what was verified before may be worth nothing now. */
  readonly generation: number;
  /**
   * To be called, and awaited, before any of them is relied on; undefined while there is nothing to wait
   * for. Never rejects. Cost: a comparison; once a `maxAgeMs` a request waits for the issuer.
   */
  keepFresh(): Promise<void> | undefined;
  /**
   * The key that a token asks for.
   *
   * Errors: jose's own for a key that is not there; PlatformError IDENTITY_UNAVAILABLE when nobody can
   * tell, because the issuer does not answer.
   */
  readonly find: JWTVerifyGetKey;
}

interface Source {
  /** For the log. */
  what: string;
  /** A key that is there no longer is honoured for as long, while the source answers. */
  maxAgeMs: number;
  load(): Promise<unknown>;
}

/** An issuer that takes longer is away. */
const timeoutMs = 2_000;
/** Tokens with keys that nobody knows make the issuer be asked this often at most, and so does its silence. */
const cooldownMs = 5_000;
/** A file costs a read: soon enough for whoever removes a key in a hurry. */
const fileMaxAgeMs = 10_000;
/** While the source is away, what is known goes on for as long: a night and the morning after. */
const outlastMsMax = 24 * 3_600_000;

/**
 * The keys at TOKEN_JWKS_URL, in TOKEN_PUBLIC_KEY_FILE, or of a development installation.
 *
 * Errors: a file that cannot be used. An issuer that does not answer keeps no process down.
 */
export async function openTokenKeys(
  config: Config,
  parts: { clock: Clock; log: Logger | undefined },
): Promise<TokenKeys> {
  const { TOKEN_JWKS_URL: url, TOKEN_PUBLIC_KEY_FILE: file } = config;
  if (url !== undefined) return new KeptKeys(remote(url, config.TOKEN_JWKS_MAX_AGE_MS), parts);
  const kept = new KeptKeys(file === undefined ? await development(config) : inFile(file), parts);
  await kept.begin();
  return kept;
}

function remote(url: string, maxAgeMs: number): Source {
  // When to ask is decided here: jose would refuse known keys once they are old and the issuer away, and
  // ask a silent one again with every token.
  const keys = createRemoteJWKSet(new URL(url), { timeoutDuration: timeoutMs });
  const load = async () => {
    await keys.reload();
    return keys.jwks();
  };
  return { what: new URL(url).origin, maxAgeMs, load };
}

function inFile(file: string): Source {
  const load = async () => JSON.parse(await readFile(file, 'utf8')) as unknown;
  return { what: file, maxAgeMs: fileMaxAgeMs, load };
}

async function development(config: Config): Promise<Source> {
  const { d: _private, ...publicJwk } = (await developmentKeys(config)).token;
  return { what: 'development', maxAgeMs: Infinity, load: async () => ({ keys: [publicJwk] }) };
}

class KeptKeys implements TokenKeys {
  generation = 0;
  readonly #source: Source;
  readonly #clock: Clock;
  readonly #log: Logger | undefined;
  #local: ReturnType<typeof createLocalJWKSet> | undefined;
  /** To tell whether they are others. */
  #text = '';
  #loadedAtMs = -Infinity;
  #triedAtMs = -Infinity;
  #isAway = false;
  #loading: Promise<void> | undefined;

  constructor(source: Source, parts: { clock: Clock; log: Logger | undefined }) {
    this.#source = source;
    this.#clock = parts.clock;
    this.#log = parts.log;
  }

  /** Errors: why the first attempt failed. */
  async begin(): Promise<void> {
    this.#take(await this.#source.load());
  }

  keepFresh(): Promise<void> | undefined {
    const { maxAgeMs } = this.#source;
    const ageMs = this.#clock.nowMs() - this.#loadedAtMs;
    if (ageMs < maxAgeMs / 2) return undefined;
    if (ageMs >= outlastMsMax) this.#forget();
    const loading = this.#load();
    // Half their age before it matters, nobody has to wait; nor again for an issuer known to be away.
    return ageMs < maxAgeMs || this.#isAway ? undefined : loading;
  }

  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (this.#local === undefined) await this.#load();
    try {
      return await this.#known()(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.#load();
      if (this.#isAway) throw unavailable();
      return await this.#known()(header, token);
    }
  };

  #known() {
    if (this.#local === undefined) throw unavailable();
    return this.#local;
  }

  /** Asks the source again, unless it was asked just now. Never rejects. */
  #load(): Promise<void> | undefined {
    if (this.#loading !== undefined) return this.#loading;
    if (this.#clock.nowMs() - this.#triedAtMs < cooldownMs) return undefined;
    this.#triedAtMs = this.#clock.nowMs();
    this.#loading = this.#source
      .load()
      .then((json) => this.#take(json))
      .catch((error: unknown) => {
        if (!this.#isAway) {
          this.#log?.error(
            { err: error, source: this.#source.what },
            'token keys cannot be read: known ones go on',
          );
        }
        this.#isAway = true;
      })
      .finally(() => {
        this.#loading = undefined;
      });
    return this.#loading;
  }

  #take(json: unknown): void {
    const keys = publicKeys(json);
    const text = JSON.stringify(keys);
    if (this.#isAway) this.#log?.warn({ source: this.#source.what }, 'token keys are read again');
    this.#isAway = false;
    this.#loadedAtMs = this.#clock.nowMs();
    if (text === this.#text) return;
    this.#local = createLocalJWKSet(keys);
    this.#text = text;
    this.generation += 1;
  }

  #forget(): void {
    if (this.#local === undefined) return;
    this.#local = undefined;
    this.#text = '';
    this.generation += 1;
  }
}

/**
 * Errors: for what is no set of public keys. An empty set is taken for a mistake of the issuer: whoever
 * removes the last key has everybody signed out.
 */
function publicKeys(json: unknown): JSONWebKeySet {
  const { keys } = (json ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys) || keys.length === 0) throw new Error('There is no key in the set.');
  if (!keys.every(isPublic)) throw new Error('The set holds a key that is not a public one.');
  return { keys };
}

function isPublic(key: Partial<JWK> | null): boolean {
  return typeof key?.kty === 'string' && key.kty !== 'oct' && !('d' in key) && !('k' in key);
}

function unavailable(): PlatformError {
  return new PlatformError('Access tokens cannot be verified just now.', {
    code: 'IDENTITY_UNAVAILABLE',
    retryAfterMs: cooldownMs,
  });
}
