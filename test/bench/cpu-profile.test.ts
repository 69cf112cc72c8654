import { describe, expect, it } from '@jest/globals';
import { type CpuProfile, selfShares } from '../../bench/cpu-profile.ts';

const frames = [
  ['(root)', ''],
  ['(idle)', ''],
  ['(garbage collector)', ''],
  ['onread', 'node:net'],
  ['parserOnHeaders', 'node:_http_common'],
  ['write', 'file:///x/node_modules/ioredis/built/index.js'],
  ['recordHeartbeats', 'file:///x/subgraphs/playback/record-heartbeats.ts'],
  ['parse', ''],
] as const;

function profileOf(samples: readonly number[]): CpuProfile {
  return {
    nodes: frames.map(([functionName, url], id) => ({ id, callFrame: { functionName, url } })),
    startTime: 1_000,
    samples: [...samples],
    timeDeltas: samples.map(() => 10),
  };
}

const always = [{ fromUs: 0, toUs: Number.POSITIVE_INFINITY }];

describe('a profile', () => {
  it('tells by whose function the busy time was spent, the largest share first', () => {
    const shares = selfShares(profileOf([3, 4, 5, 6, 4, 7, 2, 3]), always);
    expect(shares[0]).toEqual(['sockets and HTTP of Node', 0.5]);
    expect(Object.fromEntries(shares)).toMatchObject({
      ...{ ioredis: 0.125, 'our code': 0.125, JSON: 0.125, 'garbage collector': 0.125 },
    });
  });

  it('does not count a process that waits', () => {
    expect(selfShares(profileOf([1, 1, 1, 6, 0]), always)).toEqual([['our code', 1]]);
  });

  it('counts what was on top while the load ran, and nothing of the start', () => {
    const window = [{ fromUs: 1_020, toUs: 1_030 }];
    expect(selfShares(profileOf([5, 6, 3, 3]), window)).toEqual([['our code', 1]]);
  });
});
