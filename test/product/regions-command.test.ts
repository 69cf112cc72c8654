import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { orSkip } from '../support/cassandra.ts';
import { cassandraJars } from '../support/cassandra-jars.ts';
import { hasRedisServer } from '../support/redis-server.ts';

const run = promisify(execFile);
/** Six servers start, on a machine that others use as well. */
const startMsMax = 350_000;

/** As `npm run regions` does it, with these arguments and this environment on top of ours. */
function regions(argv: readonly string[], env: Record<string, string> = {}) {
  return run(process.execPath, ['test/regions/run.ts', ...argv], {
    env: { ...process.env, ...env },
    timeout: startMsMax,
  });
}

describe('npm run regions', () => {
  it('says what is to be installed where that is missing', async () => {
    const told = await regions([], { PATH: '/nowhere' }).catch((error) => error);
    expect(told.code).toBe(2);
    expect(told.stderr).toContain('redis-server: install Redis 7 or later');
    expect(told.stderr).toContain('java: install Java 17');
  });

  it('refuses a delay that is none', async () => {
    const told = await regions(['--delay-ms', 'long']).catch((error) => error);
    expect(told.code).toBe(2);
    expect(told.stderr).toContain('--delay-ms');
  });
});

const canStart = (await hasRedisServer()) && (await orSkip(cassandraJars)) !== null;

(canStart ? describe : describe.skip)('npm run regions -- --once', () => {
  it(
    'sends one heartbeat from one region to the other, says how long it took, and leaves nothing',
    async () => {
      const { stdout } = await regions(['--once', '--delay-ms', '20']);
      expect(stdout).toMatch(/A heartbeat sent in eu was read in us after \d+ ms\./);
      const places = [...stdout.matchAll(/(?:redis|http):\/\/(127\.0\.0\.1:\d+)/g)].map(
        ([, at]) => at,
      );
      expect(new Set(places).size).toBe(4);
      for (const place of new Set(places)) {
        await expect(fetch(`http://${place}/`)).rejects.toThrow('fetch failed');
      }
    },
    startMsMax,
  );
});
