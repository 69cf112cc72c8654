import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { PlatformError } from '../domain/errors.ts';
import { BoundedMap } from './bounded-map.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { developmentKeys } from './development-keys.ts';
import {
  clockToleranceS,
  type Moment,
  openTokenVerifier,
  type TokenVerifier,
  type Viewer,
  verifiedTokensMax,
  viewerOf,
} from './identity.ts';

/**
 * What a gateway tells its subgraphs of the viewer, signed: an HS256 JWT in place of the access token, in
 * the `authorization` of each operation (docs/identity.md is the same in words, for other languages).
 *
 * Shape: it says who, and until when, not what for. Nothing of the operation is in it, so one serves a
 * viewer for some seconds: identical queries under way stay identical, and a heartbeat pays for a look-up.
 * Whoever reads one on the way may ask as that viewer for `statementLifeS`, and nothing else.
 */
export interface StatementSigner {
  /** An `authorization` header, of nobody for null. Cost: a look-up, or about 10 µs every 20 s a viewer. */
  sign(viewer: Viewer | null): string;
}

/** With the tolerance for clocks at both ends, no statement begins anything 60 s after it was signed. */
export const statementLifeS = 50;
/** A statement is given to subgraphs for as long; what is left is for queues and slow clocks. */
const reusedMs = 20_000;

/** The only header there is: compared as text, so that nothing a header could say is ever believed. */
const head = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'JWT' })).toString('base64url');
const statementStart = `Bearer ${head}.`;
const issuer = 'playhead-gateway';
const audience = 'playhead-subgraphs';

/** Claims, times in seconds. Of nobody: only the first five. */
interface Statement {
  iss: string;
  aud: string;
  iat: number;
  exp: number;
  /** Makes every statement another one. */
  jti: string;
  sub?: string;
  profile?: string;
  profiles?: readonly string[];
  /** When the viewer's access token ends, and with it what runs. */
  token_exp?: number;
}

/** Signs with the configured identity key, or the development one. */
export async function openStatementSigner(config: Config, clock: Clock): Promise<StatementSigner> {
  const [key = ''] = await identityKeys(config);
  const held = new WeakMap<object, { authorization: string; signedAtMs: number }>();
  const nobody = {};
  return {
    sign(viewer) {
      const nowMs = clock.nowMs();
      const before = held.get(viewer ?? nobody);
      if (before !== undefined && Math.abs(nowMs - before.signedAtMs) < reusedMs) {
        return before.authorization;
      }
      const authorization = `Bearer ${signed(claimsOf(viewer, nowMs), key)}`;
      held.set(viewer ?? nobody, { authorization, signedAtMs: nowMs });
      return authorization;
    },
  };
}

function claimsOf(viewer: Viewer | null, nowMs: number): Statement {
  const iat = Math.floor(nowMs / 1_000);
  const jti = randomBytes(16).toString('base64url');
  const general = { iss: issuer, aud: audience, iat, exp: iat + statementLifeS, jti };
  if (viewer === null) return general;
  const tokenEndS = Math.floor(viewer.expiresAtMs / 1_000);
  return {
    ...general,
    exp: Math.min(general.exp, tokenEndS),
    sub: viewer.subject,
    profile: viewer.profileId,
    profiles: viewer.accountProfiles,
    token_exp: tokenEndS,
  };
}

/** The statement as text: three parts of base64url, as any JWT library reads it. */
function signed(statement: object, key: string): string {
  const body = `${head}.${Buffer.from(JSON.stringify(statement)).toString('base64url')}`;
  return `${body}.${signatureOf(body, key)}`;
}

function signatureOf(body: string, key: string): string {
  return createHmac('sha256', key).update(body).digest('base64url');
}

/**
 * What a subgraph in a process of its own takes for an identity: statements, and with SUBGRAPH_TOKENS
 * access tokens as well, from clients that reach it past the gateway.
 *
 * Errors of `verify`: PlatformError UNAUTHENTICATED for whoever is no gateway, and once the viewer's token
 * has ended; INTERNAL_SERVER_ERROR for a gateway with another key or clock, which is no viewer's fault.
 */
