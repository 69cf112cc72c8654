import { stat } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { type Product, startProduct } from '../support/product.ts';
import {
  describeInBrowser,
  openBrowser,
  openDemo,
  playTitle,
  putInRow,
  takePicture,
  untilAt,
  untilPlaying,
} from './browser.ts';

describeInBrowser('the demo page', () => {
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

  it('hands a title from the TV to the phone, without an error or a word to another origin', async () => {
    const demo = await openDemo({ browser, product }, { profile: 'page' });
    const { page } = demo;
    const phone = page.getByTestId('phone');
    await putInRow(page, { playableId: 'ep_tideline_s1e1', skips: 5 });
    await putInRow(page, { playableId: 'mov_agent_327', skips: 2 });
    await putInRow(page, { playableId: 'mov_coffee_run', skips: 3 });
    await playTitle(page, { playableId: 'mov_caminandes_llamigos', on: 'tv' });
    await page.getByTestId('tv').getByTestId('forward').click();
    await untilAt(page, { device: 'tv', positionMs: 32_000 });
    await page.getByTestId('row').getByTestId('card-mov_caminandes_llamigos').waitFor();

    await page.getByTestId('tv').getByTestId('toggle').click();
    await page.getByText(/^Handed over in \d+ ms$/).waitFor();
    await phone.getByTestId('offer').click();
    await untilPlaying(page, 'phone');
    await page.getByTestId('row').getByText('On Phone').waitFor();

    const { size } = await stat(await takePicture(page, 'demo'));
    expect(size).toBeGreaterThan(50_000);
    expect(size).toBeLessThan(300_000);
    expect(demo.errors).toEqual([]);
    expect([...demo.origins]).toEqual([product.url]);
  });

  it('moves a card to the front when its title is played, and away when it is removed', async () => {
    const { page, errors } = await openDemo({ browser, product }, { profile: 'row' });
    const cards = page.getByTestId('row').locator('article');
    const ids = () => cards.evaluateAll((all) => all.map((card) => card.dataset.testid));
    for (const playableId of ['mov_caminandes_llamigos', 'mov_coffee_run']) {
      await playTitle(page, { playableId, on: 'tv' });
      await page.getByTestId('tv').getByTestId('forward').click();
      await page.getByTestId(`card-${playableId}`).waitFor();
      await page.getByTestId('tv').getByTestId('stop').click();
    }
    expect(await ids()).toEqual(['card-mov_coffee_run', 'card-mov_caminandes_llamigos']);

    await cards.nth(1).hover();
    await cards.nth(1).getByTestId('play-on-phone').click();
    await untilPlaying(page, 'phone');
    await page.waitForFunction(() => {
      const [first] = document.querySelectorAll<HTMLElement>('[data-testid=row] article');
      return first?.dataset.testid === 'card-mov_caminandes_llamigos';
    });

    await cards.nth(1).hover();
    await cards.nth(1).getByTestId('remove').click();
    await page.getByTestId('card-mov_coffee_run').waitFor({ state: 'detached' });
    expect(await ids()).toEqual(['card-mov_caminandes_llamigos']);
    expect(errors).toEqual([]);
  });
});
