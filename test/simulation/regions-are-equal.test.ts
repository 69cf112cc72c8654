import { describe, expect, it } from '@jest/globals';
import { deadlineMs, explore, seedsToTry } from './explore.ts';

const { from, seeds } = seedsToTry(2_000);

describe('three regions', () => {
  it(
    `lose nothing and are equal in the end in ${seeds} evenings from ${from} on, and in those that were bad once`,
    async () => {
      const told = await explore({ from, seeds, isKnownToo: true, regions: 3 });
      process.stdout.write(told);
      expect(told).toContain(' 0 bad');
    },
    deadlineMs,
  );
});
