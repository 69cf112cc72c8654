import { describe, expect, it } from '@jest/globals';
import { BoundedMap } from '../../runtime/bounded-map.ts';

describe('a bounded map', () => {
  it('forgets its oldest entry for a new one', () => {
    const map = new BoundedMap<number>(2);
    for (const [value, key] of ['a', 'b', 'c'].entries()) map.set(key, value);
    expect(map.length).toBe(2);
    expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([undefined, 1, 2]);
  });

  it('forgets a sixteenth of a full map at once, so that its length costs nothing', () => {
    const map = new BoundedMap<number>(160);
    for (let key = 0; key < 161; key += 1) map.set(String(key), key);
    expect(map.length).toBe(151);
    expect([map.get('9'), map.get('10')]).toEqual([undefined, 10]);
  });

  it('keeps longest what was renewed last', () => {
    const map = new BoundedMap<number>(2);
    map.set('a', 1);
    map.set('b', 2);
    map.renew('a', 3);
    map.set('c', 4);
    expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([3, undefined, 4]);
  });

  it('has room again for what was deleted', () => {
    const map = new BoundedMap<number>(2);
    map.set('a', 1);
    map.set('b', 2);
    map.delete('b');
    map.set('c', 3);
    expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([1, undefined, 3]);
  });

  it('forgets nothing for a key that it has', () => {
    const map = new BoundedMap<number>(2);
    map.set('a', 1);
    map.set('b', 2);
    map.set('a', 3);
    expect([map.get('a'), map.get('b')]).toEqual([3, 2]);
  });
});
