import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import '../support/seeds.ts';
import type { Transition, Undone } from '../../domain/transition.ts';
import { handVersion, sessionVersion, versionZero } from '../../domain/version.ts';
import {
  isForgetting,
  newestOfEachPlace,
  placeOf,
  type WatchLog,
  watchLogKeptMs,
  watchLogRowsMax,
} from '../../stores/watch-log.ts';
import { transition } from '../support/transitions.ts';
import { eachTime } from './subject.ts';
import { describeErasing } from './watch-log-erasing.ts';

const minuteMs = 60_000;
const profileId = 'demo';

/** An empty watch log, and the time that its server tells. */
export interface WatchLogUnderTest {
  watchLog: WatchLog;
  nowMs: number;
  /** What a process finds that starts after this one has closed the log. */
  reopen(): Promise<WatchLog>;
  /** What becomes of a profile that leaves more rows than it may. */
  tooMany: 'the oldest leave' | 'it is refused';
  close(): Promise<void>;
}

/** What every watch log does: the sentences of the port, against the port alone. */
export function describeWatchLog(
  name: string,
  under: { open: () => Promise<WatchLogUnderTest>; runs: number },
): void {
  describe(`watch log contract: ${name}`, () => {
    const subject = eachTime(under.open);

    describeKeeping(subject);
    describeForgetting(subject);
    describeOrder(subject, under.runs);
    describeErasing(subject);
    describeBounds(subject);
    describeOffsets(subject);
  });
}

type Subject = () => WatchLogUnderTest;

function undoneOf(sessionId: string): Undone {
  const versions = { playedVersion: versionZero, finishedVersion: versionZero };
  return { sessionId, writer: 'writer', ...versions, device: null };
}

/** So many minutes ago. */
function did(
  { nowMs }: WatchLogUnderTest,
  minutesAgo: number,
  given: Partial<Transition> & Pick<Transition, 'kind'>,
): Transition {
  const occurredAtMs = nowMs - minutesAgo * minuteMs;
  const told = transition({ profileId, ...given, occurredAtMs });
  if (told.sessionId !== null) return { ...told, version: versionOf(told) };
  const write = { nowMs: occurredAtMs, inForce: versionZero, nonce: given.kind };
  return { ...told, version: handVersion(write) };
}

function versionOf({ occurredAtMs, device, sessionId }: Transition): string {
  const writer = { deviceId: device?.id ?? '', sessionId: sessionId ?? '' };
  return sessionVersion({ activityAtMs: occurredAtMs, ...writer });
}

async function keep(
  { watchLog, nowMs }: WatchLogUnderTest,
  ...transitions: Transition[]
): Promise<void> {
  await watchLog.keep({ partition: 0, transitions, offset: '0001', nowMs });
}

async function kept({ watchLog, nowMs }: WatchLogUnderTest, of = profileId): Promise<Transition[]> {
  return inOrder(await watchLog.read({ profileId: of, nowMs }));
}

function inOrder(transitions: readonly Transition[]): Transition[] {
  return transitions.toSorted((left, right) => (left.version < right.version ? -1 : 1));
}

