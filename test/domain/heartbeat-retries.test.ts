import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { activityAtMs, admitHeartbeats } from '../../domain/heartbeat.ts';
import { mergeTitle } from '../../domain/merge.ts';
import type { TitleState } from '../../domain/playhead.ts';
import { defaultPolicy as policy } from '../../domain/policy.ts';
import { anchorOf } from '../../domain/session-token.ts';
import { activityTimeMs, sessionWriter, writerOf } from '../../domain/version.ts';
import { batchesOf, heartbeats, statesOf, tokens, versions } from '../support/arbitraries.ts';
import {
  admit,
  admitOne,
  beganAtMs,
  dayMs,
  heartbeatOf,
  hourMs,
  minuteMs,
  secondMs,
  tokenOf,
} from './samples.ts';

/** Sessions as beginSession makes them, of players that know nothing of the title's length. */
const begunTokens = fc
  .record({
    token: tokens,
    receivedAtMs: fc.integer({ min: beganAtMs, max: beganAtMs + 365 * dayMs }),
    elapsedMs: fc.double({ min: 0, max: 30 * dayMs, noNaN: true }),
    startedFrom: fc.option(versions),
  })
  .map(({ token, ...begun }) => ({
    ...token,
    durationMs: null,
    anchorMs: anchorOf(begun, policy),
  }));
/** Delays of every size: of skewed clocks, of a retry, of an outbox; too early, too long. */
const delaysMs = fc.oneof(
  fc.integer({ min: -hourMs, max: hourMs }),
  fc.integer({ min: -6_002, max: -5_998 }),
  fc.integer({ min: 0, max: 40 * dayMs }),
  fc.integer({ min: 30 * dayMs - 2, max: 30 * dayMs + 2 }),
);
/** Sessions of players that know nothing of the title, so that any position is within it. */
const openTokens = tokens.map((token) => ({ ...token, durationMs: null }));

