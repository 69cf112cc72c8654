import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import '../support/seeds.ts';
import { laterVersion } from '../../domain/merge.ts';
import { foldPlay, type Play } from '../../domain/play.ts';
import { isForLogAlone, type Transition } from '../../domain/transition.ts';
import { partitionOf, versionZero } from '../../domain/version.ts';
import { playsMax, type ViewingStore } from '../../stores/viewing-store.ts';
import { noonMs } from '../support/manual-clock.ts';
import { transition } from '../support/transitions.ts';
import { eachTime } from './subject.ts';
import {
  deliveriesOf,
  histories,
  offsetOf,
  profileId,
  type ViewingStoreUnderTest,
} from './viewing-histories.ts';

const minuteMs = 60_000;

const ends: ReadonlySet<string> = new Set(['FORGET', 'FORGET_ALL', 'UNDO']);

/**
 * The same history, each session ended by what forgets or undoes it: no play has a part that is gone. A
 * session that was undone is the one before it.
 */
function endedByForgetting(history: readonly Transition[]): Transition[] {
  return history.map((one) => {
    const before = history.filter(
      ({ kind, title, version }) =>
        ends.has(kind) && (kind === 'FORGET_ALL' || title === one.title) && version < one.version,
    );
    const named = (sessionId: string) => `${sessionId}-${before.length}`;
    if (one.undone !== undefined) {
      return { ...one, undone: { ...one.undone, sessionId: named(one.undone.sessionId) } };
    }
    return one.sessionId === null ? one : { ...one, sessionId: named(one.sessionId) };
  });
}

/** A profile's plays by the rules of the domain alone, of transitions that come in any order. */
function expected(history: readonly Transition[]): Play[] {
  const floorOf = (title: string) =>
    history
      .filter(
        ({ kind, ...one }) => kind === 'FORGET_ALL' || (kind === 'FORGET' && one.title === title),
      )
      .reduce((highest, { version }) => laterVersion(highest, version), versionZero);
  const plays = new Map<string, Play>();
  for (const one of history) {
    if (one.sessionId === null || one.version <= floorOf(one.title)) continue;
    if (isForLogAlone(one) || isUndone(one, history)) continue;
    const key = `${one.sessionId} ${one.title}`;
    const play = foldPlay(plays.get(key) ?? null, one);
    if (play !== null) plays.set(key, play);
  }
  return [...plays.values()].sort(byStart);
}

function isUndone(one: Transition, history: readonly Transition[]): boolean {
  return history.some(
    ({ title, version, undone }) =>
      undone?.sessionId === one.sessionId && title === one.title && version >= one.version,
  );
}

function byStart(left: Play, right: Play): number {
  if (left.startedAtMs !== right.startedAtMs) return left.startedAtMs - right.startedAtMs;
  const [one, other] = [left, right].map(({ sessionId, title }) => `${sessionId}|${title}`);
  return (one as string) < (other as string) ? -1 : 1;
}

