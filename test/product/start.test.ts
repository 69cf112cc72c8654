import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Product, startProduct } from '../support/product.ts';
import { askGateway } from '../support/remote-device.ts';

describe('npm start', () => {
  let product: Product;

  beforeAll(async () => {
    product = await startProduct();
  });
  afterAll(() => product.stop());

  it('says where everything is, the data folder too', () => {
    expect(product.output()).toContain(`${product.url}/graphql`);
    expect(product.output()).toContain(`${product.url}/demo`);
    expect(product.output()).toContain(product.dataDir);
    expect(existsSync(join(product.dataDir, 'playback.db'))).toBe(true);
  });

  it('accepts the token that npm run token prints, which prints nothing else', async () => {
    const printed = execFileSync('npm', ['run', '-s', 'token', '--', '--profile', 'demo'], {
      env: { ...process.env, DATA_DIR: product.dataDir },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(printed).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const { viewer } = await askGateway<{ viewer: { id: string } }>(product, printed.trim(), {
      query: '{ viewer { id } }',
    });
    expect(viewer.id).toMatch(/^vwr_/);
  });

  it('says nothing but that when it is told to log nothing', async () => {
    const silent = await startProduct({ env: { LOG_LEVEL: 'silent' } });
    expect((await fetch(`${silent.url}/health/ready`)).status).toBe(200);
    expect(silent.output().trim().split('\n')).toHaveLength(3);
    await silent.stop();
  });

  it('refuses to start on settings that make no sense, naming each', () => {
    const { status, stderr } = spawnSync(process.execPath, ['gateway/main.ts'], {
      env: { PATH: process.env.PATH, PORT: 'lots', LOG_LEVEL: 'loud' },
      encoding: 'utf8',
    });
    expect(status).toBe(78);
    expect(stderr).toMatch(/PORT/);
    expect(stderr).toMatch(/LOG_LEVEL/);
  });

  it('refuses to start in production without keys of its own', () => {
    const { status, stderr } = spawnSync(process.execPath, ['gateway/main.ts'], {
      env: { PATH: process.env.PATH, NODE_ENV: 'production' },
      encoding: 'utf8',
    });
    expect(status).toBe(78);
    expect(stderr).toMatch(/TOKEN_PUBLIC_KEY_FILE/);
    expect(stderr).toMatch(/SESSION_KEY/);
    expect(stderr).toMatch(/IDENTITY_KEY/);
  });
});
