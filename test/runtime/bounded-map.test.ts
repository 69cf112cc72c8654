import { describe, expect, it } from '@jest/globals';
import { BoundedMap } from '../../runtime/bounded-map.ts';

describe('a bounded map', () => {
  it('forgets its oldest entry for a new one', () => {
    const map = new BoundedMap<number>(2);
    for (const [value, key] of ['a', 'b', 'c'].entries()) map.set(key, value);
    expect(map.length).toBe(2);
    expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([undefined, 1, 2]);
  });

  it('forgets nothing for a key that it has', () => {
    const map = new BoundedMap<number>(2);
    map.set('a', 1);
    map.set('b', 2);
    map.set('a', 3);
    expect([map.get('a'), map.get('b')]).toEqual([3, 2]);
  });
});