/** What every ViewingStore promises of plays. */
export function describePlays(name: string, subject: ViewingStoreUnderTest): void {
  const { open, partitions, runs } = subject;
  const partition = partitionOf(profileId, partitions);
  describe(`viewing store contract, plays: ${name}`, () => {
    const store = eachTime(open);
    let offsets = 0;
    const fold = (...transitions: Transition[]) => {
      offsets += 1;
      return store().fold({ partition, transitions, offset: offsetOf(offsets) });
    };
    const at = (kind: Transition['kind'], given: Partial<Transition> & { afterMs: number }) => {
      const { afterMs, ...rest } = given;
      return transition({ kind, occurredAtMs: noonMs + afterMs, ...rest });
    };
    const titlesOf = async () => (await store().plays(profileId)).map(({ title }) => title);

    it('are one for each title and session, in the order in which they began', async () => {
      await fold(
        at('START', { title: 'b', afterMs: 5 * minuteMs }),
        at('START', { title: 'a', afterMs: 0, positionMs: 0 }),
        at('PAUSE', { title: 'a', afterMs: 2 * minuteMs, positionMs: 2 * minuteMs }),
        at('START', { title: 'a', afterMs: 9 * minuteMs, sessionId: 'another' }),
      );
      expect(await titlesOf()).toEqual(['a', 'b', 'a']);
      expect((await store().plays(profileId))[0]).toMatchObject({
        ...{ startedAtMs: noonMs, endedAtMs: noonMs + 2 * minuteMs, deviceKind: 'TV' },
        ...{ positionMinMs: 0, positionMaxMs: 2 * minuteMs, isFinished: false },
      });
    });

    it('change nothing when they are told again, which nobody is then told of', async () => {
      const told = [at('START', { afterMs: 0 }), at('PAUSE', { afterMs: minuteMs })];
      expect(await fold(...told)).toEqual([profileId]);
      const before = await store().plays(profileId);
      expect(await fold(...told, ...told)).toEqual([]);
      expect(await store().plays(profileId)).toEqual(before);
    });

    it('leave with the title, or with all, and do not come back', async () => {
      const [one, other] = [
        at('START', { title: 'a', afterMs: 0 }),
        at('START', { title: 'b', afterMs: 1 }),
      ];
      await fold(one, other);
      await fold(at('FORGET', { title: 'a', afterMs: 2 }));
      expect(await titlesOf()).toEqual(['b']);
      await fold(one);
      expect(await titlesOf()).toEqual(['b']);
      await fold(at('FORGET_ALL', { afterMs: 3 }));
      await fold(one, other);
      expect(await titlesOf()).toEqual([]);
      await fold(at('START', { title: 'a', afterMs: 4 }));
      expect(await titlesOf()).toEqual(['a']);
    });

    it('leave when their session is undone, do not come back, and may begin anew', async () => {
      const own = at('START', { title: 'a', afterMs: 0 });
      const other = at('START', { title: 'a', afterMs: 1, sessionId: 'another' });
      const undone = {
        ...{ sessionId: own.sessionId!, writer: 'writer', device: null },
        ...{ playedVersion: other.version, finishedVersion: versionZero },
      };
      const registers = { playhead: null, visibility: null };
      const undo = at('UNDO', { title: 'a', afterMs: 2, device: null, registers, undone });
      await fold(own, other);
      await fold({ ...undo, sessionId: null });
      expect(await store().plays(profileId)).toMatchObject([{ sessionId: 'another' }]);
      await fold(own, other);
      expect(await store().plays(profileId)).toMatchObject([{ sessionId: 'another' }]);
      await fold(at('PLAY', { title: 'a', afterMs: 3 }));
      expect(await store().plays(profileId)).toHaveLength(2);
    });

    it('hold nothing of what was forgotten, though the same session went on', async () => {
      const before = at('START', { afterMs: 0, positionMs: 0 });
      const forget = at('FORGET', { afterMs: 1 });
      const after = at('PROGRESS', { afterMs: 2 });
      await fold(before, forget, after, before);
      expect(await store().plays(profileId)).toMatchObject([{ startedAtMs: noonMs + 2 }]);
      // The other way round what was before cannot be told from what came after.
      const late = await open();
      await late.fold({ partition, transitions: [before, after, forget], offset: offsetOf(1) });
      expect(await late.plays(profileId)).toEqual([]);
      await late.close();
    });

    it('are what the fold of the domain says, in whatever order and however often they came', async () => {
      await fc.assert(
        fc.asyncProperty(
          histories
            .map(endedByForgetting)
            .chain((history) =>
              fc.tuple(fc.constant(history), deliveriesOf(history), fc.integer({ min: 1, max: 9 })),
            ),
          async ([history, delivered, batchLength]) => {
            const fresh = await open();
            try {
              await foldAll(fresh, delivered, batchLength);
              expect(await fresh.plays(profileId)).toEqual(expected(history));
            } finally {
              await fresh.close();
            }
          },
        ),
        { numRuns: runs },
      );
    });

    it('are the same after the stream was read again from any place, in other batches', async () => {
      await fc.assert(
        fc.asyncProperty(
          // What forgets comes after what it forgets, as playback appends it.
          histories.map(byVersion),
          fc.array(fc.nat({ max: 30 }), { maxLength: 4 }),
          fc.integer({ min: 1, max: 9 }),
          async (history, places, batchLength) => {
            const fresh = await open();
            try {
              await foldAll(fresh, history, history.length);
              const [plays, viewings] = await stateOf(fresh);
              for (const place of places) await foldAll(fresh, history.slice(place), batchLength);
              await foldAll(fresh, history, batchLength);
              expect(await stateOf(fresh)).toEqual([plays, viewings]);
            } finally {
              await fresh.close();
            }
          },
        ),
        { numRuns: runs },
      );
    });

    it(`are the latest ${playsMax}, whatever is read again, in whatever batches`, async () => {
      const history = Array.from({ length: playsMax + 20 }, (_, index) =>
        at('START', { title: `t${index}`, afterMs: index * minuteMs }),
      );
      // The first one goes on: it is one of the latest again, as far as it is known by then.
      history.push(at('PAUSE', { title: 't0', afterMs: history.length * minuteMs }));
      history.push(at('FORGET', { title: 't100', afterMs: (history.length + 1) * minuteMs }));
      await foldAll(store(), history, history.length);
      const whole = await store().plays(profileId);
      expect(whole).toHaveLength(playsMax - 1);
      expect(whole.map(({ title }) => title)).not.toContain('t100');
      expect(whole.at(-1)).toMatchObject({
        title: 't0',
        startedAtMs: history.at(-2)?.occurredAtMs,
      });
      await foldAll(store(), history, 50);
      expect(await store().plays(profileId)).toEqual(whole);
      const other = await open();
      await foldAll(other, history, 7);
      expect(await other.plays(profileId)).toEqual(whole);
      await other.close();
    });

    it('wait to be claimed once they have ended, and are claimed by one', async () => {
      const key = { profileId, title: 'mov_sintel', sessionId: 'session-of-undefined' };
      const ended = (afterMs: number) =>
        store().endedPlays({ beforeMs: noonMs + afterMs, limit: 10 });
      await fold(at('START', { afterMs: 0 }), at('PAUSE', { afterMs: minuteMs }));
      expect(await ended(minuteMs - 1)).toEqual([]);
      expect(await ended(minuteMs)).toEqual([
        { ...key, play: (await store().plays(profileId))[0] },
      ]);
      expect(await Promise.all([store().claimPlay(key), store().claimPlay(key)])).toEqual([
        true,
        false,
      ]);
      await fold(at('START', { afterMs: 0 }), at('PAUSE', { afterMs: minuteMs }));
      expect(await ended(2 * minuteMs)).toEqual([]);
      await fold(at('PAUSE', { afterMs: 2 * minuteMs }));
      expect(await ended(2 * minuteMs)).toHaveLength(1);
      await fold(at('FORGET', { afterMs: 3 * minuteMs }));
      expect(await ended(4 * minuteMs)).toEqual([]);
    });
  });

  describe(`viewing store contract, several consumers: ${name}`, () => {
    const store = eachTime(open);
    const start = transition({ kind: 'START', title: 'a' });
    const later = transition({ kind: 'START', title: 'b', occurredAtMs: noonMs + 1 });

    it('leave alone what another one has come past, and hear whom it was of', async () => {
      const batch = { partition, transitions: [start], offset: '0005', expected: null };
      expect(await store().fold(batch)).toEqual([profileId]);
      await store().fold({ partition, transitions: [later], offset: '0009', expected: '0005' });
      expect(await store().fold(batch)).toEqual([profileId]);
      expect(await store().offset(partition)).toBe('0009');
    });

    it('fold what another one has only come near to', async () => {
      await store().fold({ partition, transitions: [start], offset: '0005', expected: null });
      const both = { partition, transitions: [start, later], offset: '0007', expected: null };
      await store().fold(both);
      expect(await store().offset(partition)).toBe('0007');
      expect(await store().plays(profileId)).toHaveLength(2);
    });

    it('begin anew where the stream is another one', async () => {
      await store().fold({ partition, transitions: [start], offset: '0005', expected: null });
      await store().fold({ partition, transitions: [later], offset: '0001', expected: '0005' });
      expect(await store().offset(partition)).toBe('0001');
      expect(await store().plays(profileId)).toHaveLength(2);
    });

    it('lose nothing when they fold at the same time', async () => {
      const starts = Array.from({ length: 20 }, (_, index) =>
        transition({ kind: 'START', title: `t${index}`, occurredAtMs: noonMs + index }),
      );
      const folds = starts.map((one, index) =>
        store().fold({ partition, transitions: [one], offset: offsetOf(index) }),
      );
      const outcomes = await Promise.allSettled(folds);
      // Whoever was always slower says so, and its consumer tries again.
      for (const [index, { status }] of outcomes.entries()) {
        if (status === 'fulfilled') continue;
        const transitions = starts.slice(index, index + 1);
        await store().fold({ partition, transitions, offset: offsetOf(index) });
      }
      expect(await store().plays(profileId)).toHaveLength(starts.length);
    });
  });
}

function byVersion(history: readonly Transition[]): Transition[] {
  return [...history].sort((left, right) => (left.version < right.version ? -1 : 1));
}

async function stateOf(store: ViewingStore) {
  return [await store.plays(profileId), await store.recent({ profileId, limit: 300 })];
}

async function foldAll(
  store: ViewingStore,
  history: readonly Transition[],
  batchLength: number,
): Promise<void> {
  const partition = partitionOf(profileId, 4); // every subject has four
  for (let start = 0; start < history.length; start += batchLength) {
    const transitions = history.slice(start, start + batchLength);
    const offset = offsetOf(start + transitions.length);
    await store.fold({ partition, transitions, offset });
  }
}
