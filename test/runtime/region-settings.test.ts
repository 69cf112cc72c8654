import { describe, expect, it } from '@jest/globals';
import { readConfig } from '../../runtime/config.ts';

const own = { REGION: 'eu', REDIS_URL: 'redis://10.0.0.1:6379' };

function problems(environment: Record<string, string>): string[] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    return (error as Error).message.split('\n').slice(1);
  }
}

describe('REGION_PEERS', () => {
  it('names other regions, each a Redis or the nodes of a Cluster', () => {
    const REGION_PEERS = 'us=rediss://:secret=1@10.1.0.1:6380,ap-south=10.2.0.1:6379|10.2.0.2:6379';
    expect(readConfig({ ...own, REGION_PEERS }).REGION_PEERS).toEqual([
      { region: 'us', address: { url: 'rediss://:secret=1@10.1.0.1:6380' } },
      { region: 'ap-south', address: { clusterNodes: ['10.2.0.1:6379', '10.2.0.2:6379'] } },
    ]);
  });

  it.each([
    ['eu=redis://10.1.0.1:6379', 'eu is this region itself'],
    ['us=redis://10.1.0.1:6379,us=redis://10.1.0.2:6379', 'us: named twice'],
    ['us=redis://10.1.0.1:6379,ap=10.2.0.1', 'ap: neither'],
    ['us=http://10.1.0.1:6379', 'us: neither'],
    ['us=redis://10.1.0.1:6379|redis://', 'us: neither'],
    ['us=', 'us: neither'],
    ['us=redis://', 'us: neither'],
    ['us=10.1.0.1:6379|:secret@10.1.0.2:99999', 'us: neither'],
    ['us=redis://:100%secret@10.1.0.1:6379', 'us: neither'],
    ['US=redis://10.1.0.1:6379', 'peer 1: begins with the name of a region'],
    ['us=redis://10.1.0.1:6379,10.2.0.1:6379', 'peer 2: begins with the name of a region'],
  ])('such as %s is refused, saying which', (REGION_PEERS, said) => {
    expect(problems({ ...own, REGION_PEERS })).toEqual([
      expect.stringMatching(`^  REGION_PEERS: .*${said}`),
    ]);
  });

  it('needs the own name', () => {
    const { REDIS_URL } = own;
    expect(problems({ REDIS_URL, REGION_PEERS: 'us=redis://10.1.0.1:6379' })).toEqual([
      '  REGION: required with REGION_PEERS',
    ]);
  });

  it('in plain text is refused in production, whatever the own Redis is', () => {
    const lines = problems({
      ...{ NODE_ENV: 'production', TOKEN_JWKS_URL: 'https://issuer.example/keys' },
      SESSION_KEY: 'the secret of the sessions in this test',
      IDENTITY_KEY: 'the secret of the statements in this test',
      ...{ ...own, REDIS_URL: 'rediss://10.0.0.1', REGION_PEERS: 'us=redis://10.1.0.1:6379' },
    });
    expect(lines).toEqual([expect.stringMatching('^  PLAINTEXT_ALLOWED: .*redis')]);
  });

  it('that is encrypted has use for certificates, though the own Redis is not', () => {
    const REGION_PEERS = 'us=rediss://10.1.0.1:6379';
    expect(problems({ ...own, REGION_PEERS, REDIS_TLS_CA_FILE: 'ca.pem' })).toEqual([]);
    expect(problems({ ...own, REDIS_TLS_CA_FILE: 'ca.pem' })).toHaveLength(1);
  });
});

describe('REGION', () => {
  it.each(['EU', '1st', 'a-name-of-17-chars', 'eu_west', ''])('%j is no name', (REGION) => {
    expect(problems({ ...own, REGION })).toEqual([
      expect.stringMatching('^  REGION: a lower-case'),
    ]);
  });

  it.each([
    [{ REGION: 'eu' }, 'REGION'],
    [{ REGION: 'eu', REGION_PEERS: 'us=redis://10.1.0.1:6379' }, 'REGION_PEERS'],
  ])('without a Redis is refused, saying why: %j', (settings, key) => {
    expect(problems(settings as Record<string, string>)).toEqual([
      expect.stringMatching(`^  ${key}: needs REDIS_URL or REDIS_CLUSTER_NODES: .* in the process`),
    ]);
  });
});
