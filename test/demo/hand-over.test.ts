import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { type Product, startProduct } from '../support/product.ts';
import { promise } from '../support/promise.ts';
import {
  describeInBrowser,
  openBrowser,
  openDemo,
  playTitle,
  positionMsOf,
  untilAt,
  untilPlaying,
} from './browser.ts';

/** Told by the server (5 s) and stretched by the jitter of the SDK. */
const heartbeatIntervalMsMax = 5_000 * 1.1;
/** `timeupdate`, by which the SDK counts, comes every quarter of a second; then there is the way. */
const slackMs = 1_000;
/** 2.5 min: three per cent of it, from where it is in the row, are 4.5 s. */
const playableId = 'mov_caminandes_llamigos';

describeInBrowser('hand-over between two devices', () => {
  let product: Product;
  let browser: Browser;

  beforeAll(async () => {
    [product, browser] = await Promise.all([startProduct(), openBrowser()]);
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
  });
  afterAll(async () => {
    await browser?.close();
    await product?.stop();
  });

  // What breaks: the renderer of the television dies, without pagehide, while it plays.
  // How: Chromium's own Page.crash.
  // What must hold: the phone starts at most one heartbeat interval behind.
  it('resumes on the phone at most one heartbeat interval behind a TV that crashed', async () => {
    const profile = 'crash';
    const tv = await openDemo({ browser, product }, { profile, device: 'tv' });
    const phone = await openDemo({ browser, product }, { profile, device: 'phone' });
    await playTitle(tv.page, { playableId, on: 'tv' });
    await untilAt(tv.page, { device: 'tv', positionMs: 9_500 });
    const crashedAtMs = await crash(tv.page);

    await noteFirstPosition(phone.page);
    await playTitle(phone.page, { playableId, on: 'phone' });
    const resumedAtMs = await firstPosition(phone.page);
    expect(resumedAtMs).toBeGreaterThanOrEqual(crashedAtMs - heartbeatIntervalMsMax - slackMs);
    expect(resumedAtMs).toBeLessThanOrEqual(crashedAtMs + slackMs);
  });

  it('shows a pause of the TV on the phone within a second, and goes on right there', async () => {
    const profile = 'pause';
    const tv = await openDemo({ browser, product }, { profile, device: 'tv' });
    const phone = await openDemo({ browser, product }, { profile, device: 'phone' });
    await playTitle(tv.page, { playableId, on: 'tv' });
    await untilAt(tv.page, { device: 'tv', positionMs: 6_000 });
    const card = phone.page.getByTestId(`card-${playableId}`);
    await card.waitFor();

    await notePause(tv.page);
    await noteText(phone.page, { testId: 'offer-text', begins: 'Continue from' });
    await tv.page.getByTestId('tv').getByTestId('toggle').click();
    const pausedAt = await stampOf(tv.page);
    const shownAt = await stampOf(phone.page);
    promise('a pause on one device is on the screen of another after', shownAt - pausedAt, 1_000);

    const pausedMs = await positionMsOf(tv.page, 'tv');
    const place = `0:${String(Math.floor(pausedMs / 1_000)).padStart(2, '0')}`;
    const offer = phone.page.getByTestId('offer-text');
    expect(await offer.textContent()).toBe(`Continue from ${place} — Living room TV`);
    expect(await card.getByTestId('card-place').textContent()).toBe(place);

    await noteFirstPosition(phone.page);
    await phone.page.getByTestId('offer').click();
    await untilPlaying(phone.page, 'phone');
    expect(Math.abs((await firstPosition(phone.page)) - pausedMs)).toBeLessThan(slackMs);
  });

  it('tells the phone where the TV was when its page was left', async () => {
    const profile = 'left';
    const tv = await openDemo({ browser, product }, { profile, device: 'tv' });
    const phone = await openDemo({ browser, product }, { profile, device: 'phone' });
    await playTitle(tv.page, { playableId, on: 'tv' });
    await untilAt(tv.page, { device: 'tv', positionMs: 7_500 });
    const leftAtMs = await positionMsOf(tv.page, 'tv');
    await tv.page.goto('about:blank');

    const offer = phone.page.getByText(/^Continue from 0:\d\d — Living room TV$/);
    const [, seconds] = /0:(\d\d)/.exec((await offer.textContent()) ?? '') ?? [];
    // Shown in whole seconds, rounded down; without STOP it would be the heartbeat at about 5 s.
    expect(Number(seconds) * 1_000).toBeGreaterThan(leftAtMs - 1_000);
  });
});

/** Kills the renderer; answers where its video was, read right before. */
async function crash(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  const hasCrashed = page.waitForEvent('crash');
  const positionMs = await positionMsOf(page, 'tv');
  // Never answered: whoever would is dead.
  session.send('Page.crash').catch(() => undefined);
  await hasCrashed;
  return positionMs;
}

/** From now on the page keeps where its video first was when it played. */
async function noteFirstPosition(page: Page): Promise<void> {
  await page.evaluate(() => {
    const video = document.querySelector('video');
    const note = () => {
      document.body.dataset.firstPositionMs ??= String((video?.currentTime ?? 0) * 1_000);
    };
    video?.addEventListener('playing', note);
  });
}

async function firstPosition(page: Page): Promise<number> {
  await page.waitForFunction(() => document.body.dataset.firstPositionMs !== undefined);
  return page.evaluate(() => Number(document.body.dataset.firstPositionMs));
}

/** From now on the page keeps when its video pauses: one clock for all pages of this machine. */
async function notePause(page: Page): Promise<void> {
  await page.evaluate(() => {
    document.querySelector('video')?.addEventListener('pause', () => {
      document.body.dataset.stamp ??= String(performance.timeOrigin + performance.now());
    });
  });
}

/** From now on the page keeps when a text begins as said. */
async function noteText(page: Page, text: { testId: string; begins: string }): Promise<void> {
  await page.evaluate(({ testId, begins }) => {
    const shown = document.querySelector(`[data-testid=${testId}]`);
    const observer = new MutationObserver(() => {
      if (shown?.textContent?.startsWith(begins) !== true) return;
      document.body.dataset.stamp ??= String(performance.timeOrigin + performance.now());
    });
    if (shown !== null) observer.observe(shown, { childList: true, characterData: true });
  }, text);
}

async function stampOf(page: Page): Promise<number> {
  await page.waitForFunction(() => document.body.dataset.stamp !== undefined);
  return page.evaluate(() => Number(document.body.dataset.stamp));
}
