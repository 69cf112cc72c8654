import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { Product } from '../support/product.ts';

/** Where systems have Chromium; CHROMIUM_PATH names another place. */
const places = [
  process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const executablePath = places.find((path) => existsSync(path));

/** Without a browser these cases are skipped, but never in CI, where a missing one is a failure. */
export const describeInBrowser =
  executablePath === undefined && process.env.CI === undefined ? describe.skip : describe;

/** Nothing of its own on the network, and video that plays without a press. */
const switches = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
];

/** A fresh Chromium with an empty profile of its own. Playwright leaves the back-forward cache out unless asked. */
export function openBrowser(wanted = { hasBackForwardCache: false }): Promise<Browser> {
  return chromium.launch({
    executablePath: executablePath ?? '/usr/bin/chromium',
    args: switches,
    ignoreDefaultArgs: wanted.hasBackForwardCache ? ['--disable-back-forward-cache'] : [],
  });
}

/** Below a case's own limit, so that a page that hangs says at which step. */
const stepTimeoutMs = 120_000;

/** One demo page in a browser context of its own, so with a storage, and device, of its own. */
export interface OpenDemo {
  page: Page;
  /** What went wrong in the page: console errors and uncaught exceptions. */
  errors: string[];
  /** Origins of everything the page asked for. */
  origins: Set<string>;
}

/** Opens the demo and waits until its library is there. */
export async function openDemo(
  at: { browser: Browser; product: Pick<Product, 'url'> },
  query: { profile: string; device?: 'tv' | 'phone' },
  reducedMotion: 'reduce' | 'no-preference' = 'reduce',
): Promise<OpenDemo> {
  const viewport =
    query.device === 'phone' ? { width: 390, height: 844 } : { width: 1440, height: 900 };
  const context = await at.browser.newContext({ viewport, reducedMotion });
  context.setDefaultTimeout(stepTimeoutMs);
  const page = await context.newPage();
  const errors: string[] = [];
  const origins = new Set<string>();
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith('data:')) origins.add(new URL(request.url()).origin);
  });
  await page.goto(`${at.product.url}/demo/?${new URLSearchParams(query)}`);
  await page.getByTestId('library').waitFor();
  return { page, errors, origins };
}

/** Pictures of what tests see, one for each step; kept where git does not look, unless told otherwise. */
const picturesFolder = process.env.PICTURES_DIR ?? 'coverage/pictures';

/** Keeps what the page shows now, from its top. */
export async function takePicture(page: Page, step: string): Promise<string> {
  mkdirSync(picturesFolder, { recursive: true });
  const path = join(picturesFolder, `${step}.jpg`);
  await page.evaluate(() => scrollTo(0, 0));
  await page.mouse.move(2, 2);
  await page.screenshot({ path, type: 'jpeg', quality: 84 });
  return path;
}

/** Plays a title on the TV, skips ahead until it is in the row, and stops. */
export async function putInRow(
  page: Page,
  wanted: { playableId: string; skips: number },
): Promise<void> {
  const tv = page.getByTestId('tv');
  await playTitle(page, { playableId: wanted.playableId, on: 'tv' });
  for (let skipped = 1; skipped <= wanted.skips; skipped += 1) {
    await tv.getByTestId('forward').click();
    await untilAt(page, { device: 'tv', positionMs: skipped * 30_000 });
  }
  await page.getByTestId(`card-${wanted.playableId}`).waitFor();
  await tv.getByTestId('stop').click();
}

/** Presses play on a title of the library, and waits until it plays. */
export async function playTitle(
  page: Page,
  play: { playableId: string; on: 'tv' | 'phone' },
): Promise<void> {
  const tile = page.getByTestId(`title-${play.playableId}`);
  await tile.hover();
  await tile.getByTestId(`play-on-${play.on}`).click();
  await untilPlaying(page, play.on);
}

/** Waits until a device of the page shows moving pictures. */
export async function untilPlaying(page: Page, device: 'tv' | 'phone'): Promise<void> {
  await page.waitForFunction((testId) => {
    const video = document.querySelector<HTMLVideoElement>(`[data-testid=${testId}] video`);
    return video !== null && !video.paused && !video.seeking && video.readyState >= 3;
  }, device);
}

/** Waits until a device of the page has played on to a position. */
export async function untilAt(
  page: Page,
  reached: { device: 'tv' | 'phone'; positionMs: number },
): Promise<void> {
  await page.waitForFunction(({ device, positionMs }) => {
    const video = document.querySelector<HTMLVideoElement>(`[data-testid=${device}] video`);
    return video !== null && video.currentTime * 1_000 >= positionMs;
  }, reached);
}

/** Where a device of the page is, in ms. */
export function positionMsOf(page: Page, device: 'tv' | 'phone'): Promise<number> {
  return page.evaluate((testId) => {
    const video = document.querySelector<HTMLVideoElement>(`[data-testid=${testId}] video`);
    return (video?.currentTime ?? Number.NaN) * 1_000;
  }, device);
}
