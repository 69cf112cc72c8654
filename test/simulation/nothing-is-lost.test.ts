import { describe, expect, it } from '@jest/globals';
import { deadlineMs, explore, seedsToTry } from './explore.ts';

const { from, seeds } = seedsToTry(1_200);

describe('a region', () => {
  it(
    `loses nothing in ${seeds} evenings from ${from} on, nor in those that were bad once`,
    async () => {
      const told = await explore({ from, seeds, isKnownToo: true, regions: 1 });
      process.stdout.write(told);
      expect(told).toContain(' 0 bad');
    },
    deadlineMs,
  );
});
