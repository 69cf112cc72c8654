import { isRevoked } from './erasure.ts';
import type { Policy } from './policy.ts';
import { activityTimeMs, type Version } from './version.ts';

/**
 * What `beginSession` settles once for a playback, and every heartbeat carries, signed: needs no store
 * to verify, so it works in every region and while stores are down.
 */
export interface SessionToken {
  profileId: string;
  title: string;
  deviceId: string;
  deviceKind: string;
  deviceName: string | null;
  sessionId: string;
  /** Server time at which the session clock read zero, ms since the Unix epoch. */
  anchorMs: number;
  issuedAtMs: number;
  /** Version of the playhead the player started from; null when it started from none. */
  startedFrom: Version | null;
  /** That playhead was not the one in force. */
  isStale: boolean;
  durationMs: number | null;
  creditsStartMs: number | null;
}

/** Raised when the meaning of a field changes; tokens of other formats are refused. */
const tokenFormat = 1;

/** A begin, and what its player knew of the playhead. */
export interface BegunAt {
  receivedAtMs: number;
  /** The session clock when it was sent, ms. */
  elapsedMs: number;
  /** The playhead that the player started from, or the one in force at receipt. */
  startedFrom: Version | null;
  /** The session clock when the player knew of it, ms. @default 0 — it started from it. */
  knownAtElapsedMs?: number;
}

/**
 * The anchor of a session: server time at which its clock read zero.
 *
 * Shape: receipt less elapsed time, lifted until what the session does, once it knew of the playhead, is
 * later than that: what was seen happened before. The lift covers the skew between servers, and how
 * late the anchor of what was seen may be, and no more.
 */
export function anchorOf(begun: BegunAt, policy: Policy): number {
  const anchorMs = begun.receivedAtMs - Math.floor(begun.elapsedMs);
  if (begun.startedFrom === null) return anchorMs;
  const knownAtMs = Math.floor(begun.knownAtElapsedMs ?? 0);
  const afterSeenMs = activityTimeMs(begun.startedFrom) + 1 - knownAtMs;
  return afterSeenMs - anchorMs <= policy.anchorLiftMaxMs
    ? Math.max(anchorMs, afterSeenMs)
    : anchorMs;
}

/** The opaque text that clients send back: base64url of the fields, a dot, the signature. */
export function encodeSessionToken(token: SessionToken, sign: (payload: string) => string): string {
  const fields = [
    tokenFormat,
    token.profileId,
    token.title,
    token.deviceId,
    token.deviceKind,
    token.deviceName,
    token.sessionId,
    token.anchorMs,
    token.issuedAtMs,
    token.startedFrom,
    token.isStale,
    token.durationMs,
    token.creditsStartMs,
  ];
  const payload = toBase64Url(JSON.stringify(fields));
  return `${payload}.${sign(payload)}`;
}

/** Tokens that were valid before, by their whole text: whoever holds them forgets some. */
export interface KnownTokens {
  get(text: string): SessionToken | undefined;
  set(text: string, token: SessionToken): void;
}

export type SessionCheck =
  | { kind: 'valid'; token: SessionToken }
  | { kind: 'invalid'; reason: string };

/**
 * Opens a session token.
 *
 * Errors: none; what is forged, tampered with, of another profile or too old is `invalid`, with the
 * reason for developers.
 */
export function openSessionToken(
  text: string,
  check: {
    isValid: (signed: { payload: string; signature: string }) => boolean;
    profileId: string;
    nowMs: number;
    policy: Policy;
    /** Of the profile's erasure: what began before is revoked. Default: it was never erased. */
    fence?: Version | null;
    /** Of the same signer. Default: every token is read anew. */
    known?: KnownTokens | undefined;
  },
): SessionCheck {
  const known = check.known?.get(text);
  const read = known === undefined ? readToken(text, check.isValid) : valid(known);
  if (read.kind === 'invalid') return read;
  const { token } = read;
  if (token.profileId !== check.profileId) {
    return { kind: 'invalid', reason: 'The session belongs to another profile.' };
  }
  if (token.issuedAtMs + check.policy.heartbeatAgeMaxMs < check.nowMs) {
    return { kind: 'invalid', reason: 'The session began too long ago: begin a new one.' };
  }
  if (check.fence != null && isRevoked(token, check.fence)) {
    return { kind: 'invalid', reason: 'The profile was erased since: begin a new session.' };
  }
  if (known === undefined) check.known?.set(text, token);
  return read;
}

/** What the text alone says, for whoever asks and whenever. */
function readToken(
  text: string,
  isValid: (signed: { payload: string; signature: string }) => boolean,
): SessionCheck {
  const [payload, signature, ...rest] = text.split('.');
  if (payload === undefined || signature === undefined || rest.length > 0) {
    return { kind: 'invalid', reason: 'This is not a token of beginSession.' };
  }
  if (!isValid({ payload, signature })) {
    return { kind: 'invalid', reason: 'The signature does not fit: begin a new session.' };
  }
  const token = tokenOf(JSON.parse(fromBase64Url(payload)) as unknown[]);
  if (token === undefined) {
    return { kind: 'invalid', reason: 'The token is of another release: begin a new session.' };
  }
  return valid(token);
}

function valid(token: SessionToken): SessionCheck {
  return { kind: 'valid', token };
}

function tokenOf(fields: unknown[]): SessionToken | undefined {
  const [format, profileId, title, deviceId, deviceKind, deviceName, sessionId, ...times] = fields;
  if (format !== tokenFormat) return undefined;
  const [anchorMs, issuedAtMs, startedFrom, isStale, durationMs, creditsStartMs] = times;
  // What is signed was written by encodeSessionToken: its shape is known. All requests of a session share it.
  return Object.freeze({
    profileId,
    title,
    deviceId,
    deviceKind,
    deviceName,
    sessionId,
    anchorMs,
    issuedAtMs,
    startedFrom,
    isStale,
    durationMs,
    creditsStartMs,
  }) as SessionToken;
}

function toBase64Url(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function fromBase64Url(text: string): string {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  // Names of devices may hold anything; most hold ASCII, which is its own UTF-8.
  if (isAscii.test(binary)) return binary;
  return new TextDecoder().decode(Uint8Array.from(binary, (char) => char.charCodeAt(0)));
}

const isAscii = /^[\x20-\x7e]*$/;
