import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Transition, TransitionKind } from '../../domain/transition.ts';
import { handVersion, sessionVersion, versionFloor, versionZero } from '../../domain/version.ts';
import { foldTransition, newestVersion, type Viewing, viewingAbove } from '../../domain/viewing.ts';
import {
  collidingVersions,
  denseTimesMs,
  positionsMs,
  versionsAt,
} from '../support/arbitraries.ts';
import { beganAtMs, hourMs } from './samples.ts';

const byHand: TransitionKind[] = ['RESTART', 'HIDE', 'UNHIDE', 'FORGET'];
const byPlaying: TransitionKind[] = [
  'START',
  'PLAY',
  'PROGRESS',
  'PAUSE',
  'SEEK',
  'STOP',
  'FINISH',
];

/** A transition of one title, so long after the evening began: played on a TV, or made by hand. */
function transitionOf(
  kind: TransitionKind,
  afterMs: number,
  overrides: Partial<Transition> = {},
): Transition {
  const occurredAtMs = beganAtMs + afterMs;
  const isByHand = byHand.includes(kind);
  const writer = { deviceId: 'tv', sessionId: 'evening' };
  return {
    kind,
    profileId: 'demo',
    title: 'sintel',
    version: isByHand
      ? handVersion({ nowMs: occurredAtMs, inForce: versionZero, nonce: kind })
      : sessionVersion({ activityAtMs: occurredAtMs, ...writer }),
    occurredAtMs,
    status: kind === 'FINISH' ? 'FINISHED' : 'IN_PROGRESS',
    positionMs: afterMs,
    durationMs: hourMs,
    device: isByHand ? null : { id: 'tv', kind: 'TV', name: 'Living room' },
    sessionId: isByHand ? null : 'evening',
    ...overrides,
  };
}

function fold(history: readonly Transition[], from: Viewing | null = null): Viewing | null {
  return history.reduce<Viewing | null>(foldTransition, from);
}

function historiesOf(versions: fc.Arbitrary<string>): fc.Arbitrary<Transition[]> {
  return fc.array(
    fc
      .record({
        kind: fc.constantFrom(...byHand, ...byPlaying),
        version: versions,
        positionMs: positionsMs,
        status: fc.constantFrom('IN_PROGRESS' as const, 'FINISHED'),
      })
      .map(({ kind, ...written }) => transitionOf(kind, 0, written)),
    { minLength: 1, maxLength: 10 },
  );
}

describe.each([
  ['of the same few milliseconds', versionsAt(denseTimesMs)],
  ['that collide', collidingVersions],
])('a viewing folded from transitions with versions %s', (_, versions) => {
  const histories = historiesOf(versions);

  it('is the same whatever their order, and however often each came', () => {
    const deliveries = histories.chain((history) =>
      fc.tuple(
        fc.constant(history),
        fc.shuffledSubarray(history, { minLength: history.length }),
        fc.subarray(history),
      ),
    );
    fc.assert(
      fc.property(deliveries, ([history, shuffled, again]) => {
        expect(fold([...shuffled, ...again])).toEqual(fold(history));
        expect(fold([...again, ...shuffled])).toEqual(fold(history));
      }),
    );
  });

  it('is, above a floor, what the transitions above the floor fold to', () => {
    fc.assert(
      fc.property(histories, versions, (history, floor) => {
        const newer = history.filter(({ version }) => version > floor);
        expect(viewingAbove(fold(history)!, floor)).toEqual(fold(newer));
      }),
    );
  });
});

