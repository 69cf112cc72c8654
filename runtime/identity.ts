import { createHmac, timingSafeEqual } from 'node:crypto';
import { importJWK, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { PlatformError } from '../domain/errors.ts';
import type { KnownTokens, SessionToken } from '../domain/session-token.ts';
import { BoundedMap } from './bounded-map.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { developmentAlgorithm, developmentKeys } from './development-keys.ts';
import type { Logger } from './log.ts';
import { openTokenKeys, type TokenKeys } from './token-keys.ts';

/** Whom a request stands for: one token, one profile. */
export interface Viewer {
  profileId: string;
  /** Profiles of the same account, as the issuer says: what may be given to them by hand. */
  accountProfiles: readonly string[];
  subject: string;
  /** Unix epoch, ms: when the token ends, and any live connection opened with it. */
  expiresAtMs: number;
}

/**
 * The opaque `Viewer.id`: the same function in every subgraph, or federation cannot join them.
 */
export function viewerId(profileId: string): string {
  return `vwr_${Buffer.from(profileId).toString('base64url')}`;
}

/** `begin`: a request arrives. `goOn`: an operation that began with this header still runs. */
export type Moment = 'begin' | 'goOn';

export interface TokenVerifier {
  /**
   * Who sends this `authorization` header; null when there is none.
   *
   * `moment`: default `begin`. An access token is as good later; what a gateway signed
   * (signed-identity.ts) begins nothing after a minute, but what began with it goes on until the viewer's
   * token ends.
   *
   * Errors: PlatformError UNAUTHENTICATED for anything but a valid token.
   * Cost: one signature check (about 0.1 ms), or a map look-up for a token seen before.
   */
  verify(authorization: string | undefined | null, moment?: Moment): Promise<Viewer | null>;
  /** Whose header this is, if that is known and need not be looked at again: without a promise. */
  known?(authorization: string): Viewer | undefined;
}

/**
 * The live viewers of one process, at 7,000 heartbeats a second and one in 5 s; about 30 MB. Whoever has
 * more viewers verifies again what it threw away. The oldest entry leaves first.
 */
export const verifiedTokensMax = 40_000;
/** Clocks of issuer and verifier may differ by this much. */
export const clockToleranceS = 5;
/** Ten times the profiles of any account. */
const accountProfilesMax = 64;
const profilePattern = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Verifies access tokens with the configured keys, or the development key of DATA_DIR. A token whose key
 * is gone is refused as soon as that is known, however often it was good before.
 *
 * Errors of `verify` besides: PlatformError IDENTITY_UNAVAILABLE for a key that the issuer, being away, can
 * say nothing of.
 */
export async function openTokenVerifier(
  config: Config,
  clock: Clock,
  log?: Logger,
): Promise<TokenVerifier> {
  const keys = await openTokenKeys(config, { clock, log });
  // By the whole header: a shorter key would cost a hash of the token with every heartbeat.
  const verified = new BoundedMap<{ viewer: Viewer; generation: number }>(verifiedTokensMax);
  const seen = (authorization: string) => {
    const known = verified.get(authorization);
    const isGood =
      known?.generation === keys.generation && known.viewer.expiresAtMs > clock.nowMs();
    return isGood ? known.viewer : undefined;
  };
  return {
    known: (authorization) => (keys.keepFresh() === undefined ? seen(authorization) : undefined),
    async verify(authorization) {
      if (!authorization) return null;
      const refreshing = keys.keepFresh();
      if (refreshing !== undefined) await refreshing;
      const known = seen(authorization);
      if (known !== undefined) return known;
      const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization)?.[1];
      if (token === undefined)
        throw unauthenticated('The authorization header is not `Bearer <JWT>`.');
      const { generation } = keys;
      const viewer = await verifyToken(token, { keys, config, nowMs: clock.nowMs() });
      verified.set(authorization, { viewer, generation });
      return viewer;
    },
  };
}

