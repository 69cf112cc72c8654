import { describe, expect, it } from '@jest/globals';
import { floorTitle } from '../../domain/playhead.ts';
import { partitionOf, versionZero } from '../../domain/version.ts';
import type { HotStore, MergeRequest } from '../../stores/hot-store.ts';
import {
  appended,
  dirtyOf,
  type HotStoreUnderTest,
  hydrate,
  merge,
  type OpenHotStore,
  put,
  read,
  stateOf,
} from './hot-subject.ts';
import { eachTime } from './subject.ts';
import {
  forgottenAt,
  hiddenAt,
  msAt,
  nothing,
  playheadAt,
  transitionAt,
  tv,
  versionAt,
} from './writes.ts';

const markMs = 60_000;

export function describeChangesByHand(open: OpenHotStore): void {
  describe('a merge that depends on what the viewer saw', () => {
    const subject = eachTime(open);

    it('applies under a valid mark while the same version is in force', async () => {
      const { hot } = subject();
      await hydrate(hot, { titles: { sintel: { playhead: playheadAt(1) } }, markMs });
      expect(await change(hot, { version: versionAt(1) })).toBe('merged');
      expect(await stateOf(hot)).toMatchObject({ playhead: changed });
    });

    it('applies to a title that is compared and was never written', async () => {
      const { hot } = subject();
      await hydrate(hot, { markMs });
      expect(await change(hot, { version: versionZero })).toBe('merged');
    });

    it('takes the newer of both registers for the version in force', async () => {
      const { hot } = subject();
      const sintel = { playhead: playheadAt(1), visibility: hiddenAt(3) };
      await hydrate(hot, { titles: { sintel }, markMs });
      expect(await change(hot, { version: versionAt(1) })).toBe('conflict');
      expect(await change(hot, { version: versionAt(3) })).toBe('merged');
    });

    it('applies to the floor like to a title', async () => {
      const { hot } = subject();
      const titles = { [floorTitle]: { playhead: forgottenAt(2) } };
      await hydrate(hot, { titles, markMs });
      const onFloor = (second: number) =>
        merge(hot, {
          writes: [{ title: floorTitle, playhead: forgottenAt(9), visibility: null }],
          onlyIf: {
            title: floorTitle,
            version: versionAt(second),
            floorVersion: versionAt(second),
          },
        });
      expect(await onFloor(1)).toEqual({ kind: 'conflict' });
      expect(await onFloor(2)).toMatchObject({ kind: 'merged', floor: forgottenAt(9) });
    });

    it('keeps the mark: a second change may follow', async () => {
      const { hot } = subject();
      await hydrate(hot, { markMs });
      expect(await change(hot, { version: versionZero })).toBe('merged');
      expect(await change(hot, { version: changed.version, second: 60 })).toBe('merged');
    });
  });

  describe('a merge conflicts', () => {
    const subject = eachTime(open);
    const compared = async (): Promise<HotStore> => {
      const { hot } = subject();
      await hydrate(hot, { titles: { sintel: { playhead: playheadAt(1) } }, markMs });
      return hot;
    };

    it('when the profile was never compared', async () => {
      const { hot } = subject();
      await put(hot, { playhead: playheadAt(1) });
      expect(await change(hot, { version: versionAt(1) })).toBe('conflict');
    });

    it('when the profile is unknown', async () => {
      expect(await change(subject().hot, { version: versionZero })).toBe('conflict');
    });

    it('when the mark ran out', async () => {
      const hot = await compared();
      const at = (nowMs: number) => change(hot, { version: versionAt(1), nowMs });
      expect(await at(msAt(0) + markMs)).toBe('conflict');
      expect(await at(msAt(0) + markMs - 1)).toBe('merged');
    });

    it('when the mark was dropped', async () => {
      const hot = await compared();
      await hot.dropMark('demo');
      expect(await change(hot, { version: versionAt(1) })).toBe('conflict');
    });

    it('when the generation was raised', async () => {
      const hot = await compared();
      await hot.raiseGeneration(partitionOf('demo', hot.partitions));
      expect(await change(hot, { version: versionAt(1) })).toBe('conflict');
    });

    it('when something newer came', async () => {
      const hot = await compared();
      await put(hot, { playhead: playheadAt(2) });
      expect(await change(hot, { version: versionAt(1) })).toBe('conflict');
    });

    it('when the floor rose', async () => {
      const hot = await compared();
      await put(hot, { title: floorTitle, playhead: forgottenAt(2) });
      expect(await change(hot, { version: versionAt(1) })).toBe('conflict');
      expect(await change(hot, { version: versionAt(1), floorVersion: versionAt(2) })).toBe(
        'merged',
      );
    });

    it('without a trace', async () => {
      const opened = subject();
      const hot = await compared();
      const told: string[] = [];
      const stop = await hot.onChanged('demo', (titles) => told.push(...titles));
      const before = await traces(opened);
      expect(await change(hot, { version: versionAt(7) })).toBe('conflict');
      expect(await traces(opened)).toEqual(before);
      expect(told).toEqual([]);
      await stop();
    });
  });
}

const changed = playheadAt(50, { status: 'FINISHED', deviceHash: null });

/** A change by hand of `sintel`, as a viewer makes it who saw these versions. */
async function change(
  hot: HotStore,
  saw: { version: string; floorVersion?: string; second?: number; nowMs?: number },
): Promise<'merged' | 'conflict'> {
  const { version, floorVersion = versionZero, second = 50, nowMs = msAt(0) } = saw;
  const request: Partial<MergeRequest> = {
    nowMs,
    writes: [{ title: 'sintel', ...nothing, playhead: { ...changed, version: versionAt(second) } }],
    device: tv,
    presence: {
      sessionId: 'evening',
      title: 'sintel',
      device: tv,
      event: 'PAUSE',
      positionMs: 0,
      startedAtMs: msAt(0),
      receivedAtMs: nowMs,
      sequence: 1,
      actedAt: versionAt(1),
    },
    transitions: [
      { transition: transitionAt(second, { kind: 'FINISH' }), onlyIfBefore: versionAt(second) },
    ],
    onlyIf: { title: 'sintel', version, floorVersion },
  };
  return (await merge(hot, request)).kind;
}

/** Everything that a merge may leave behind. */
async function traces(opened: HotStoreUnderTest): Promise<unknown> {
  const { hot } = opened;
  return { profile: await read(hot), dirty: await dirtyOf(hot), stream: await appended(opened) };
}
