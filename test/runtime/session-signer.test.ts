import { describe, expect, it } from '@jest/globals';
import { readConfig } from '../../runtime/config.ts';
import { openSessionSigner } from '../../runtime/identity.ts';
import { tokenOf } from '../domain/samples.ts';

const signer = await openSessionSigner(readConfig({ SESSION_KEY: 'k'.repeat(64) }));

describe('the signer of sessions', () => {
  it('knows its own signatures alone', () => {
    const signature = signer.sign('payload');
    expect(signer.isValid({ payload: 'payload', signature })).toBe(true);
    expect(signer.isValid({ payload: 'payloads', signature })).toBe(false);
    expect(signer.isValid({ payload: 'payload', signature: `${signature}A` })).toBe(false);
  });

  it('keeps the tokens of 80,000 sessions, and forgets the oldest for one more', () => {
    const sessions = Array.from({ length: 80_000 }, (_, index) => `session-${index}`);
    const keep = (sessionId: string) => signer.known?.set(sessionId, tokenOf({ sessionId }));
    const known = () => sessions.filter((sessionId) => signer.known?.get(sessionId) !== undefined);
    for (const sessionId of sessions) keep(sessionId);
    expect(known()).toHaveLength(80_000);
    keep('session-80000');
    expect(known().length).toBeLessThan(80_000);
    expect(signer.known?.get('session-0')).toBeUndefined();
    expect(signer.known?.get('session-80000')).toMatchObject({ sessionId: 'session-80000' });
  });
});
