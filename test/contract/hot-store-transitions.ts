import { describe, expect, it } from '@jest/globals';
import { floorTitle, type PlayheadStatus } from '../../domain/playhead.ts';
import type { TransitionKind } from '../../domain/transition.ts';
import type { TransitionOffer } from '../../stores/hot-store.ts';
import {
  appended,
  type HotStoreUnderTest,
  merge,
  type OpenHotStore,
  profileElsewhere,
  put,
} from './hot-subject.ts';
import { eachTime } from './subject.ts';
import { forgottenAt, hiddenAt, playheadAt, transitionAt, versionAt } from './writes.ts';

interface Report {
  second: number;
  kind?: TransitionKind;
  status?: PlayheadStatus;
  /** Plain heartbeats are offered once from here on. */
  since?: number;
}

export function describeTransitions(open: OpenHotStore): void {
  describe('a merge that offers transitions', () => {
    const subject = eachTime(open);
    const kinds = async () => (await appended(subject())).map(({ kind }) => kind);

    it('appends them whole, in order, to the partition of the profile', async () => {
      const opened = subject();
      const elsewhere = profileElsewhere(opened.hot);
      await report(opened, [
        { second: 1, kind: 'START' },
        { second: 2, kind: 'SEEK' },
      ]);
      await report(opened, [{ second: 3 }]);
      await merge(opened.hot, {
        profileId: elsewhere,
        writes: [{ title: 'sintel', playhead: playheadAt(9), visibility: null }],
        transitions: [offerOf({ second: 9 }, elsewhere)],
      });
      expect(await appended(opened)).toEqual([
        transitionAt(1, { kind: 'START' }),
        transitionAt(2, { kind: 'SEEK' }),
        transitionAt(3),
      ]);
      expect(await appended(opened, elsewhere)).toEqual([
        transitionAt(9, { profileId: elsewhere }),
      ]);
    });

    it('appends nothing for a retry', async () => {
      const batch: Report[] = [{ second: 1, kind: 'START' }, { second: 2 }];
      await report(subject(), batch);
      await report(subject(), batch);
      await report(subject(), [batch[1]!]);
      expect(await kinds()).toEqual(['START', 'PAUSE']);
    });

    it('appends nothing that is older than what is in force, whatever its status', async () => {
      await report(subject(), [{ second: 9 }]);
      await report(subject(), [{ second: 5 }, { second: 6, kind: 'FINISH', status: 'FINISHED' }]);
      expect(await kinds()).toEqual(['PAUSE']);
    });

    it('appends what is newer of a batch that overlaps', async () => {
      await report(subject(), [
        { second: 1, kind: 'START' },
        { second: 5, kind: 'SEEK' },
      ]);
      await report(subject(), [{ second: 5, kind: 'SEEK' }, { second: 8 }]);
      expect(await kinds()).toEqual(['START', 'SEEK', 'PAUSE']);
    });

    it('appends plain progress once since the time it is offered for', async () => {
      for (const second of [15, 20, 25, 30, 35]) {
        const since = second - (second % 15);
        await report(subject(), [{ second, kind: 'PROGRESS', since }]);
      }
      expect((await appended(subject())).map(({ version }) => version)).toEqual([
        versionAt(15),
        versionAt(30),
      ]);
    });

    it('appends progress that changes the status, always', async () => {
      await report(subject(), [{ second: 15, kind: 'PROGRESS', since: 15 }]);
      for (const [second, status] of [
        [16, 'FINISHED'],
        [17, 'FINISHED'],
        [18, 'IN_PROGRESS'],
        [19, 'IN_PROGRESS'],
      ] as const) {
        await report(subject(), [{ second, kind: 'PROGRESS', status, since: 15 }]);
      }
      expect(
        (await appended(subject())).map(({ occurredAtMs, status }) => [occurredAtMs, status]),
      ).toEqual([
        [transitionAt(15).occurredAtMs, 'IN_PROGRESS'],
        [transitionAt(16).occurredAtMs, 'FINISHED'],
        [transitionAt(18).occurredAtMs, 'IN_PROGRESS'],
      ]);
    });

    it('takes the floor for the position in force of what it covers', async () => {
      const { hot } = subject();
      await report(subject(), [{ second: 10 }]);
      await put(hot, { title: floorTitle, playhead: forgottenAt(20) });
      await report(subject(), [{ second: 15, kind: 'SEEK' }]);
      await report(subject(), [{ second: 25, kind: 'PROGRESS', since: 0 }]);
      expect(await kinds()).toEqual(['PAUSE', 'PROGRESS']);
    });

    it('compares with the title that the transition names', async () => {
      const { hot } = subject();
      await put(hot, { title: 'spring', playhead: playheadAt(50) });
      await put(hot, { title: 'sintel', playhead: playheadAt(1) });
      await merge(hot, {
        writes: [{ title: 'spring', playhead: playheadAt(40), visibility: null }],
        transitions: [offerOf({ second: 10, kind: 'HIDE' })],
      });
      expect(await kinds()).toEqual(['HIDE']);
    });

    it('appends a change of visibility, which leaves the position where it is', async () => {
      const { hot } = subject();
      await put(hot, { playhead: playheadAt(1) });
      await merge(hot, {
        writes: [{ title: 'sintel', playhead: null, visibility: hiddenAt(5) }],
        transitions: [offerOf({ second: 5, kind: 'HIDE' })],
      });
      expect(await kinds()).toEqual(['HIDE']);
    });

    it('appends nothing when nothing is offered', async () => {
      await put(subject().hot, { playhead: playheadAt(1) });
      expect(await appended(subject())).toEqual([]);
    });
  });
}

function offerOf(
  { second, kind = 'PAUSE', status = 'IN_PROGRESS', since = second }: Report,
  profileId = 'demo',
): TransitionOffer {
  const transition = transitionAt(second, { kind, status, profileId });
  return { transition, onlyIfBefore: versionAt(since) };
}

/** One request of a session: it writes the last of these reports, and offers them all. */
async function report({ hot }: HotStoreUnderTest, reports: readonly Report[]): Promise<void> {
  const last = reports.at(-1)!;
  const playhead = playheadAt(last.second, { status: last.status ?? 'IN_PROGRESS' });
  await merge(hot, {
    writes: [{ title: 'sintel', playhead, visibility: null }],
    transitions: reports.map((each) => offerOf(each)),
  });
}
