import { describe, expect, it } from '@jest/globals';
import { readConfig } from '../../runtime/config.ts';

const production = {
  NODE_ENV: 'production',
  TOKEN_JWKS_URL: 'https://issuer.example/keys',
  SESSION_KEY: 'the secret of the sessions in this test',
  IDENTITY_KEY: 'the secret of the statements in this test',
};
const cassandra = { CASSANDRA_CONTACT_POINTS: '10.0.0.1', CASSANDRA_LOCAL_DC: 'eu' };

/** What is wrong with these settings: a line each. */
function problems(environment: Record<string, string>): string[] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    return (error as Error).message.split('\n').slice(1);
  }
}

describe('a link in plain text', () => {
  const links: [string, Record<string, string>][] = [
    ['redis', { REDIS_URL: 'redis://10.0.0.1' }],
    ['redis', { REDIS_CLUSTER_NODES: '10.0.0.1:6379,10.0.0.2:6379' }],
    ['cassandra', cassandra],
    ['jwks', { TOKEN_JWKS_URL: 'http://issuer.example/keys' }],
  ];

  it.each(links)('to %s is refused in production unless it is allowed: %j', (link, settings) => {
    const lines = problems({ ...production, ...settings });
    expect(lines).toEqual([expect.stringMatching(`^  PLAINTEXT_ALLOWED: .*${link}`)]);
    const others = ['redis', 'cassandra', 'jwks'].filter((name) => name !== link).join(',');
    const with_ = (PLAINTEXT_ALLOWED: string) =>
      problems({ ...production, ...settings, PLAINTEXT_ALLOWED });
    expect(with_(others)).toEqual(lines);
    expect(with_('')).toEqual(lines);
    expect(with_(link)).toEqual([]);
  });

  it.each(links)('to %s is fine on a laptop: %j', (_link, settings) => {
    expect(problems(settings)).toEqual([]);
  });

  it('is no matter where there is none', () => {
    const encrypted = { REDIS_URL: 'rediss://10.0.0.1', ...cassandra, CASSANDRA_TLS: 'on' };
    expect(problems(production)).toEqual([]);
    expect(problems({ ...production, ...encrypted })).toEqual([]);
    const REDIS_CLUSTER_NODES = 'rediss://10.0.0.1,rediss://10.0.0.2';
    expect(problems({ ...production, REDIS_CLUSTER_NODES })).toEqual([]);
  });

  it.each([
    [{ REDIS_URL: 'redis://10.0.0.1', REDIS_TLS_CA_FILE: 'ca.pem' }, 'REDIS_TLS_CA_FILE'],
    [{ REDIS_TLS_SERVER_NAME: 'redis' }, 'REDIS_TLS_SERVER_NAME'],
    [{ ...cassandra, CASSANDRA_TLS_CA_FILE: 'ca.pem' }, 'CASSANDRA_TLS_CA_FILE'],
    [{ REDIS_URL: 'rediss://10.0.0.1', REDIS_TLS_CERT_FILE: 'c.pem' }, 'REDIS_TLS_KEY_FILE'],
    [{ REDIS_CLUSTER_NODES: 'rediss://10.0.0.1,10.0.0.2' }, 'REDIS_CLUSTER_NODES'],
    [{ PLAINTEXT_ALLOWED: 'everything' }, 'PLAINTEXT_ALLOWED'],
  ])('is never taken for a protected one: %j', (settings, key) => {
    expect(problems(settings as Record<string, string>)).toEqual([
      expect.stringMatching(`^  ${key}`),
    ]);
  });
});
