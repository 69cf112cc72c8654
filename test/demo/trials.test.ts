import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Browser, Page, Request } from 'playwright-core';
import { type Product, startProduct } from '../support/product.ts';
import {
  describeInBrowser,
  openBrowser,
  openDemo,
  playTitle,
  positionMsOf,
  putInRow,
  takePicture,
  untilAt,
  untilPlaying,
} from './browser.ts';

/** 2.5 min: in the row from 4.5 s on. */
const film = 'mov_caminandes_llamigos';
const slackMs = 1_000;

describeInBrowser('try to break it', () => {
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

  it.each(['no-preference', 'reduce'] as const)(
    'finish an episode: the next one takes its place, the row is ranked anew (motion: %s)',
    async (motion) => {
      const { page, errors } = await openDemo(
        { browser, product },
        { profile: `finish-${motion}` },
        motion,
      );
      await putInRow(page, { playableId: 'mov_coffee_run', skips: 1 });
      await putInRow(page, { playableId: 'ep_tideline_s1e1', skips: 5 });
      await putInRow(page, { playableId: film, skips: 1 });
      const place = await page.getByTestId('card-ep_tideline_s1e1').elementHandle();
      expect(await rowOf(page)).toEqual(
        [film, 'ep_tideline_s1e1', 'mov_coffee_run'].map((id) => `card-${id}`),
      );

      await playTitle(page, { playableId: 'ep_tideline_s1e1', on: 'tv' });
      await countAnimations(page);
      await controlOf(page, 'trial-finish').click();
      await page.getByTestId('card-ep_tideline_s1e2').waitFor();
      await page.getByText('Next in the row: S1 E2 · The Harbour Master').waitFor();
      expect(await place?.getAttribute('data-testid')).toBe('card-ep_tideline_s1e2');
      expect(await place?.textContent()).toContain('Next episode');
      expect((await rowOf(page))[0]).toBe('card-ep_tideline_s1e2');
      await takePicture(page, 'next-episode');
      const animated = await page.evaluate(() => Number(document.body.dataset.animated));
      if (motion === 'reduce') expect(animated).toBe(0);
      else expect(animated).toBeGreaterThan(0);
      expect(errors).toEqual([]);
    },
  );

  it('take the phone offline: heartbeats wait, then come in one batch, in order, and nothing jumps back', async () => {
    const { page, errors } = await openDemo({ browser, product }, { profile: 'offline' });
    await playTitle(page, { playableId: film, on: 'phone' });
    await untilAt(page, { device: 'phone', positionMs: 5_500 });
    await page.getByTestId(`card-${film}`).waitFor();
    await notePlaces(page, film);

    await controlOf(page, 'trial-offline').click();
    await page.getByTestId('phone').getByText('offline, keeping your place').waitFor();
    const phone = page.getByTestId('phone');
    for (const waiting of [1, 2, 3]) {
      await phone.getByTestId('forward').click();
      await untilWaiting(page, waiting);
    }
    await takePicture(page, 'phone-offline');
    const aheadMs = await positionMsOf(page, 'phone');
    expect(aheadMs).toBeGreaterThan(90_000);

    const sent: Request[] = [];
    page.on('request', (request) => {
      if (request.postData()?.includes('"RecordHeartbeats"')) sent.push(request);
    });
    await controlOf(page, 'trial-offline').click();
    await page.getByText(/^\d+ heartbeats in one request, in order: now at 1:\d\d$/).waitFor();
    await page.waitForFunction((testId) => {
      const place = document.querySelector(`[data-testid="${testId}"] .card__place`)?.textContent;
      return place?.startsWith('1:') === true || place?.startsWith('2:') === true;
    }, `card-${film}`);

    const [first] = sent.map((request) => heartbeatsOf(request));
    const sequences = first?.map(({ sequence }) => sequence) ?? [];
    expect(sequences.length).toBeGreaterThanOrEqual(3);
    expect(sequences).toEqual([...sequences].sort((left, right) => left - right));
    const places = await placesOf(page);
    expect(places).toEqual([...places].sort((left, right) => left - right));
    expect(errors).toEqual([]);
  });

  it('wake an old tablet: it plays and closes, is told stale and SUPERSEDED, and nothing goes back', async () => {
    const { page, errors } = await openDemo({ browser, product }, { profile: 'tablet' });
    await playTitle(page, { playableId: film, on: 'tv' });
    await page.getByText(/^Asleep since 0:0\d\. Skip ahead/).waitFor();
    for (const toMs of [31_000, 62_000]) {
      await page.getByTestId('tv').getByTestId('forward').click();
      await untilAt(page, { device: 'tv', positionMs: toMs });
    }
    await page.getByText(/^Asleep since 0:0\d\. Wake it/).waitFor();
    await page.getByTestId('tv').getByTestId('toggle').click();
    const stoppedMs = await positionMsOf(page, 'tv');
    const place = page.getByTestId(`card-${film}`).getByTestId('card-place');
    await page.getByText(`Continue from ${clockOf(stoppedMs)} — Living room TV`).waitFor();
    await notePlaces(page, film);

    await controlOf(page, 'trial-tablet').click();
    const told = page.getByTestId('trial-tablet').getByRole('status');
    const stays = `Living room TV’s ${clockOf(stoppedMs)} stays.`;
    await told.getByText(`Played, and SUPERSEDED: ${stays}`).waitFor();
    await takePicture(page, 'old-tablet');
    await controlOf(page, 'trial-tablet').click();
    await told.getByText(`Closed, and SUPERSEDED: ${stays}`).waitFor();

    expect(await place.textContent()).toBe(clockOf(stoppedMs));
    expect(new Set(await placesOf(page)).size).toBeLessThanOrEqual(1);
    await page.getByTestId('phone').getByTestId('offer').click();
    await untilPlaying(page, 'phone');
    expect(await positionMsOf(page, 'phone')).toBeGreaterThanOrEqual(stoppedMs - slackMs);
    expect(errors).toEqual([]);
  });

  it('set the clock of the TV three hours back: it plays on, and the phone goes on right there', async () => {
    const { page, errors } = await openDemo({ browser, product }, { profile: 'clock' });
    await playTitle(page, { playableId: film, on: 'tv' });
    await untilAt(page, { device: 'tv', positionMs: 5_000 });
    await page.getByTestId(`card-${film}`).waitFor();
    await notePlaces(page, film);
    await controlOf(page, 'trial-clock').click();
    await page.getByText(/^The TV says \d\d:\d\d\. Play on/).waitFor();
    await page.getByTestId('tv').getByTestId('forward').click();
    await untilAt(page, { device: 'tv', positionMs: 36_000 });

    await page.getByTestId('tv').getByTestId('toggle').click();
    const pausedMs = await positionMsOf(page, 'tv');
    await page.getByText(`Continue from ${clockOf(pausedMs)} — Living room TV`).waitFor();
    await page.getByTestId('phone').getByTestId('offer').click();
    await untilPlaying(page, 'phone');
    expect(Math.abs((await positionMsOf(page, 'phone')) - pausedMs)).toBeLessThan(3 * slackMs);
    await page.getByTestId('row').getByText('On Phone').waitFor();

    await takePicture(page, 'wrong-clock');
    await controlOf(page, 'trial-clock').click();
    await page.getByText(/^The TV says \d\d:\d\d again/).waitFor();
    const places = await placesOf(page);
    expect(places).toEqual([...places].sort((left, right) => left - right));
    expect(errors).toEqual([]);
  });
});

