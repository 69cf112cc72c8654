import { randomInt } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { type Dress, Household } from './household.ts';
import { plantedBugs } from './planted-bugs.ts';

/** `SEED=…` runs that evening alone. */
const givenSeed = process.env.SEED === undefined ? undefined : Number(process.env.SEED);
const firstSeed = givenSeed ?? randomInt(2 ** 31);
const evenings = givenSeed === undefined ? 300 : 1;
const steps = 120;

describe('a household', () => {
  it(`loses nothing in ${evenings} evenings of crashes, evictions and outages`, async () => {
    const bad = await firstBadEvening({ firstSeed, evenings });
    if (bad !== null) {
      throw new Error(
        `SEED=${bad.seed} npm test -- test/subgraphs/playback/nothing-is-lost\n${bad.violations.join('\n')}`,
      );
    }
  });

  it('spends the same evening with the same seed', async () => {
    const histories = [];
    for (let time = 0; time < 2; time += 1) {
      const household = new Household(firstSeed);
      await household.run({ steps });
      histories.push(household.history);
    }
    expect(histories[0]!.length).toBeGreaterThan(10);
    expect(histories[1]).toEqual(histories[0]);
  });
});

describe('a household notices that', () => {
  it.each(Object.entries(plantedBugs))('%s', async (_, dress) => {
    const bad = await firstBadEvening({ firstSeed: 1, evenings: 300, dress });
    expect(bad?.violations.length).toBeGreaterThan(0);
  });
});

async function firstBadEvening(of: {
  firstSeed: number;
  evenings: number;
  dress?: Dress;
}): Promise<{ seed: number; violations: string[] } | null> {
  for (let seed = of.firstSeed; seed < of.firstSeed + of.evenings; seed += 1) {
    const household = new Household(seed, of.dress);
    await household.run({ steps });
    if (household.violations.length > 0) return { seed, violations: household.violations };
  }
  return null;
}
