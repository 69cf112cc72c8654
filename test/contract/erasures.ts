import { describe, expect, it } from '@jest/globals';
import type { Erasure } from '../../domain/erasure.ts';
import { versionFloor } from '../../domain/version.ts';
import type { Erasures } from '../../stores/erasures.ts';
import { eachTime } from './subject.ts';

export interface ErasuresUnderTest {
  erasures: Erasures;
  /** What its clock says. */
  nowMs: number;
  /** What a process finds that starts after this one has closed the list. */
  reopen(): Promise<Erasures>;
  close(): Promise<void>;
}

/** What every list of erasures does: the sentences of the port, against the port alone. */
export function describeErasures(name: string, open: () => Promise<ErasuresUnderTest>): void {
  describe(`erasures contract: ${name}`, () => {
    const subject = eachTime(open);
    const begun = (receipt: string, agoMs: number): Erasure => {
      const begunAtMs = subject().nowMs - agoMs;
      const fence = versionFloor(begunAtMs);
      return { receipt, profileKey: `key of ${receipt}`, fence, begunAtMs, doneAtMs: null };
    };
    const receipts = (found: readonly Erasure[]) => found.map(({ receipt }) => receipt).sort();

    it('is empty at first', async () => {
      expect(await subject().erasures.since(0)).toEqual([]);
    });

    it('keeps the record of a receipt that was put last, whole', async () => {
      const { erasures, reopen } = subject();
      const pending = begun('one', 5_000);
      await erasures.put(pending);
      expect(await erasures.since(pending.begunAtMs)).toEqual([pending]);
      const done = { ...pending, fence: versionFloor(9_000), doneAtMs: pending.begunAtMs + 1 };
      await erasures.put(done);
      expect(await erasures.since(pending.begunAtMs)).toEqual([done]);
      expect(await (await reopen()).since(pending.begunAtMs)).toEqual([done]);
    });

    it('answers all of a busy month', async () => {
      const { erasures, nowMs } = subject();
      const names = ['five', 'four', 'one', 'three', 'two'];
      for (const name of names) await erasures.put(begun(name, 1_000));
      expect(receipts(await erasures.since(nowMs - 2_000))).toEqual(names);
    });

    it('answers those begun since a time, across months', async () => {
      const { erasures, nowMs } = subject();
      const dayMs = 24 * 3_600_000;
      for (const [receipt, days] of [
        ['now', 0],
        ['month', 31],
        ['year', 380],
      ] as const) {
        await erasures.put(begun(receipt, days * dayMs));
      }
      expect(receipts(await erasures.since(nowMs - 400 * dayMs))).toEqual(['month', 'now', 'year']);
      expect(receipts(await erasures.since(nowMs - 31 * dayMs))).toEqual(['month', 'now']);
      expect(receipts(await erasures.since(nowMs - 31 * dayMs + 1))).toEqual(['now']);
    });
  });
}
