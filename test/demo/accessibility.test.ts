import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { type Product, startProduct } from '../support/product.ts';
import {
  describeInBrowser,
  openBrowser,
  openDemo,
  playTitle,
  putInRow,
  takePicture,
} from './browser.ts';

/** WCAG 2.2, AA: text of this size, and what fingers must hit. */
const contrastMin = 4.5;
const targetPxMin = 24;
const screens = { desk: { width: 1440, height: 900 }, hand: { width: 390, height: 844 } };

describeInBrowser('the demo, for everybody', () => {
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

  it('has a name for everything that can be pressed, headings in order, and one of each landmark', async () => {
    const { page } = await openDemo({ browser, product }, { profile: 'names' });
    await putInRow(page, { playableId: 'mov_coffee_run', skips: 1 });
    await playTitle(page, { playableId: 'mov_caminandes_llamigos', on: 'tv' });
    const nodes = await accessibleNodes(page);

    const pressed = nodes.filter(({ role }) => ['button', 'switch', 'slider'].includes(role));
    expect(pressed.length).toBeGreaterThan(40);
    expect(pressed.filter(({ name }) => name === '')).toEqual([]);
    const names = pressed.map(({ name }) => name);
    expect(names).toContain('Play Coffee Run on the phone');
    expect(names).toContain('Remove Coffee Run from the row');
    expect(names).toContain('Pause');
    expect(names).toContain('Play Tideline S1 E2 · The Harbour Master on the TV');

    expect(nodes.filter(({ role }) => role === 'main')).toHaveLength(1);
    expect(nodes.filter(({ role }) => role === 'banner')).toHaveLength(1);
    const regions = nodes.filter(({ role }) => role === 'region').map(({ name }) => name);
    expect(regions).toEqual(
      expect.arrayContaining([
        'Living room TV',
        'Phone',
        'Try to break it',
        'Continue Watching',
        'Library',
      ]),
    );
    const levels = nodes.filter(({ role }) => role === 'heading').map(({ level }) => level);
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    expect(levels.filter((level, index) => level > (levels[index - 1] ?? 0) + 1)).toEqual([]);
    expect(nodes.filter(({ role }) => role === 'status').length).toBeGreaterThanOrEqual(7);
  });

  it('is used by keyboard alone: a title, a switch, and the drawer with what went over the wire', async () => {
    const { page, errors } = await openDemo({ browser, product }, { profile: 'keys' });
    const { keyboard } = page;
    await page.getByTestId('title-mov_coffee_run').getByTestId('play-on-tv').focus();
    await keyboard.press('Enter');
    await page.getByTestId('tv').getByText('Coffee Run').waitFor();
    await page.getByTestId('tv').getByRole('button', { name: 'Pause' }).waitFor();

    const offline = page.getByRole('switch', { name: 'Phone offline' });
    await offline.focus();
    await keyboard.press('Space');
    await page.getByRole('switch', { name: 'Phone offline', checked: true }).waitFor();
    await keyboard.press('Space');
    await page.getByRole('switch', { name: 'Phone offline', checked: false }).waitFor();

    const toggle = page.getByRole('button', { name: 'GraphQL operations', expanded: false });
    await toggle.focus();
    await keyboard.press('Enter');
    expect(await focusedTestId(page)).toBe('drawer-close');
    const begun = page.getByTestId('operations').locator('li', { hasText: 'BeginSession' }).first();
    await begun.locator('summary').focus();
    await keyboard.press('Enter');
    expect(await begun.getByTestId('variables').textContent()).toContain('"mov_coffee_run"');
    await begun.getByTestId('answer').getByText('"beginSession"').waitFor();
    expect(await begun.locator('pre').first().textContent()).toMatch(/^mutation BeginSession/);
    await page.getByTestId('operations').getByText('PlayheadUpdates').first().waitFor();
    await takePicture(page, 'graphql');
    await keyboard.press('Escape');
    expect(await page.getByTestId('operations').isVisible()).toBe(false);
    expect(await focusedTestId(page)).toBe('drawer');
    expect(errors).toEqual([]);
  });

  it.each(Object.entries(screens))(
    'can be read and pressed on a screen of this size: %s',
    async (name, size) => {
      const { page, errors } = await openDemo({ browser, product }, { profile: `screen-${name}` });
      await page.setViewportSize(size);
      await playTitle(page, { playableId: 'mov_caminandes_llamigos', on: 'tv' });
      await page.getByText(/^Asleep since/).waitFor();
      await page.getByTestId('card-mov_caminandes_llamigos').waitFor();
      await page.getByTestId('tv').getByTestId('toggle').click();
      await page.getByText(/^Continue from/).waitFor();
      await takePicture(page, `screen-${name}`);

      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(size.width);
      expect(await smallTargets(page)).toEqual([]);
      const texts = await contrasts(page);
      expect(texts.length).toBeGreaterThan(30);
      expect(texts.filter(({ contrast }) => contrast < contrastMin)).toEqual([]);
      expect(errors).toEqual([]);
    },
  );
});