async function verifyToken(
  token: string,
  with_: { keys: TokenKeys; config: Config; nowMs: number },
): Promise<Viewer> {
  const { payload } = await jwtVerify(token, with_.keys.find, {
    issuer: with_.config.TOKEN_ISSUER,
    audience: with_.config.TOKEN_AUDIENCE,
    algorithms: [...with_.config.TOKEN_ALGORITHMS],
    requiredClaims: ['exp', 'sub', 'profile'],
    clockTolerance: clockToleranceS,
    currentDate: new Date(with_.nowMs),
  }).catch((cause: unknown) => {
    if (cause instanceof PlatformError) throw cause;
    throw unauthenticated('The access token is not valid.', cause);
  });
  return viewerOf(payload);
}

/**
 * Whom these claims name.
 *
 * Errors: PlatformError UNAUTHENTICATED when they name nobody, or not as we do.
 */
export function viewerOf(payload: JWTPayload): Viewer {
  const { profile, profiles, sub, exp } = payload;
  if (!isProfileId(profile)) {
    throw unauthenticated('The `profile` claim is not 1 to 64 characters of [A-Za-z0-9_-].');
  }
  if (typeof sub !== 'string' || typeof exp !== 'number') {
    throw unauthenticated('The access token lacks `sub` or `exp`.');
  }
  const accountProfiles = accountProfilesOf(profiles);
  return { profileId: profile, accountProfiles, subject: sub, expiresAtMs: exp * 1000 };
}

function isProfileId(claim: unknown): claim is string {
  return typeof claim === 'string' && profilePattern.test(claim);
}

function accountProfilesOf(claim: unknown): readonly string[] {
  if (claim === undefined) return [];
  if (Array.isArray(claim) && claim.length <= accountProfilesMax && claim.every(isProfileId)) {
    return claim;
  }
  throw unauthenticated(
    `The \`profiles\` claim is not a list of at most ${accountProfilesMax} profiles.`,
  );
}

function unauthenticated(message: string, cause?: unknown): PlatformError {
  return new PlatformError(message, { code: 'UNAUTHENTICATED', cause });
}

/** A development access token for one profile: what `npm run -s token` prints and /demo uses. */
export async function mintDevelopmentToken(
  config: Config,
  claims: {
    profileId: string;
    /** Default: none is named. */
    accountProfiles?: readonly string[];
    nowMs: number;
    lifetimeS?: number;
  },
): Promise<string> {
  const { token } = await developmentKeys(config);
  const { profileId, accountProfiles: profiles, nowMs } = claims;
  const issuedAtS = Math.floor(nowMs / 1000);
  return new SignJWT({ profile: profileId, ...(profiles !== undefined && { profiles }) })
    .setProtectedHeader({ alg: developmentAlgorithm, kid: 'development' })
    .setIssuer(config.TOKEN_ISSUER)
    .setAudience(config.TOKEN_AUDIENCE)
    .setSubject(`development:${profileId}`)
    .setIssuedAt(issuedAtS)
    .setExpirationTime(issuedAtS + (claims.lifetimeS ?? 12 * 3_600))
    .sign(await importJWK(token, developmentAlgorithm));
}

/** Signs and checks the session tokens of `beginSession` (domain/session-token.ts). */
export interface Signer {
  sign(payload: string): string;
  isValid(signed: { payload: string; signature: string }): boolean;
  /**
   * Tokens of its signature that were valid: a session sends the same each time. Default: none are kept.
   * Whole tokens, looked up by hash: how long that takes says nothing about a signature.
   */
  readonly known?: KnownTokens | undefined;
}

/** The sessions that one process hears of: two for each of its viewers; about 105 MB with what stands for each. */
const knownSessionsMax = 80_000;

/**
 * HMAC-SHA-256 with the configured session key, or the development one.
 *
 * Cost: about 5 µs.
 */
export async function openSessionSigner(config: Config): Promise<Signer> {
  const key = config.SESSION_KEY ?? (await developmentKeys(config)).session;
  const sign = (payload: string) => createHmac('sha256', key).update(payload).digest('base64url');
  return {
    sign,
    isValid({ payload, signature }) {
      const expected = Buffer.from(sign(payload));
      const given = Buffer.from(signature);
      return given.length === expected.length && timingSafeEqual(given, expected);
    },
    known: new BoundedMap<SessionToken>(knownSessionsMax),
  };
}
