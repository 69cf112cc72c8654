import { describe, expect, it } from '@jest/globals';
import { deadlineMs, explore, firstNoticed, seedsToTry } from './explore.ts';
import { plantedBugs } from './planted-bugs.ts';
import { simulate } from './simulation.ts';

/** Each bug is noticed within far fewer; one that is not is a blind spot. */
const seedsMax = 600;

describe('the simulation notices that', () => {
  it.each(Object.entries(plantedBugs))(
    '%s',
    async (name, bug) => {
      const noticed = await firstNoticed(bug, { regions: 1, seedsMax });
      process.stdout.write(`${name}: seed ${noticed?.seed}, ${noticed?.rule}\n`);
      expect(noticed).not.toBeNull();
    },
    deadlineMs,
  );
});

describe('the simulation', () => {
  it('lives the same evening with the same seed', async () => {
    const { from } = seedsToTry(1);
    const [first, second] = [await simulate(from), await simulate(from)];
    expect(first.history.length).toBeGreaterThan(50);
    expect(second.hash).toBe(first.hash);
  });

  const { from, seeds } = seedsToTry(800);

  it(
    `finds nothing else in ${seeds} evenings from ${from} on`,
    async () => {
      const told = await explore({ from, seeds, isKnownToo: false, regions: 1 });
      process.stdout.write(told);
      expect(told).toContain(' 0 bad');
    },
    deadlineMs,
  );
});
