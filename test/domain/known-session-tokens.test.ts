import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { defaultPolicy as policy } from '../../domain/policy.ts';
import {
  encodeSessionToken,
  openSessionToken,
  type SessionCheck,
  type SessionToken,
} from '../../domain/session-token.ts';
import { versionFloor } from '../../domain/version.ts';
import { tokens } from '../support/arbitraries.ts';
import { beganAtMs, dayMs, tokenOf } from './samples.ts';

const sign = (payload: string) => createHmac('sha256', 'a key').update(payload).digest('base64url');

/** Opens tokens as one process does, and counts the signatures that it checks. */
function opener() {
  const known = new Map<string, SessionToken>();
  const of = { checks: 0, known };
  const isValid = ({ payload, signature }: { payload: string; signature: string }) => {
    of.checks += 1;
    return signature === sign(payload);
  };
  const open = (text: string, at: Partial<Parameters<typeof openSessionToken>[1]> = {}) =>
    openSessionToken(text, {
      ...{ isValid, known, profileId: 'demo', nowMs: beganAtMs, policy },
      ...at,
    });
  return { of, open };
}

describe('a session token that was valid before', () => {
  it('is read once, and opens each time to what was signed in it, and in no other', () => {
    fc.assert(
      fc.property(fc.uniqueArray(tokens, { selector: (token) => textOf(token) }), (sessions) => {
        const { of, open } = opener();
        for (const token of [...sessions, ...sessions.toReversed(), ...sessions]) {
          const at = { profileId: token.profileId, nowMs: token.issuedAtMs };
          expect(open(textOf(token), at)).toEqual({ kind: 'valid', token });
        }
        expect(of.checks).toBe(sessions.length);
      }),
    );
  });

  it('makes no text valid that differs from it', () => {
    const { of, open } = opener();
    const text = textOf(tokenOf());
    open(text);
    const others = [...text].map((_, index) => `${text.slice(0, index)}~${text.slice(index + 1)}`);
    for (const other of [...others, `${text} `, `${text}.`, text.toUpperCase()]) {
      expect(open(other).kind).toBe('invalid');
    }
    expect([...of.known.keys()]).toEqual([text]);
  });

  it('is judged anew by whose it is, how old it is and what was erased', () => {
    const { of, open } = opener();
    const text = textOf(tokenOf());
    expect(open(text).kind).toBe('valid');
    expect(open(text, { profileId: 'guest' })).toEqual(refusal(/another profile/));
    expect(open(text, { nowMs: beganAtMs + 30 * dayMs + 1 })).toEqual(refusal(/too long ago/));
    expect(open(text, { fence: versionFloor(beganAtMs + dayMs) })).toEqual(refusal(/erased/));
    expect(open(text).kind).toBe('valid');
    expect(of.checks).toBe(1);
  });

  it('is changed by nobody who was given it', () => {
    const { open } = opener();
    const text = textOf(tokenOf());
    for (const _ of ['read', 'known']) {
      const opened = open(text) as SessionCheck & { kind: 'valid' };
      expect(() => Object.assign(opened.token, { title: 'another' })).toThrow(TypeError);
    }
    expect(open(text)).toMatchObject({ token: { title: 'sintel' } });
  });
});

describe('a session token that was refused', () => {
  it('is not kept', () => {
    const { of, open } = opener();
    open(textOf(tokenOf()), { profileId: 'guest' });
    open(textOf(tokenOf()), { nowMs: beganAtMs + 31 * dayMs });
    open(`${textOf(tokenOf())}x`);
    expect(of.known.size).toBe(0);
  });
});

function textOf(token: SessionToken): string {
  return encodeSessionToken(token, sign);
}

function refusal(reason: RegExp) {
  return { kind: 'invalid', reason: expect.stringMatching(reason) };
}
