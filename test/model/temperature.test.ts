import { describe, expect, it } from '@jest/globals';
import { heldOutAccounts, splitBy } from '../../model/held-out.ts';
import { fitTemperature } from '../../model/temperature.ts';
import { probabilities } from '../../subgraphs/recommendations/score.ts';
import { Chance } from '../support/chance.ts';
import { normal } from './planted-tasks.ts';

/** Choices that are drawn at a temperature. */
function drawnAt(temperature: number, queries: number) {
  const chance = new Chance(31);
  return Array.from({ length: queries }, () => {
    const utilities = Float64Array.from({ length: 6 }, () => 2 * normal(chance));
    const shares = probabilities(utilities, temperature);
    let left = chance.below(2 ** 30) / 2 ** 30;
    const chosen = shares.findIndex((share) => {
      left -= share;
      return left < 0;
    });
    return { utilities, chosen: Math.max(0, chosen) };
  });
}

describe('the temperature', () => {
  it.each([0.4, 1, 3])('is found again: %d', (temperature) => {
    const found = fitTemperature(drawnAt(temperature, 4_000));
    expect(Math.abs(Math.log(found / temperature))).toBeLessThan(0.08);
  });

  it('makes as many come true as were promised', () => {
    const queries = drawnAt(3, 4_000);
    const found = fitTemperature(queries);
    const tops = queries.map(({ utilities, chosen }) => {
      const shares = probabilities(utilities, found);
      const top = shares.indexOf(Math.max(...shares));
      return { promised: shares[top]!, came: Number(top === chosen) };
    });
    const mean = (of: (top: (typeof tops)[number]) => number) =>
      tops.reduce((sum, top) => sum + of(top), 0) / tops.length;
    expect(Math.abs(mean(({ promised }) => promised) - mean(({ came }) => came))).toBeLessThan(
      0.02,
    );
  });

  it('stays within bounds where choices say nothing of it', () => {
    const always = [{ utilities: Float64Array.of(1, 0), chosen: 0 }];
    expect(fitTemperature(always)).toBeCloseTo(0.05, 6);
    const never = [{ utilities: Float64Array.of(1, 0), chosen: 1 }];
    expect(fitTemperature(never)).toBeCloseTo(20, 6);
    expect(fitTemperature([])).toBe(1);
  });
});

describe('held-out accounts', () => {
  const names = Array.from({ length: 50 }, (_, index) => `acc_${index}`);

  it('are a fifth, whatever the order, and others with another seed', () => {
    const accounts = heldOutAccounts(names, 1);
    expect(accounts.size).toBe(10);
    expect(heldOutAccounts([...names].reverse(), 1)).toEqual(accounts);
    expect(heldOutAccounts(names, 2)).not.toEqual(accounts);
  });

  it('are one of two, and none of one', () => {
    expect(heldOutAccounts(['a', 'b'], 1).size).toBe(1);
    expect(heldOutAccounts(['a', 'a'], 1).size).toBe(0);
    expect(heldOutAccounts([], 1).size).toBe(0);
  });

  it('are on one side only', () => {
    const examples = names.flatMap((account) => [{ account }, { account }]);
    const { learned, heldOut } = splitBy(examples, heldOutAccounts(names, 1));
    expect([learned.length, heldOut.length]).toEqual([80, 20]);
    const learnedNames = new Set(learned.map(({ account }) => account));
    expect(heldOut.filter(({ account }) => learnedNames.has(account))).toEqual([]);
  });
});
