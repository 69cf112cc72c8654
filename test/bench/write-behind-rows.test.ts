import { describe, expect, it } from '@jest/globals';
import { beatsS, countRows } from '../../bench/write-behind-rows.ts';

const minuteMs = 60_000;

describe('what reaches the durable store of one that is watched', () => {
  it('is at most two rows a minute at every beat, and a fifth of the heartbeats of every 5 s', async () => {
    const rows = await countRows(5 * minuteMs);
    expect(rows.map(({ beatS }) => beatS)).toEqual([...beatsS]);
    for (const { rowsPerMinute } of rows) {
      expect(rowsPerMinute).toBeGreaterThan(0);
      expect(rowsPerMinute).toBeLessThanOrEqual(2);
    }
    const atFive = rows.find(({ beatS }) => beatS === 5);
    expect(atFive?.rowsPerHeartbeat).toBeLessThanOrEqual(0.2);
  });
});
