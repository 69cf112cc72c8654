import { describe, expect, it } from '@jest/globals';
import { candidates, rankingCalls } from '../../bench/ranking.ts';

describe('what the ranking benchmark times', () => {
  const calls = rankingCalls(1);

  it('is work that answers a number, every time', () => {
    expect(Object.keys(calls)).toEqual(
      expect.arrayContaining(['linear', 'trees', 'online update']),
    );
    for (const call of Object.values(calls))
      for (let time = 0; time < 2 * candidates; time += 1) expect(call()).not.toBeNaN();
  });

  it('is an update that learns', () => {
    expect(calls['online update']!()).not.toBe(calls['online update']!());
  });
});
