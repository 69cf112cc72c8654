import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { format, inspect } from 'node:util';
import { afterAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { readConfig } from '../../runtime/config.ts';
import { secretKeys } from '../../runtime/secret-settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'playhead-secrets-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A value that each secret setting takes, and that shows wherever it is printed. */
const canaries = {
  SESSION_KEY: 'canary-session-key-that-is-long-enough',
  IDENTITY_KEY: 'canary-identity-key-that-is-long-enough',
  IDENTITY_KEY_PREVIOUS: 'canary-previous-key-that-is-long-enough',
  REDIS_URL: 'redis://playhead:canary-redis@127.0.0.1:6379',
  REDIS_CLUSTER_NODES: 'redis://playhead:canary-node@127.0.0.1:6379',
  CASSANDRA_PASSWORD: 'canary-password',
  REGION_PEERS: 'us=redis://playhead:canary-peer@127.0.0.1:6379',
};
const { REDIS_CLUSTER_NODES: nodes, REGION_PEERS: peers, ...others } = canaries;
const login = { CASSANDRA_USERNAME: 'playhead' };
const region = { REGION: 'eu', REGION_PEERS: peers };
const messageOf = (environment: NodeJS.ProcessEnv): string => {
  try {
    readConfig(environment);
    return 'nothing is wrong';
  } catch (error) {
    return (error as Error).message;
  }
};

function inFiles(secrets: Record<string, string>, after = ''): Record<string, string> {
  return Object.fromEntries(
    Object.entries(secrets).map(([key, secret]) => {
      const file = join(folder, key);
      writeFileSync(file, secret + after);
      return [`${key}_FILE`, file];
    }),
  );
}

describe('production', () => {
  it('refuses to start without each secret, saying of all what they are and how to make them', () => {
    const message = messageOf({ NODE_ENV: 'production' });
    for (const name of ['TOKEN_JWKS_URL or TOKEN_PUBLIC_KEY_FILE', 'SESSION_KEY', 'IDENTITY_KEY']) {
      expect(message).toMatch(new RegExp(`^  ${name}: required in production: \\S+ .{20}`, 'm'));
    }
    expect(message.match(/openssl rand -base64 32/g)).toHaveLength(2);
  });

  it.each(['SESSION_KEY', 'IDENTITY_KEY', 'TOKEN_JWKS_URL'])('misses %s alone', (key) => {
    const { SESSION_KEY, IDENTITY_KEY } = canaries;
    const TOKEN_JWKS_URL = 'https://issuer.example/keys';
    const all = { NODE_ENV: 'production', SESSION_KEY, IDENTITY_KEY, TOKEN_JWKS_URL };
    expect(messageOf(all)).toBe('nothing is wrong');
    const lines = messageOf({ ...all, [key]: undefined }).split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain(`${key}`);
  });

  it('has a secret of its own for each purpose', () => {
    const IDENTITY_KEY = canaries.SESSION_KEY;
    expect(messageOf({ ...canaries, IDENTITY_KEY })).toContain('not the same as SESSION_KEY');
  });
});

describe('a secret', () => {
  it.each(['', '\n', '\r\n'])('is as well read from a file that ends with %j', (after) => {
    const config = readConfig({
      ...inFiles(others, after),
      ...login,
    });
    expect(config).toMatchObject({ ...others, ...login });
    expect(readConfig(inFiles({ REDIS_CLUSTER_NODES: nodes })).REDIS_CLUSTER_NODES).toEqual([
      nodes,
    ]);
  });

  it('comes from one place', () => {
    const { SESSION_KEY } = canaries;
    const message = messageOf({ ...inFiles({ SESSION_KEY }), SESSION_KEY });
    expect(message).toContain('SESSION_KEY_FILE: not beside SESSION_KEY');
  });

  it('in a file that is not there, or is too short, is missed by name', () => {
    expect(messageOf({ SESSION_KEY_FILE: join(folder, 'nothing') })).toMatch(
      /SESSION_KEY_FILE: .* cannot be read \(ENOENT\)/,
    );
    expect(messageOf(inFiles({ SESSION_KEY: 'canary' }))).toMatch(/^ {2}SESSION_KEY: .*32/m);
  });

  it('is never printed, however the configuration is', async () => {
    const lines = new PassThrough({ encoding: 'utf8' });
    for (const given of [{ ...others, ...login, ...region }, { REDIS_CLUSTER_NODES: nodes }]) {
      const config = readConfig(given);
      pino(lines).error({ config, err: Object.assign(new Error('x'), { config }) }, 'all of it');
      const printed = [
        ...[JSON.stringify(config), JSON.stringify({ config }), inspect(config), format(config)],
        ...[inspect({ deep: { config } }), `${config}`, String(lines.read())],
      ];
      for (const text of printed) expect(text).not.toContain('canary');
      expect(printed[0]).toContain('"[secret]"');
      expect(config.NODE_ENV).toBe('development');
    }
  });

  it('is not in what is said of bad settings', () => {
    const short = Object.fromEntries(secretKeys.map((key) => [key, 'canary ,']));
    const message = messageOf({ ...short, ...login });
    const misread = ['SESSION_KEY', 'IDENTITY_KEY', 'REDIS_URL', 'REDIS_CLUSTER_NODES'];
    for (const key of [...misread, 'REGION_PEERS']) {
      expect(message).toContain(`${key}:`);
    }
    expect(message).not.toContain('canary');
  });
});
