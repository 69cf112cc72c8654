import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PlaybackEvent } from '../../domain/heartbeat.ts';
import { isOvertaken, takeOverOf } from '../../domain/overtaken.ts';
import { defaultPolicy as policy } from '../../domain/policy.ts';
import { advancePresence, type Presence, type PresenceReport } from '../../domain/presence.ts';
import { sessionVersion, type Version } from '../../domain/version.ts';
import { events } from '../support/arbitraries.ts';
import '../support/seeds.ts';

const sessionIds = ['on-tv', 'on-phone', 'on-tab'] as const;

/** Something that a session reports; an act of its viewer, or not. */
const step = fc.record({
  sessionId: fc.constantFrom(...sessionIds),
  event: events,
  isAct: fc.boolean(),
});
const evenings = fc.array(step, { minLength: 1, maxLength: 30 });

function versionOf(sessionId: string, atMs: number): Version {
  return sessionVersion({ activityAtMs: atMs, deviceId: sessionId, sessionId });
}

function registerOf(version: Version) {
  const nothing = { durationMs: null, deviceHash: null, laterFields: '' };
  return { version, status: 'IN_PROGRESS' as const, positionMs: 0, ...nothing };
}

/** What sessions report one after the other, a second apart, judged and folded as a store does. */
class Evening {
  readonly sessions = new Map<string, Presence>();
  version: Version | null = null;
  #nowMs = 1_700_000_000_000;

  /** Whether it was held. */
  report(of: { sessionId: string; event: PlaybackEvent; isAct: boolean }): boolean {
    this.#nowMs += 1_000;
    const { sessionId, event, isAct } = of;
    const offered = event === 'PING' ? null : versionOf(sessionId, this.#nowMs);
    const report: PresenceReport = {
      ...{ sessionId, event, title: 'sintel', device: { id: sessionId, kind: 'TV', name: null } },
      ...{ positionMs: 0, startedAtMs: 0, receivedAtMs: this.#nowMs, sequence: this.#nowMs },
      actedAt: isAct ? versionOf(sessionId, this.#nowMs) : null,
    };
    const isHeld = isOvertaken(report, this.#met(offered), policy);
    const known = this.sessions.get(sessionId) ?? null;
    this.sessions.set(sessionId, advancePresence(known, report, policy));
    if (!isHeld && offered !== null) this.version = offered;
    return isHeld;
  }

  takeOver(of: { from: string; by: string }): void {
    this.#nowMs += 1_000;
    const from = this.sessions.get(of.from);
    if (from === undefined) return;
    const at = versionOf(of.by, this.#nowMs);
    const device = { id: of.by, kind: 'TV', name: null };
    this.sessions.set(of.from, { ...from, takenOver: { sessionId: of.by, device, at } });
  }

  #met(offered: Version | null) {
    const playhead = this.version === null ? null : registerOf(this.version);
    return { playhead, offered, sessions: [...this.sessions.values()], nowMs: this.#nowMs };
  }
}

describe('what moves a playhead', () => {
  it('is whoever plays, by whatever it reports, once its viewer acted', () => {
    const playing = fc.constantFrom<PlaybackEvent>('START', 'PLAY', 'SEEK', 'HEARTBEAT', 'BUFFER');
    fc.assert(
      fc.property(evenings, fc.constantFrom(...sessionIds), playing, (steps, sessionId, event) => {
        const evening = new Evening();
        for (const each of steps) evening.report(each);
        expect(evening.report({ sessionId, event, isAct: true })).toBe(false);
        for (const end of ['HEARTBEAT', 'STOP'] as const) {
          evening.report({ sessionId: 'on-another', event: 'START', isAct: true });
          expect(evening.report({ sessionId, event: end, isAct: false })).toBe(false);
        }
      }),
    );
  });

  it('is no end of what did not play, after another viewer acted', () => {
    const ends = fc.constantFrom<PlaybackEvent>('PAUSE', 'STOP', 'FINISH', 'PING');
    fc.assert(
      fc.property(evenings, ends, fc.array(ends), (steps, first, others) => {
        const evening = new Evening();
        for (const each of steps) evening.report(each);
        evening.report({ sessionId: 'on-tv', event: 'PLAY', isAct: true });
        evening.report({ sessionId: 'on-tv', event: first, isAct: false });
        evening.report({ sessionId: 'on-phone', event: 'START', isAct: true });
        for (const event of others) {
          expect(evening.report({ sessionId: 'on-tv', event, isAct: false })).toBe(true);
        }
      }),
    );
  });

  it('is an end after its own viewer acted last, though another session moved it since', () => {
    const evening = new Evening();
    evening.report({ sessionId: 'on-phone', event: 'START', isAct: true });
    evening.report({ sessionId: 'on-tv', event: 'PAUSE', isAct: true });
    evening.report({ sessionId: 'on-phone', event: 'HEARTBEAT', isAct: false });
    expect(evening.report({ sessionId: 'on-tv', event: 'STOP', isAct: false })).toBe(false);
  });

  it('a session that never acted is held as soon as another session is in force', () => {
    fc.assert(
      fc.property(events, (event) => {
        const evening = new Evening();
        evening.report({ sessionId: 'on-phone', event: 'START', isAct: true });
        expect(evening.report({ sessionId: 'on-tv', event, isAct: false })).toBe(true);
      }),
    );
  });

  it('a session that was taken over is held until its viewer acts, whatever its player does', () => {
    const byItself = fc.array(events, { maxLength: 10 });
    fc.assert(
      fc.property(byItself, byItself, (before, after) => {
        const evening = new Evening();
        evening.report({ sessionId: 'on-tv', event: 'START', isAct: true });
        for (const event of before) evening.report({ sessionId: 'on-tv', event, isAct: false });
        evening.takeOver({ from: 'on-tv', by: 'on-phone' });
        for (const event of after) {
          expect(evening.report({ sessionId: 'on-tv', event, isAct: false })).toBe(true);
        }
        expect(takeOverOf(evening.sessions.get('on-tv')!)).toMatchObject({ sessionId: 'on-phone' });
        expect(evening.report({ sessionId: 'on-tv', event: 'PLAY', isAct: true })).toBe(false);
        expect(takeOverOf(evening.sessions.get('on-tv')!)).toBeNull();
        for (const event of after) {
          expect(evening.report({ sessionId: 'on-tv', event, isAct: false })).toBe(false);
        }
      }),
    );
  });

  it('what is late is left to the versions: it moves nothing anyway', () => {
    const evening = new Evening();
    evening.report({ sessionId: 'on-phone', event: 'START', isAct: true });
    const playhead = registerOf(evening.version!);
    const device = { id: 'on-tv', kind: 'TV', name: null };
    const report: PresenceReport = {
      ...{ sessionId: 'on-tv', event: 'STOP', title: 'sintel', device, positionMs: 0 },
      ...{ startedAtMs: 0, receivedAtMs: 0, sequence: 0, actedAt: null },
    };
    const met = { playhead, sessions: [...evening.sessions.values()], nowMs: 0 };
    const offered = versionOf('on-tv', 1_600_000_000_000);
    expect(isOvertaken(report, { ...met, offered }, policy)).toBe(false);
    expect(isOvertaken(report, { ...met, offered: null }, policy)).toBe(true);
  });
});