export async function openSubgraphVerifier(config: Config, clock: Clock): Promise<TokenVerifier> {
  const statements = await openStatementVerifier(config, clock);
  if (config.SUBGRAPH_TOKENS === 'refused') return statements;
  const tokens = await openTokenVerifier(config, clock);
  return {
    verify: (authorization, moment) =>
      (isStatement(authorization) ? statements : tokens).verify(authorization, moment),
  };
}

interface Verified {
  iat: number;
  exp: number;
  viewer: Viewer | null;
}

async function openStatementVerifier(config: Config, clock: Clock): Promise<TokenVerifier> {
  const keys = await identityKeys(config);
  const verified = new BoundedMap<Verified>(verifiedTokensMax);
  return {
    async verify(authorization, moment = 'begin') {
      if (!isStatement(authorization)) {
        throw refused('A subgraph answers what a gateway has signed: docs/identity.md.');
      }
      const known = verified.get(authorization);
      const statement = known ?? read(authorization, keys);
      checkTimes(statement, clock.nowMs(), moment);
      if (known === undefined) verified.set(authorization, statement);
      return statement.viewer;
    },
  };
}

function isStatement(authorization: string | undefined | null): authorization is string {
  return authorization?.startsWith(statementStart) === true;
}

function read(authorization: string, keys: readonly string[]): Verified {
  const text = authorization.slice('Bearer '.length);
  const end = text.lastIndexOf('.');
  const body = text.slice(0, end);
  if (!keys.some((key) => isEqual(text.slice(end + 1), signatureOf(body, key)))) {
    throw distrusted('its signature is of another IDENTITY_KEY');
  }
  const { iss, aud, iat, exp, ...claims } = JSON.parse(
    Buffer.from(body.slice(head.length + 1), 'base64url').toString(),
  ) as Statement;
  if (iss !== issuer || aud !== audience) throw distrusted('it is meant for somebody else');
  if (!Number.isInteger(iat) || !Number.isInteger(exp)) throw distrusted('it has no times');
  return { iat, exp, viewer: claims.profile === undefined ? null : named(claims) };
}

function named({ token_exp: exp, ...claims }: Partial<Statement>): Viewer {
  const profiles = claims.profiles === undefined ? undefined : [...claims.profiles];
  return viewerOf({ ...claims, profiles, ...(exp !== undefined && { exp }) });
}

/** The viewer's own end first: it is what the viewer can do something about. */
function checkTimes({ iat, exp, viewer }: Verified, nowMs: number, moment: Moment): void {
  const toleranceMs = clockToleranceS * 1_000;
  if (viewer !== null && nowMs >= viewer.expiresAtMs + toleranceMs) {
    throw refused('The access token has expired.');
  }
  if (moment === 'goOn') return;
  const endMs = Math.min(exp, iat + statementLifeS) * 1_000;
  if (nowMs >= endMs + toleranceMs) throw distrusted('it is too old, or the clocks differ');
  if (nowMs < iat * 1_000 - toleranceMs) throw distrusted('it is of the future: the clocks differ');
}

function isEqual(text: string, expectedText: string): boolean {
  const [given, expected] = [Buffer.from(text), Buffer.from(expectedText)];
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function refused(message: string): PlatformError {
  return new PlatformError(message, { code: 'UNAUTHENTICATED' });
}

function distrusted(why: string): PlatformError {
  return new PlatformError(`The gateway’s statement does not hold: ${why}.`, {
    code: 'INTERNAL_SERVER_ERROR',
  });
}

/** The first one signs; all of them verify, so that a key can be changed while everything runs. */
export async function identityKeys(config: Config): Promise<readonly string[]> {
  const { IDENTITY_KEY: key, IDENTITY_KEY_PREVIOUS: previous } = config;
  if (key === undefined) return [(await developmentKeys(config)).identity];
  return previous === undefined ? [key] : [key, previous];
}