function describeKeeping(subject: Subject): void {
  describe('a profile', () => {
    it('has no log when nothing was ever kept', async () => {
      expect(await kept(subject())).toEqual([]);
    });

    it('has everything back as it was told, whatever of it is optional', async () => {
      const registers = { playhead: 'packed', visibility: null };
      const history = [
        did(subject(), 50, { kind: 'START' }),
        did(subject(), 40, { kind: 'LATE', registers }),
        did(subject(), 30, {
          kind: 'REPLACED',
          registers: { playhead: null, visibility: 'packed' },
        }),
        did(subject(), 20, { kind: 'RESTART' }),
        did(subject(), 10, {
          kind: 'UNDO',
          registers,
          undone: undoneOf('one'),
        }),
      ];
      await keep(subject(), ...history);
      expect(await kept(subject())).toEqual(history);
    });

    it('has of each kind, title, session and ten minutes the newest', async () => {
      const at = (second: number, kind: Transition['kind'], title = 'film') =>
        did(subject(), -second / 60, { kind, title });
      const slotMs = 10 * minuteMs;
      const { nowMs } = subject();
      const beganMs = nowMs - (nowMs % slotMs) - slotMs;
      const seconds = (beganMs - nowMs) / 1_000;
      const progress = [1, 2, 3].map((second) => at(seconds + second, 'PROGRESS'));
      const later = at(seconds + 600, 'PROGRESS');
      const others = [at(seconds + 4, 'PAUSE'), at(seconds + 5, 'PROGRESS', 'other')];
      await keep(subject(), progress[2]!, progress[0]!, ...others);
      await keep(subject(), progress[1]!, later);
      expect(await kept(subject())).toEqual([progress[2], ...others, later]);
    });

    it('has both what was undone of a session and what went to another profile', async () => {
      const undone = undoneOf('one');
      const marks = [undone, { ...undone, reassignedTo: 'kids' }, { ...undone, reassignedTo: 'x' }];
      const history = marks.map((mark, index) =>
        did(subject(), 10 - index, { kind: 'UNDO', undone: mark, sessionId: null, device: null }),
      );
      await keep(subject(), ...history);
      expect(await kept(subject())).toEqual(history);
    });

    it('shares nothing with another', async () => {
      const own = did(subject(), 2, { kind: 'START' });
      const foreign = did(subject(), 1, { kind: 'START', profileId: 'other' });
      await keep(subject(), own, foreign);
      await keep(subject(), did(subject(), 0, { kind: 'FORGET_ALL', profileId: 'other' }));
      expect(await kept(subject())).toEqual([own]);
      expect(await kept(subject(), 'other')).toEqual([]);
    });
  });
}

function describeForgetting(subject: Subject): void {
  describe('what was forgotten', () => {
    it('is gone, title by title', async () => {
      const other = did(subject(), 60, { kind: 'START', title: 'other' });
      await keep(subject(), did(subject(), 60, { kind: 'START' }), other);
      await keep(subject(), did(subject(), 30, { kind: 'FORGET' }));
      expect(await kept(subject())).toEqual([other]);
    });

    it('is gone with all else, months of it', async () => {
      const days = [1, 20, 40, 80].map((day) =>
        did(subject(), day * 24 * 60, { kind: 'START', title: `film-${day}` }),
      );
      await keep(subject(), ...days);
      await keep(subject(), did(subject(), 30, { kind: 'FORGET_ALL' }));
      expect(await kept(subject())).toEqual([]);
    });

    it('stays gone when it comes late, and what comes afterwards is kept', async () => {
      const late = did(subject(), 29 * 24 * 60, { kind: 'START' });
      const again = did(subject(), 10, { kind: 'START' });
      await keep(subject(), did(subject(), 30, { kind: 'FORGET' }));
      await keep(subject(), late, again);
      expect(await kept(subject())).toEqual([again]);
      await keep(subject(), did(subject(), 5, { kind: 'FORGET_ALL' }));
      await keep(subject(), late, again, did(subject(), 8, { kind: 'PAUSE', title: 'other' }));
      expect(await kept(subject())).toEqual([]);
    });
  });
}

/** Times of which none is another's: equal versions are the same write. */
const histories = fc.uniqueArray(
  fc.record({
    minutesAgo: fc.nat({ max: 40 }),
    kind: fc.constantFrom<Transition['kind'][]>(
      ...([
        'START',
        'PROGRESS',
        'PAUSE',
        'HIDE',
        'RESTART',
        'FORGET',
        'FORGET_ALL',
        'UNDO',
      ] as const),
    ),
    title: fc.constantFrom('film', 'other'),
    deviceKind: fc.constantFrom('TV', 'PHONE'),
  }),
  { maxLength: 25, selector: ({ minutesAgo }) => minutesAgo },
);

