import { describe, expect, it } from '@jest/globals';
import { packPlayhead } from '../../domain/codec.ts';
import type { PlayheadRegister, TitleState } from '../../domain/playhead.ts';
import { toldToOther } from '../../domain/reassign.ts';
import type { PackedRegisters, Transition } from '../../domain/transition.ts';
import { deviceHash, handVersion, sessionVersion, versionZero } from '../../domain/version.ts';
import { packRegisters, sessionsIn } from '../../domain/watch-log.ts';
import { noonMs } from '../support/manual-clock.ts';
import { transition } from '../support/transitions.ts';

const title = 'film';
const sessionId = 'evening';
const nothing: TitleState = { playhead: null, visibility: null };
const device = { id: 'tv', kind: 'TV', name: null };

const versionAt = (second: number) =>
  sessionVersion({ activityAtMs: noonMs + second * 1_000, deviceId: device.id, sessionId });

/** What the session did so many seconds after noon; its position tells when. */
function did(second: number, kind: Transition['kind'], more: Partial<Transition> = {}): Transition {
  const version = versionAt(second);
  const at = { occurredAtMs: noonMs + second * 1_000, positionMs: second, version };
  return transition({ kind, title, sessionId, device, ...at, ...more });
}

function registerAt(second: number): PlayheadRegister {
  return {
    ...{ version: versionAt(second), status: 'IN_PROGRESS', positionMs: second, durationMs: null },
    ...{ deviceHash: deviceHash(device.id), laterFields: '' },
  };
}

/** Taken back then, perhaps to be another profile's. */
function undone(second: number, reassignedTo?: string): Transition {
  const occurredAtMs = noonMs + second * 1_000;
  const version = handVersion({ nowMs: occurredAtMs, inForce: versionZero, nonce: 'undo' });
  const acts = { playedVersion: versionZero, finishedVersion: versionZero, device: null };
  const mark = { sessionId, writer: versionAt(0).slice(13), ...acts };
  return {
    ...transition({ kind: 'UNDO', title, occurredAtMs, version, device: null, sessionId: null }),
    registers: { playhead: null, visibility: null },
    undone: reassignedTo === undefined ? mark : { ...mark, reassignedTo },
  };
}

/** What the other profile is told, as kind, position, and whether it is history. */
function told(log: readonly Transition[], { inForce = nothing, to = 'kids' } = {}) {
  const watched = sessionsIn(log)[0]?.titles[0];
  if (watched === undefined) throw new Error('Nothing was watched.');
  const all = toldToOther(watched, { log, inForce, sessionId, to });
  expect(new Set(all.map(({ profileId }) => profileId))).toEqual(new Set(all.length ? [to] : []));
  expect(all.every(({ registers }) => registers === undefined)).toBe(true);
  return all.map(({ kind, positionMs, isHistory }) => [kind, positionMs, isHistory ?? false]);
}

describe('what another profile is told of a session', () => {
  it('is what it did, in order, and nothing of anybody else', () => {
    const other = did(2, 'PAUSE', { sessionId: 'other' });
    const elsewhere = did(2, 'PAUSE', { title: 'sequel' });
    const log = [did(3, 'STOP'), other, elsewhere, did(1, 'START')];
    expect(told(log)).toEqual([
      ['START', 1, false],
      ['STOP', 3, false],
    ]);
  });

  it('is told as it was played where it was too late to win here', () => {
    const late = (second: number, packed: Partial<PackedRegisters>) =>
      did(second, 'LATE', { registers: { playhead: null, visibility: null, ...packed } });
    const visibility = { version: versionAt(1), hidden: false, laterFields: '' };
    const lift = packRegisters({ playhead: registerAt(1), visibility });
    expect(
      told([late(1, lift), late(2, packRegisters({ ...nothing, playhead: registerAt(2) }))]),
    ).toEqual([
      ['PLAY', 1, false],
      ['PROGRESS', 2, false],
    ]);
  });

  it('ends where the session was, whoever knows that', () => {
    const log = [did(1, 'START'), did(15, 'PROGRESS')];
    const inForce = { playhead: registerAt(20), visibility: null };
    expect(told(log, { inForce }).at(-1)).toEqual(['PROGRESS', 20, false]);
    const playhead = packPlayhead(registerAt(25));
    const by = { sessionId: 'other', registers: { playhead, visibility: null } };
    expect(told([...log, did(30, 'REPLACED', by)]).at(-1)).toEqual(['PROGRESS', 25, false]);
    expect(told(log, { inForce: { ...nothing, playhead: registerAt(15) } })).toHaveLength(2);
  });

  it('stays history where it moved nothing', () => {
    const log = [did(1, 'START'), did(9, 'STOP', { isHistory: true })];
    const inForce = { playhead: registerAt(5), visibility: null };
    expect(told(log, { inForce })).toEqual([
      ['START', 1, false],
      ['STOP', 9, true],
      ['PROGRESS', 5, false],
    ]);
  });

  it('is nothing that was undone, or went to a third profile; and the same again for the same one', () => {
    const inForce = { playhead: registerAt(1), visibility: null };
    for (const [mark, to, count] of [
      [undone(2), 'kids', 1],
      [undone(2, 'teens'), 'kids', 1],
      [undone(2, 'kids'), 'kids', 2],
    ] as const) {
      expect(told([did(1, 'START'), mark, did(3, 'PLAY')], { to, inForce })).toHaveLength(count);
    }
    expect(told([did(1, 'START'), undone(2)], { inForce })).toEqual([]);
  });

  it('ends with what is known where none of its own acts is left', () => {
    const history = did(9, 'STOP', { isHistory: true });
    const inForce = { playhead: registerAt(5), visibility: null };
    expect(told([history], { inForce })).toEqual([['STOP', 9, true]]);
  });
});
