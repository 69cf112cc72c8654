import { createHmac, timingSafeEqual } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { defaultPolicy as policy } from '../../domain/policy.ts';
import {
  encodeSessionToken,
  openSessionToken,
  type SessionCheck,
} from '../../domain/session-token.ts';
import { tokens } from '../support/arbitraries.ts';
import { beganAtMs, dayMs, tokenOf } from './samples.ts';

function signerOf(key: string) {
  const sign = (payload: string) => createHmac('sha256', key).update(payload).digest('base64url');
  return {
    sign,
    isValid({ payload, signature }: { payload: string; signature: string }): boolean {
      const given = Buffer.from(signature);
      const expected = Buffer.from(sign(payload));
      return given.length === expected.length && timingSafeEqual(given, expected);
    },
  };
}

const { sign, isValid } = signerOf('key of this installation');

function open(text: string, at: { profileId?: string; nowMs?: number } = {}): SessionCheck {
  const { profileId = 'demo', nowMs = beganAtMs } = at;
  return openSessionToken(text, { isValid, profileId, nowMs, policy });
}

function refusal(reason: RegExp) {
  return { kind: 'invalid', reason: expect.stringMatching(reason) };
}

describe('a session token', () => {
  it('opens to what was signed, whatever the device is called', () => {
    fc.assert(
      fc.property(tokens, (token) => {
        const text = encodeSessionToken(token, sign);
        expect(open(text, { ...token, nowMs: token.issuedAtMs })).toEqual({ kind: 'valid', token });
        expect(text).toMatch(/^[\w-]+\.[\w-]+$/);
      }),
    );
  });

  it.each([
    'Küche',
    'テレビ',
    '📺 von Zoë',
    'שלום',
    'a"b\\c\n\t',
    '\u{10ffff}\u0000',
    '\ud800',
    '',
    null,
  ])('keeps the device name %j', (deviceName) => {
    const token = tokenOf({ deviceName });
    expect(open(encodeSessionToken(token, sign))).toEqual({ kind: 'valid', token });
  });

  it('is the same text for the same session', () => {
    expect(encodeSessionToken(tokenOf(), sign)).toBe(encodeSessionToken({ ...tokenOf() }, sign));
  });

  it('is refused when any single character of it was changed', () => {
    const text = encodeSessionToken(tokenOf({ deviceName: 'Küche 📺' }), sign);
    const others = ['A', 'B', 'w', '0', '-', '_', '.', '=', '+', '/', ' ', 'é', ''];
    const taken = [...text].flatMap((character, index) =>
      others
        .filter((other) => other !== character)
        .map((other) => text.slice(0, index) + other + text.slice(index + 1))
        .filter((changed) => open(changed).kind === 'valid'),
    );
    expect(taken).toEqual([]);
  });

  it('is refused when its last character only differs in bits that base64 ignores', () => {
    const text = encodeSessionToken(tokenOf(), sign);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const valid = [...alphabet].filter((last) => open(text.slice(0, -1) + last).kind === 'valid');
    expect(valid).toEqual([text.at(-1)]);
  });

  it('is refused when another key signed it', () => {
    const forged = encodeSessionToken(tokenOf(), signerOf('another key').sign);
    expect(open(forged)).toEqual(refusal(/signature/));
  });

  it('is refused with the signature of another session', () => {
    const [, signature] = encodeSessionToken(tokenOf({ sessionId: 'other' }), sign).split('.');
    const [payload] = encodeSessionToken(tokenOf(), sign).split('.');
    expect(open(`${payload}.${signature}`)).toEqual(refusal(/signature/));
  });

  it.each([
    ['nothing', '', /not a token/],
    ['a word', 'session', /not a token/],
    ['three parts', 'a.b.c', /not a token/],
    ['dots', '..', /not a token/],
    ['two empty parts', '.', /signature/],
    ['a payload without a signature', `${payloadOf([1])}.`, /signature/],
  ])('is refused when it is %s', (_, text, reason) => {
    expect(open(text)).toEqual(refusal(reason));
  });

  it('is refused, and nothing fails, when it is any other text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (left, right) => {
        expect(open(left).kind).toBe('invalid');
        expect(open(`${left}.${right}`).kind).toBe('invalid');
      }),
    );
  });

  it('is refused for another profile, even one that differs in case', () => {
    const text = encodeSessionToken(tokenOf(), sign);
    for (const profileId of ['guest', 'Demo', 'demo ', '']) {
      expect(open(text, { profileId })).toEqual(refusal(/another profile/));
    }
  });

  it.each([
    { why: 'a millisecond before its 30 days are over', ageMs: 30 * dayMs - 1, kind: 'valid' },
    { why: 'after exactly 30 days', ageMs: 30 * dayMs, kind: 'valid' },
    { why: 'a millisecond later', ageMs: 30 * dayMs + 1, kind: 'invalid' },
    { why: 'on a server whose clock is behind', ageMs: -2_000, kind: 'valid' },
  ])('is $kind $why', ({ ageMs, kind }) => {
    const text = encodeSessionToken(tokenOf(), sign);
    const opened = open(text, { nowMs: beganAtMs + ageMs });
    expect(opened.kind).toBe(kind);
    if (kind === 'invalid') expect(opened).toEqual(refusal(/too long ago/));
  });

  it('ages from when it was issued, not from the anchor of a session begun offline', () => {
    const token = tokenOf({ anchorMs: beganAtMs - 30 * dayMs });
    const opened = open(encodeSessionToken(token, sign), { nowMs: beganAtMs + dayMs });
    expect(opened).toEqual({ kind: 'valid', token });
  });

  it.each([[[2, 'demo']], [['1', 'demo']], [[]], [[null]]])(
    'of another format is refused, though the signature fits: %j',
    (fields) => {
      const payload = payloadOf(fields);
      expect(open(`${payload}.${sign(payload)}`)).toEqual(refusal(/another release/));
    },
  );
});

function payloadOf(fields: unknown[]): string {
  return Buffer.from(JSON.stringify(fields)).toString('base64url');
}