function describeOrder(subject: Subject, runs: number): void {
  it('keeps the same in any order and any repetition, batch by batch', async () => {
    const cases = fc.record({
      history: histories,
      order: fc.infiniteStream(fc.nat()),
      batchLength: fc.integer({ min: 1, max: 5 }),
    });
    let profiles = 0;
    await fc.assert(
      fc.asyncProperty(cases, async ({ history, order, batchLength }) => {
        profiles += 1;
        const own = `profile-${profiles}`;
        const told = history.map(({ minutesAgo, kind, ...rest }) =>
          did(subject(), minutesAgo, {
            kind,
            profileId: own,
            ...titleOf(kind, rest),
            ...more(kind),
          }),
        );
        const delivered = [...told, ...told]
          .map((one) => ({ one, place: order.next().value as number }))
          .sort((left, right) => left.place - right.place)
          .map(({ one }) => one);
        for (let first = 0; first < delivered.length; first += batchLength) {
          await keep(subject(), ...delivered.slice(first, first + batchLength));
        }
        expect(await kept(subject(), own)).toEqual(modelOf(told));
        expect(modelOf(newestOfEachPlace(told))).toEqual(modelOf(told));
      }),
      { numRuns: runs },
    );
  });
}

function titleOf(kind: string, rest: { title: string; deviceKind: string }) {
  return kind === 'FORGET_ALL' ? { deviceKind: rest.deviceKind } : rest;
}

function more(kind: string): Partial<Transition> {
  if (kind !== 'UNDO') return {};
  return {
    device: null,
    sessionId: null,
    registers: { playhead: null, visibility: null },
    undone: undoneOf('evening'),
  };
}

/** What the port says, by looking at everything at once. */
function modelOf(told: readonly Transition[]): Transition[] {
  const counting = told.filter(
    (one) =>
      !isForgetting(one) &&
      !told.some(
        (other) =>
          isForgetting(other) &&
          (other.kind === 'FORGET_ALL' || other.title === one.title) &&
          other.version >= one.version,
      ),
  );
  const places = Map.groupBy(counting, (one) => JSON.stringify(placeOf(one)));
  return inOrder([...places.values()].map((all) => inOrder(all).at(-1) as Transition));
}

function describeBounds(subject: Subject): void {
  it('is kept for 90 days after it happened, and no longer', async () => {
    const { watchLog, nowMs } = subject();
    const [old, young] = [
      did(subject(), 60, { kind: 'START' }),
      did(subject(), 0, { kind: 'STOP' }),
    ];
    await keep(subject(), old, young);
    const ageMs = watchLogKeptMs - 60 * minuteMs;
    expect(await watchLog.read({ profileId, nowMs: nowMs + ageMs })).toHaveLength(2);
    expect(await watchLog.read({ profileId, nowMs: nowMs + ageMs + 1 })).toEqual([young]);
    const laterMs = nowMs + watchLogKeptMs + 1;
    expect(await watchLog.read({ profileId, nowMs: laterMs })).toEqual([]);
  });

  it('is not kept at all when it comes after that', async () => {
    await keep(subject(), did(subject(), 91 * 24 * 60, { kind: 'START' }));
    expect(await kept(subject())).toEqual([]);
  });

  it('never passes half a log for a whole one', async () => {
    const own = subject();
    const step = 1_000;
    for (let first = 0; first <= watchLogRowsMax; first += step) {
      const some = Array.from(
        { length: Math.min(step, watchLogRowsMax + 1 - first) },
        (_, index) => {
          const sessionId = `session-${first + index}`;
          return did(own, (first + index) / 10_000, { kind: 'START', sessionId });
        },
      );
      await keep(own, ...some);
    }
    if (own.tooMany === 'it is refused') {
      await expect(kept(own)).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
      return;
    }
    const left = await kept(own);
    expect(left).toHaveLength(watchLogRowsMax);
    expect(left.at(-1)).toMatchObject({ sessionId: 'session-0' });
    expect(left.some(({ sessionId }) => sessionId === `session-${watchLogRowsMax}`)).toBe(false);
  });
}

function describeOffsets(subject: Subject): void {
  it('remembers where it has read up to, partition by partition, after the process too', async () => {
    const { watchLog, nowMs, reopen } = subject();
    expect(await watchLog.offset(3)).toBeNull();
    const start = did(subject(), 1, { kind: 'START' });
    await watchLog.keep({ partition: 3, transitions: [start], offset: '0007', nowMs });
    await watchLog.keep({ partition: 4, transitions: [], offset: '0002', nowMs });
    const reopened = await reopen();
    expect(await reopened.offset(3)).toBe('0007');
    expect(await reopened.offset(4)).toBe('0002');
    expect(await reopened.offset(5)).toBeNull();
    expect(await reopened.read({ profileId, nowMs })).toEqual([start]);
  });
}