describe('a retry', () => {
  it('keeps its version and its value, whatever its delay, or is refused (CLK-3)', () => {
    fc.assert(
      fc.property(begunTokens, heartbeats, delaysMs, (token, heartbeat, delayMs) => {
        const first = admitOne(heartbeat, { token });
        const receivedAtMs = first.activityAtMs + delayMs;
        const { admitted, problems } = admit([heartbeat], { token, receivedAtMs });
        const refusals = refusalsAfter(delayMs);
        expect(problems.map(({ code }) => code)).toEqual(refusals);
        expect(admitted).toEqual(refusals.length === 0 ? [first] : []);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is the same write, sent alone or with others', () => {
    fc.assert(
      fc.property(openTokens, batchesOf({ min: 1, max: 20 }), (token, batch) => {
        const receivedAtMs = token.anchorMs + (batch.at(-1)?.elapsedMs ?? 0);
        const together = admit(batch, { token, receivedAtMs });
        const alone = batch.map((heartbeat) => admitOne(heartbeat, { token, receivedAtMs }));
        expect(together.admitted).toEqual(alone);
        expect(together.problems).toEqual([]);
      }),
    );
  });

  it.each([
    ['at once', 0],
    ['after twenty seconds', 20 * secondMs],
    ['after a day offline', dayMs],
    ['after thirty days', 30 * dayMs],
  ])('never becomes newer than what came after it: %s', (_, delayMs) => {
    const earlier = heartbeatOf({ sequence: 1, elapsedMs: 5_000, positionMs: 5_000 });
    const later = heartbeatOf({ sequence: 2, elapsedMs: 5_001, positionMs: 90_000 });
    const inForce = admitOne(later).playhead;
    const retried = admitOne(earlier, { receivedAtMs: beganAtMs + 5_000 + delayMs }).playhead;
    const merged = mergeTitle(
      { playhead: inForce, visibility: null },
      { playhead: retried, visibility: null },
    );
    expect(merged.playhead).toBe(inForce);
  });
});

describe('a value', () => {
  it('depends on its request alone: session, heartbeat, policy', () => {
    fc.assert(
      fc.property(openTokens, heartbeats, (token, heartbeat) => {
        const admitted = admitOne(heartbeat, { token });
        const twin = structuredClone({ token, heartbeat });
        expect(admitOne(twin.heartbeat, { token: twin.token })).toEqual(admitted);
        const { version, playhead, visibility } = admitted;
        expect(admitted.activityAtMs).toBe(token.anchorMs + Math.floor(heartbeat.elapsedMs));
        expect(admitted.activityAtMs).toBe(activityAtMs(token, heartbeat));
        expect(activityTimeMs(version)).toBe(admitted.activityAtMs);
        expect(writerOf(version)).toBe(sessionWriter(token));
        expect([version, playhead?.version ?? version]).toEqual([
          version,
          visibility?.version ?? version,
        ]);
      }),
    );
  });

  it('does not depend on what else the session says of its player', () => {
    const names = { deviceName: 'Bedroom', deviceKind: 'PHONE', isStale: true, issuedAtMs: 0 };
    const heartbeat = heartbeatOf({ event: 'PLAY' });
    const renamed = { ...tokenOf(), ...names, profileId: 'other', startedFrom: '0'.repeat(24) };
    expect(admitOne(heartbeat, { token: renamed })).toEqual(admitOne(heartbeat));
  });

  it('says where, how long, which device and which session', () => {
    const { playhead, version } = admitOne(heartbeatOf({ positionMs: 61_000 }));
    expect(playhead).toEqual({
      version,
      status: 'IN_PROGRESS',
      positionMs: 61_000,
      durationMs: 2 * hourMs,
      deviceHash: expect.stringMatching(/^[0-9a-z]{1,7}$/),
      laterFields: '',
    });
  });

  it.each([
    { from: 'the heartbeat first', told: 90 * minuteMs, known: 2 * hourMs, taken: 90 * minuteMs },
    { from: 'the session', told: null, known: 2 * hourMs, taken: 2 * hourMs },
    { from: 'nobody', told: null, known: null, taken: null },
  ])('takes the duration from $from', ({ told, known, taken }) => {
    const token = tokenOf({ durationMs: known });
    const { playhead } = admitOne(heartbeatOf({ durationMs: told }), { token });
    expect(playhead?.durationMs).toBe(taken);
  });

  it('is finished at the credits that the session knows, and by a FINISH wherever it is', () => {
    const token = tokenOf({ creditsStartMs: 100 * minuteMs });
    const statusAt = (positionMs: number, event: 'HEARTBEAT' | 'FINISH') =>
      admitOne(heartbeatOf({ positionMs, event }), { token }).playhead?.status;
    expect(statusAt(100 * minuteMs - 1, 'HEARTBEAT')).toBe('IN_PROGRESS');
    expect(statusAt(100 * minuteMs, 'HEARTBEAT')).toBe('FINISHED');
    expect(statusAt(0, 'FINISH')).toBe('FINISHED');
  });

  it('is never finished while the duration is unknown', () => {
    const token = tokenOf({ durationMs: null });
    const { playhead } = admitOne(heartbeatOf({ positionMs: 2 ** 31 - 1 }), { token });
    expect(playhead?.status).toBe('IN_PROGRESS');
  });

  it('takes its limits from the policy it is handed', () => {
    const token = tokenOf();
    const batch = [heartbeatOf({ sequence: 1, elapsedMs: 1 }), heartbeatOf({ sequence: 2 })];
    const strict = { ...policy, heartbeatsMax: 1 };
    const at = { token, receivedAtMs: beganAtMs + hourMs, policy: strict };
    expect(admitHeartbeats(batch, at).problems).toMatchObject([{ code: 'TOO_MANY_HEARTBEATS' }]);
  });
});

describe('a PING', () => {
  it('writes nothing', () => {
    const { playhead, visibility } = admitOne(heartbeatOf({ event: 'PING' }));
    expect({ playhead, visibility }).toEqual({ playhead: null, visibility: null });
  });

  it('never wins: no state is another for the PINGs of a request', () => {
    fc.assert(
      fc.property(
        statesOf(versions),
        openTokens,
        batchesOf({ min: 1, max: 10 }),
        (state, token, batch) => {
          const others = batch.filter(({ event }) => event !== 'PING');
          expect(stateAfter(state, batch, token)).toEqual(stateAfter(state, others, token));
        },
      ),
    );
  });

  it('of a television left on pause leaves the title to the phone in the hand', () => {
    const phone = tokenOf({ deviceId: 'phone', sessionId: 'bed', anchorMs: beganAtMs + hourMs });
    const played = admitOne(heartbeatOf(), { token: phone });
    const ping = heartbeatOf({ event: 'PING', elapsedMs: 5 * hourMs, positionMs: 0 });
    const state = { playhead: played.playhead, visibility: null };
    expect(stateAfter(state, [ping], tokenOf())).toEqual(state);
  });
});

function refusalsAfter(delayMs: number): string[] {
  if (delayMs < -6 * secondMs) return ['SESSION_INVALID'];
  return delayMs > 30 * dayMs ? ['HEARTBEAT_TOO_OLD'] : [];
}

function stateAfter(
  state: TitleState,
  batch: Parameters<typeof admit>[0],
  token: ReturnType<typeof tokenOf>,
): TitleState {
  return admit(batch, { token }).admitted.reduce<TitleState>(mergeTitle, state);
}
