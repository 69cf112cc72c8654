import { describe, expect, it } from '@jest/globals';
import { clockSkew } from '../../deploy/doctor/region-findings.ts';
import { hasRedisServer } from '../support/redis-server.ts';
import { shareRegionRedis } from '../support/region-redis.ts';
import { named, sharePatient, worse } from './patient.ts';

const describeRedis = (await hasRedisServer()) ? describe : describe.skip;
const patient = sharePatient();

describe('the clocks of two regions', () => {
  const at = (...clocks: number[]) => ({
    servers: clocks.map((clockAheadMs) => ({ clockAheadMs })),
  });

  it.each([
    [at(-1_000), at(1_000), 'ok, 2000 ms'],
    [at(-1_000), at(1_001), 'fail, 2001 ms'],
    [at(0, 900), at(100, -1_200), 'fail, 2100 ms'],
    [at(5_000), at(5_000), 'ok, 0 ms'],
  ])('%j and %j: %s', (own, other, told) => {
    const finding = clockSkew('region us', { own, other });
    expect(`${finding.status}, ${finding.found}`).toContain(told);
  });
});

describeRedis('npm run doctor over two regions', () => {
  const servers = shareRegionRedis();

  const look = async (peers = `us=${servers().america.url}`) => {
    const own = { REDIS_URL: servers().europe.url, REGION: 'eu', PLAYBACK_PARTITIONS: '4' };
    const findings = await patient.examine({ ...own, REGION_PEERS: peers });
    return findings.filter(({ name }) => name.startsWith('region'));
  };
  /** The oldest entry of a partition in America. */
  const lookWith = async (...fields: string[]) => {
    const { america } = servers();
    await america.ask('xadd', 'ph:{1}:out', '*', ...fields);
    const findings = await look();
    await america.ask('del', 'ph:{1}:out');
    return findings;
  };

  it('finds nothing wrong with one that answers', async () => {
    const findings = await look();
    expect(worse(findings)).toEqual([]);
    const names = ['region', 'region us', 'region us clock', 'region us stream'];
    expect(findings.map(({ name }) => name)).toEqual(names);
  });

  it('finds one that does not', async () => {
    expect(worse(await look('us=redis://127.0.0.1:1'))).toEqual([
      {
        ...{ name: 'region us', status: 'fail' },
        found: expect.stringContaining('ECONNREFUSED'),
        advice: expect.stringContaining('REGION_PEERS'),
      },
    ]);
  });

  it.each([
    ['ap|1|4', 'fail', 'another region'],
    ['us|1|8', 'fail', 'another number of partitions'],
    ['us|999|4', 'warn', 'another release'],
    ['rubbish', 'warn', 'nobody can read'],
  ])('finds that its stream says %s', async (greeting, status, found) => {
    const findings = await lookWith('g', greeting, 'p', 'demo', 'b', '{}');
    expect(worse(findings)).toHaveLength(1);
    const stream = named(findings, 'region us stream');
    expect([stream.status, stream.found]).toEqual([status, expect.stringContaining(found)]);
  });
});
