import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../runtime/clock.ts';
import { type Config, readConfig } from '../../runtime/config.ts';
import { mintDevelopmentToken, openTokenVerifier } from '../../runtime/identity.ts';

describe('the keys of a development installation', () => {
  let config: Config;
  beforeEach(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'playhead-keys-'));
    config = readConfig({ DATA_DIR: folder });
  });
  afterEach(() => rm(config.DATA_DIR, { recursive: true }));

  const mint = () => mintDevelopmentToken(config, { profileId: 'demo', nowMs: Date.now() });

  it('are the same for all processes that start at the same moment', async () => {
    const minting: Promise<string>[] = [];
    // One after the other, so that some come while the first is still at it.
    for (let starter = 0; starter < 64; starter += 1) {
      minting.push(mint());
      await turn();
    }
    const tokens = await Promise.all(minting);
    const verifier = await openTokenVerifier(config, systemClock);
    for (const token of tokens) {
      expect(await verifier.verify(`Bearer ${token}`)).toMatchObject({ profileId: 'demo' });
    }
    expect(await readdir(config.DATA_DIR)).toEqual(['development-keys.json']);
  });
});