interface AccessibleNode {
  role: string;
  name: string;
  level: number;
}

/** What a screen reader is told, in its order. */
async function accessibleNodes(page: Page): Promise<AccessibleNode[]> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  return nodes
    .filter(({ ignored }) => !ignored)
    .map(({ role, name, properties }) => ({
      role: String(role?.value ?? ''),
      name: String(name?.value ?? ''),
      level: Number(properties?.find((each) => each.name === 'level')?.value.value ?? 0),
    }));
}

function focusedTestId(page: Page): Promise<string | undefined> {
  return page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset.testid);
}

/** Names of what is shown, can be pressed, and is too small for that. */
function smallTargets(page: Page): Promise<string[]> {
  return page.evaluate((least) => {
    const isSmall = (target: Element) => {
      const { width, height } = target.getBoundingClientRect();
      return width > 0 && Math.min(width, height) < least;
    };
    return [...document.querySelectorAll('button')].filter(isSmall).map(({ title }) => title);
  }, targetPxMin);
}

/** Of every text that is not over a picture: what it says, and how it stands out from behind it. */
function contrasts(page: Page): Promise<{ text: string; contrast: number }[]> {
  return page.evaluate(() => {
    type Colour = [number, number, number, number];
    const parse = (text: string): Colour => {
      const [red = 0, green = 0, blue = 0, alpha = 1] = (text.match(/[\d.]+/g) ?? []).map(Number);
      return [red, green, blue, alpha];
    };
    const over = (top: Colour, below: Colour): Colour => {
      const mixed = [0, 1, 2].map((each) => top[each]! * top[3] + below[each]! * (1 - top[3]));
      return [mixed[0]!, mixed[1]!, mixed[2]!, 1];
    };
    const luminance = (colour: Colour) => {
      const [red, green, blue] = colour.slice(0, 3).map((part) => {
        const share = part / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
    };
    const behind = (element: Element | null): Colour => {
      if (element === null) return [7, 8, 13, 1];
      const own = parse(getComputedStyle(element).backgroundColor);
      return own[3] === 1 ? own : over(own, behind(element.parentElement));
    };
    const isOverPicture = (element: Element) =>
      element.closest('.card__face, .tablet, .device--tv .screen') !== null;
    const hasText = (element: Element) =>
      [...element.childNodes].some(
        (node) => node.nodeType === 3 && node.textContent?.trim() !== '',
      );
    return [...document.querySelectorAll('body *')]
      .filter((element) => hasText(element) && element.checkVisibility() && !isOverPicture(element))
      .map((element) => {
        const ground = behind(element);
        const ink = over(parse(getComputedStyle(element).color), ground);
        const [light, dark] = [luminance(ink), luminance(ground)].sort(
          (left, right) => right - left,
        );
        return { text: element.textContent ?? '', contrast: (light! + 0.05) / (dark! + 0.05) };
      });
  });
}