describe('a viewing', () => {
  it('begins with nothing but what the first transition tells', () => {
    const start = transitionOf('START', 1);
    expect(fold([start])).toEqual({
      title: 'sintel',
      position: {
        version: start.version,
        kind: 'START',
        status: 'IN_PROGRESS',
        positionMs: 1,
        durationMs: hourMs,
        device: { kind: 'TV', name: 'Living room' },
      },
      visibility: null,
      playedVersion: start.version,
      finishedVersion: versionZero,
      forgottenVersion: versionZero,
    });
  });

  it('speaks of the newest position, whatever came last', () => {
    const pause = transitionOf('PAUSE', 200);
    const viewing = fold([pause, transitionOf('PROGRESS', 100)]);
    expect(viewing?.position).toMatchObject({ version: pause.version, positionMs: 200 });
    expect(newestVersion(viewing!)).toBe(pause.version);
  });

  it.each(byPlaying)('knows when it was played deliberately: %s', (kind) => {
    const viewing = fold([transitionOf('START', 1), transitionOf(kind, 2)]);
    const isPlayed = kind === 'START' || kind === 'PLAY';
    expect(viewing?.playedVersion).toBe(
      transitionOf(isPlayed ? kind : 'START', isPlayed ? 2 : 1).version,
    );
  });

  it('keeps when it was last watched to its end while it is watched again', () => {
    const finish = transitionOf('FINISH', 1);
    const viewing = fold([finish, transitionOf('START', 2), transitionOf('PROGRESS', 3)]);
    expect(viewing).toMatchObject({
      finishedVersion: finish.version,
      position: { status: 'IN_PROGRESS' },
    });
  });

  it('takes a heartbeat past the credits for watched, and a mark by hand for no watching', () => {
    const credits = transitionOf('PROGRESS', 1, { status: 'FINISHED' });
    expect(fold([credits])?.finishedVersion).toBe(credits.version);
    const marked = transitionOf('FINISH', 1, { device: null });
    expect(fold([marked])?.finishedVersion).toBe(versionZero);
    expect(fold([marked])?.position).toMatchObject({ status: 'FINISHED', device: null });
  });

  it('is hidden and shown by the newer of both, and its position stays', () => {
    const [start, hide, unhide] = [
      transitionOf('START', 1),
      transitionOf('HIDE', 2),
      transitionOf('UNHIDE', 3),
    ];
    const hidden = fold([start, hide]);
    expect(hidden?.visibility).toEqual({ version: hide.version, hidden: true });
    expect(hidden?.position?.version).toBe(start.version);
    expect(newestVersion(hidden!)).toBe(hide.version);
    const shown = { version: unhide.version, hidden: false };
    expect(fold([start, unhide, hide])?.visibility).toEqual(shown);
  });

  it('is not brought back by what was late to arrive, once forgotten, and stays hidden', () => {
    const hide = transitionOf('HIDE', 2);
    const forget = transitionOf('FORGET', 3);
    const late = transitionOf('FINISH', 2);
    expect(fold([transitionOf('START', 1), hide, forget, late])).toEqual({
      title: 'sintel',
      position: null,
      visibility: { version: hide.version, hidden: true },
      playedVersion: versionZero,
      finishedVersion: versionZero,
      forgottenVersion: forget.version,
    });
    const again = transitionOf('START', 4);
    expect(fold([forget, again])?.position?.version).toBe(again.version);
  });
});

describe('a viewing above the floor of its profile', () => {
  const history = [transitionOf('START', 1), transitionOf('FINISH', 2), transitionOf('HIDE', 3)];
  const viewing = fold(history)!;

  it('is nothing when everything is older, hidden or not', () => {
    expect(viewingAbove(viewing, versionFloor(beganAtMs + 4))).toBeNull();
  });

  it('is whole when everything is newer', () => {
    expect(viewingAbove(viewing, versionFloor(beganAtMs))).toEqual(viewing);
    expect(viewingAbove(viewing, versionZero)).toEqual(viewing);
  });

  it('keeps each of its parts by its own version', () => {
    expect(viewingAbove(viewing, versionFloor(beganAtMs + 2))).toEqual({
      ...viewing,
      playedVersion: versionZero,
    });
    expect(viewingAbove(viewing, versionFloor(beganAtMs + 3))).toEqual({
      ...viewing,
      position: null,
      playedVersion: versionZero,
      finishedVersion: versionZero,
    });
  });

  it('remembers a forgetting that is newer, and has no need of an older one', () => {
    const forgotten = fold([transitionOf('FORGET', 5)])!;
    expect(viewingAbove(forgotten, versionFloor(beganAtMs + 5))).toEqual(forgotten);
    expect(viewingAbove(forgotten, versionFloor(beganAtMs + 6))).toBeNull();
    expect(newestVersion(forgotten)).toBe(versionZero);
  });
});
