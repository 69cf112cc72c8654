import fc from 'fast-check';
import type { Transition } from '../../domain/transition.ts';
import { handVersion, partitionOf, versionFloor, versionZero } from '../../domain/version.ts';
import { packRegisters } from '../../domain/watch-log.ts';
import type { ViewingStore } from '../../stores/viewing-store.ts';
import { noonMs } from '../support/manual-clock.ts';
import { transition } from '../support/transitions.ts';

export const profileId = 'demo';
export const titles = ['mov_sintel', 'mov_spring', 'ep_1'];

/** Histories in which times collide, and everything that may happen to a title does. */
export const histories: fc.Arbitrary<Transition[]> = fc.array(
  fc
    .record({
      kind: fc.constantFrom(
        'START' as const,
        'PLAY' as const,
        'PROGRESS' as const,
        'PAUSE' as const,
        'FINISH' as const,
        'RESTART' as const,
        'HIDE' as const,
        'UNHIDE' as const,
        'FORGET' as const,
        'FORGET_ALL' as const,
        'UNDO' as const,
        'LATE' as const,
      ),
      title: fc.constantFrom(...titles),
      afterMs: fc.nat({ max: 12 }),
      positionMs: fc.nat({ max: 3_600_000 }),
      deviceKind: fc.constantFrom('TV', 'PHONE'),
    })
    .map(({ afterMs, title, kind, ...rest }) =>
      transition({
        ...rest,
        kind,
        occurredAtMs: noonMs + afterMs,
        ...(kind === 'FORGET_ALL' ? {} : { title }),
        ...(kind === 'UNDO' ? undoing(title, { afterMs, ...rest }) : {}),
      }),
    ),
  { maxLength: 30 },
);

/** An undo of the title's session, that finds some position or visibility of a few ms before. */
function undoing(title: string, of: { afterMs: number; positionMs: number }): Partial<Transition> {
  const { afterMs, positionMs } = of;
  // Equal versions are the same write.
  const nonce = `${title} ${positionMs}`;
  const version = handVersion({ nowMs: noonMs + afterMs, inForce: versionZero, nonce });
  const earlier = versionFloor(noonMs + afterMs - (positionMs % 8));
  const position = { status: 'IN_PROGRESS', positionMs, durationMs: null } as const;
  const register = { version: earlier, laterFields: '' };
  return {
    ...{ version, device: null, sessionId: null },
    registers: packRegisters({
      playhead: positionMs % 3 === 0 ? null : { ...register, ...position, deviceHash: null },
      visibility: positionMs % 2 === 0 ? null : { ...register, hidden: positionMs % 4 === 1 },
    }),
    undone: {
      ...{ sessionId: `session-of-${title}`, writer: 'writer', device: null },
      ...{ playedVersion: earlier, finishedVersion: positionMs % 5 === 0 ? earlier : versionZero },
    },
  };
}

/** The same history as it may be delivered: in any order, some of it twice. */
export function deliveriesOf(history: readonly Transition[]): fc.Arbitrary<Transition[]> {
  const all = { minLength: history.length, maxLength: history.length };
  return fc
    .tuple(fc.shuffledSubarray([...history], all), fc.subarray([...history]))
    .map(([shuffled, again]) => [...shuffled, ...again]);
}

/** Places of a stream compare as text. */
export function offsetOf(place: number): string {
  return String(place).padStart(4, '0');
}

/** Somebody else who lives in the same partition. */
export function neighbourOf(partitions: number): string {
  const names = Array.from({ length: 1_000 }, (_, index) => `other-${index}`);
  return names.find((name) => isAtHome(name, partitions)) ?? 'other';
}

function isAtHome(name: string, partitions: number): boolean {
  return partitionOf(name, partitions) === partitionOf(profileId, partitions);
}

export interface ViewingStoreUnderTest {
  /** Gives an empty one; those opened before are closed or not used any more. */
  open: () => Promise<ViewingStore>;
  partitions: number;
  /** Histories that are tried. */
  runs: number;
}
