import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { type Product, startProduct } from '../support/product.ts';
import { hasRedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';
import {
  describeInBrowser,
  openBrowser,
  openDemo,
  playTitle,
  positionMsOf,
  takePicture,
  untilAt,
} from './browser.ts';

const film = 'mov_caminandes_llamigos';
const slackMs = 1_000;
const isRedisThere = await hasRedisServer();

(isRedisThere ? describeInBrowser : describe.skip)('kill the hot store', () => {
  let product: Product;
  let browser: Browser;

  beforeAll(async () => {
    [product, browser] = await Promise.all([
      startProduct({ argv: ['--demo-redis'], env: { LOG_LEVEL: 'error' } }),
      openBrowser(),
    ]);
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
  });
  afterAll(async () => {
    await browser?.close();
    await product?.stop();
  });

  // What breaks: the Redis of the demo, by SIGKILL, while the TV plays.
  // How: the control of the page; then started again, by the same control.
  // What must hold: the badge says so both ways, resume works in between, no position is lost.
  it('turns the badge amber, resumes all the same, and turns green again with every position', async () => {
    const { page } = await openDemo({ browser, product }, { profile: 'kill' });
    const tv = page.getByTestId('tv');
    await badgeSays(page, 'All stores up');
    await playTitle(page, { playableId: film, on: 'tv' });
    await tv.getByTestId('forward').click();
    await untilAt(page, { device: 'tv', positionMs: 31_000 });
    await page.getByTestId(`card-${film}`).waitFor();
    const killedPid = pidOf(product);

    const control = page.getByTestId('trial-hot-store').getByTestId('control');
    await control.click();
    await badgeSays(page, 'Degraded: answers come from the durable store');
    await takePicture(page, 'hot-store-killed');
    await until(() => !isAlive(killedPid), { what: 'Redis is gone' });
    await tv.getByTestId('forward').click();
    await untilAt(page, { device: 'tv', positionMs: 62_000 });
    const leftMs = await positionMsOf(page, 'tv');
    const isStopKept = untilKept(page, leftMs);
    await tv.getByTestId('stop').click();
    await isStopKept;
    await playTitle(page, { playableId: film, on: 'phone' });
    expect(await positionMsOf(page, 'phone')).toBeGreaterThanOrEqual(leftMs - slackMs);

    await control.click();
    await badgeSays(page, 'All stores up');
    await page.getByText('Redis is back. No position was lost.').waitFor();
    expect(pidOf(product)).not.toBe(killedPid);
    const goneOnMs = await positionMsOf(page, 'phone');
    const isPauseKept = untilKept(page, goneOnMs);
    await page.getByTestId('phone').getByTestId('toggle').click();
    await isPauseKept;

    const later = await openDemo({ browser, product }, { profile: 'kill' });
    await playTitle(later.page, { playableId: film, on: 'tv' });
    expect(await positionMsOf(later.page, 'tv')).toBeGreaterThanOrEqual(goneOnMs - slackMs);
    expect(later.errors).toEqual([]);
  });

  it('is for pages of this origin, by POST', async () => {
    const kill = `${product.url}/demo/hot-store/kill`;
    const pid = pidOf(product);
    const refused = await Promise.all([
      fetch(kill),
      fetch(kill, { method: 'POST' }),
      fetch(kill, { method: 'POST', headers: { origin: 'http://elsewhere.example' } }),
    ]);
    expect(refused.map(({ status }) => status)).toEqual([405, 403, 403]);
    expect(isAlive(pid)).toBe(true);
  });
});

(isRedisThere ? describe : describe.skip)('the Redis of the demo', () => {
  it.each(['stop', 'kill9'] as const)('ends with the demo (%s)', async (end) => {
    const product = await startProduct({ argv: ['--demo-redis'], env: { LOG_LEVEL: 'error' } });
    const pid = pidOf(product);
    expect(isAlive(pid)).toBe(true);
    await product[end]();
    await until(() => !isAlive(pid), { what: 'Redis is gone' });
    await product.stop();
  });
});

describe('a demo without a Redis of its own', () => {
  it.each([
    ['was not asked for one', { argv: [] }, /npm run demo/],
    [
      'finds no redis-server',
      { argv: ['--demo-redis'], env: { PATH: '/nowhere' } },
      /no redis-server on the PATH/,
    ],
  ])('says so when it %s, and kills nothing', async (_why, options, words) => {
    const product = await startProduct(options);
    const asked = await fetch(`${product.url}/demo/hot-store`);
    expect(await asked.json()).toEqual({
      isOwn: false,
      isUp: true,
      words: expect.stringMatching(words),
    });
    const killed = await fetch(`${product.url}/demo/hot-store/kill`, {
      method: 'POST',
      headers: { origin: product.url },
    });
    expect(killed.status).toBe(409);
    await product.stop();
  });
});

function badgeSays(page: Page, words: string): Promise<void> {
  return page.getByTestId('badge').getByText(words).waitFor();
}

/** Waits for the answer to a heartbeat from that far on, one that was stored. */
async function untilKept(page: Page, fromMs: number): Promise<void> {
  await page.waitForResponse(async (response) => {
    const sent = response.request().postData() ?? '';
    if (!sent.includes('"RecordHeartbeats"')) return false;
    const { variables } = JSON.parse(sent) as {
      variables: { input: { heartbeats: { positionMs: number }[] } };
    };
    const isThere = variables.input.heartbeats.some(({ positionMs }) => positionMs >= fromMs - 500);
    return isThere && (await response.text()).includes('"outcome":"ACCEPTED"');
  });
}

function pidOf(product: Product): number {
  return Number(readFileSync(join(product.dataDir, 'demo/redis/redis.pid'), 'utf8'));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
