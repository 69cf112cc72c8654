import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { drive } from '../../demo/viewers/drive.ts';
import { type Product, startProduct } from '../support/product.ts';
import { RemoteDevice } from '../support/remote-device.ts';

const run = promisify(execFile);

describe('simulated viewers at the real product', () => {
  let product: Product;
  beforeAll(async () => {
    // Their time runs a thousand times as fast as that of the limits.
    const env = { RATE_LIMIT_DEVICE: 'off', RATE_LIMIT_PROFILE: 'off' };
    product = await startProduct({ env });
  });
  afterAll(() => product.stop());

  const simulate = (...argv: string[]) =>
    run(process.execPath, ['demo/viewers/simulate.ts', '--url', product.url, ...argv], { env: {} });

  it('stop, crash, come back from offline and resume elsewhere, and every answer is right', async () => {
    const shares: number[] = [];
    const summary = await drive(
      {
        ...{ url: product.url, viewers: 12, speed: 1_200, minutes: 0.15, seed: 2 },
        ...{ mix: 'fitted', run: 'right' },
        titles: ['mov_sintel', 'mov_tears_of_steel', 'ep_tideline_s1e1', 'ep_tideline_s1e2'],
      },
      ({ share }) => shares.push(share),
    );
    expect(summary.complaints).toEqual([]);
    expect(summary).toMatchObject({ unexpected: 0, faults: {} });
    expect(summary.heartbeats).toBeGreaterThan(100);
    expect(summary.outcomes.ACCEPTED).toBeGreaterThan(50);
    expect(summary.outcomes.REFUSED).toBe(0);
    expect(summary.resumesChecked).toBeGreaterThan(summary.plays);
    expect(shares.at(-1)).toBe(1);
  });

  it('end by themselves, say what they saw, and that it is simulated', async () => {
    const { stdout, stderr } = await simulate(
      '--viewers',
      '3',
      '--speed',
      '600',
      '--minutes',
      '0.05',
    );
    expect(stdout).toMatch(/unexpected answers +0\n/);
    expect(stdout).toMatch(/heartbeats acknowledged +[1-9]/);
    expect(stdout).toMatch(/SIMULATED[\s\S]*no lift/);
    expect(stderr).toMatch(/^ ?100 % {2}.* heartbeats, 0 unexpected\n$/m);
  });

  it('notice what they did not do themselves', async () => {
    const stranger = new RemoteDevice(product, await product.token('sim-watched-1'));
    await stranger.begin({ playableId: 'mov_sintel', deviceId: 'tv', deviceKind: 'TV' });
    await stranger.report({ event: 'PAUSE', positionMs: 77_000 });
    const argv = ['--viewers', '1', '--speed', '600', '--minutes', '0.05', '--run', 'watched'];
    await expect(simulate(...argv, '--titles', 'mov_sintel')).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining('mov_sintel: IN_PROGRESS before it was ever played'),
    });
  });

  it('say what cannot be: other titles, a speed below one, more than the server remembers', async () => {
    const wrong: [argv: string[], said: RegExp][] = [
      [['--titles', 'mov_unheard_of'], /The catalog knows none of these titles/],
      [['--speed', '0.5'], /--speed is 1 or more/],
      [['--speed', '100000', '--minutes', '60'], /at most 29 days/],
      [['--log', 'x.jsonl'], /--log FILE/],
    ];
    for (const [argv, said] of wrong) {
      await expect(simulate(...argv)).rejects.toMatchObject({
        stderr: expect.stringMatching(said),
      });
    }
  });
});