function controlOf(page: Page, trial: string) {
  return page.getByTestId(trial).getByTestId('control');
}

function rowOf(page: Page): Promise<(string | undefined)[]> {
  const cards = page.getByTestId('row').locator('article');
  return cards.evaluateAll((all) => all.map((card) => card.dataset.testid));
}

/** From now on the page counts what it moves. */
async function countAnimations(page: Page): Promise<void> {
  await page.evaluate(() => {
    document.body.dataset.animated = '0';
    const animate = Element.prototype.animate;
    Element.prototype.animate = function counted(...moves) {
      document.body.dataset.animated = String(Number(document.body.dataset.animated) + 1);
      return animate.apply(this, moves);
    };
  });
}

/** From now on the page notes each place that the card of a title shows. */
async function notePlaces(page: Page, playableId: string): Promise<void> {
  await page.evaluate((testId) => {
    const place = document.querySelector(`[data-testid="${testId}"] .card__place`);
    const observer = new MutationObserver(() => {
      const noted = document.body.dataset.places ?? '';
      document.body.dataset.places = `${noted} ${place?.textContent ?? ''}`;
    });
    if (place !== null) observer.observe(place, { childList: true, characterData: true });
  }, `card-${playableId}`);
}

/** What was noted, in seconds. */
async function placesOf(page: Page): Promise<number[]> {
  const noted = await page.evaluate(() => document.body.dataset.places ?? '');
  return noted
    .split(' ')
    .filter((place) => place !== '')
    .map((place) => place.split(':').reduce((sum, part) => sum * 60 + Number(part), 0));
}

async function untilWaiting(page: Page, heartbeats: number): Promise<void> {
  await page.waitForFunction((least) => {
    const status = document.querySelector('[data-testid=trial-offline] [role=status]');
    const [, waiting] = /^(\d+) heartbeats? waiting/.exec(status?.textContent ?? '') ?? [];
    return Number(waiting) >= least;
  }, heartbeats);
}

function heartbeatsOf(request: Request): { sequence: number }[] {
  const sent = request.postDataJSON() as {
    variables: { input: { heartbeats: { sequence: number }[] } };
  };
  return sent.variables.input.heartbeats;
}

function clockOf(positionMs: number): string {
  const seconds = Math.floor(positionMs / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
