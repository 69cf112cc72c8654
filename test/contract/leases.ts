import { describe, expect, it } from '@jest/globals';
import type { Leases } from '../../stores/lease.ts';
import { until } from '../support/until.ts';
import { eachTime } from './subject.ts';

export interface LeasesUnderTest {
  leases: Leases;
  /** Lets as much time pass as the leases' own clock counts. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** Long enough to do something in, on any machine. */
const ttlMs = 60_000;

export function describeLeases(name: string, open: () => Promise<LeasesUnderTest>): void {
  const subject = eachTime(open);
  const acquire = (owner: string, of: { partition?: number; task?: string; ttlMs?: number } = {}) =>
    subject().leases.acquire({ partition: 0, ttlMs, owner, ...of });

  describe(`leases contract: ${name}`, () => {
    it('gives a free partition to whoever asks, and to nobody else meanwhile', async () => {
      expect(await acquire('ada')).toMatchObject({ partition: 0, owner: 'ada' });
      expect(await acquire('ben')).toBeNull();
    });

    it('keeps partitions apart', async () => {
      await acquire('ada');
      expect(await acquire('ben', { partition: 1 })).toMatchObject({ partition: 1, owner: 'ben' });
    });

    it('keeps the tasks of a partition apart', async () => {
      const drains = (await acquire('ada'))!;
      const takesIn = (await acquire('ben', { task: 'from-us' }))!;
      expect(takesIn).toMatchObject({ partition: 0, owner: 'ben', task: 'from-us' });
      expect(await acquire('ben', { task: 'from-ap' })).toMatchObject({ task: 'from-ap' });
      expect(await acquire('cleo', { task: 'from-us' })).toBeNull();
      expect(await subject().leases.renew(takesIn, { ttlMs })).toBe(true);
      await subject().leases.release(takesIn);
      expect(await acquire('cleo', { task: 'from-us' })).not.toBeNull();
      expect(await acquire('cleo')).toBeNull();
      expect(await subject().leases.renew(drains, { ttlMs })).toBe(true);
    });

    it('lets an owner that asks again keep what it holds', async () => {
      const first = await acquire('ada');
      expect(await acquire('ada')).toEqual(first);
    });

    it('is free again once it is given back', async () => {
      const first = (await acquire('ada'))!;
      await subject().leases.release(first);
      expect(await acquire('ben')).toMatchObject({ owner: 'ben' });
    });

    it('is free again once it ran out, and the late owner learns of it', async () => {
      const first = (await acquire('ada', { ttlMs: 20 }))!;
      const second = await until(
        async () => {
          await subject().pass(20);
          return acquire('ben');
        },
        { what: 'the lease ran out' },
      );
      expect(second.generation).toBeGreaterThan(first.generation);
      expect(await subject().leases.renew(first, { ttlMs })).toBe(false);
      expect(await subject().leases.renew(second, { ttlMs })).toBe(true);
    });

    it('given back late takes nothing from its next owner', async () => {
      const first = (await acquire('ada'))!;
      await subject().leases.release(first);
      await acquire('ben');
      await subject().leases.release(first);
      expect(await acquire('cleo')).toBeNull();
    });

    it('that was renewed lasts longer', async () => {
      const lease = (await acquire('ada', { ttlMs: 3_000 }))!;
      expect(await subject().leases.renew(lease, { ttlMs })).toBe(true);
      await subject().pass(3_100);
      expect(await acquire('ben')).toBeNull();
    });

    it('has a larger generation each time it is given', async () => {
      const generations: number[] = [];
      for (const owner of ['ada', 'ben', 'ada']) {
        const lease = (await acquire(owner))!;
        generations.push(lease.generation);
        await subject().leases.release(lease);
      }
      expect(generations).toEqual([...new Set(generations)].sort((left, right) => left - right));
    });
  });
}
