import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { describeWith } from '../support/cassandra.ts';
import { ownRegions } from '../support/own-regions.ts';
import { startProduct } from '../support/product.ts';
import { until } from '../support/until.ts';
import {
  describeInBrowser,
  openBrowser,
  openDemo,
  playTitle,
  positionMsOf,
  takePicture,
  untilAt,
  untilPlaying,
} from './browser.ts';

const film = 'mov_caminandes_llamigos';
const slackMs = 1_000;
/** Two gateways, two data centres and a browser share the machine. */
jest.setTimeout(420_000);

const isBrowserThere = describeInBrowser === describe;

describeWith(
  isBrowserThere ? await ownRegions({ playbackLength: 0, hasGateway: true }) : null,
  'a phone in the other region',
  (regions) => {
    const [eu, us] = regions.all;
    let browser: Browser;

    beforeAll(async () => {
      browser = await openBrowser();
    });
    afterEach(async () => {
      for (const context of browser.contexts()) await context.close();
    });
    afterAll(async () => {
      await browser?.close();
      await regions.close();
    });

    it('is offered what the TV stopped at, goes on right there, and hands it back', async () => {
      const { page, errors } = await openDemo({ browser, product: eu }, { profile: 'traveller' });
      const asked = askedBy(page);
      const control = page.getByRole('switch', { name: 'Phone in the other region' });
      await control.click();
      expect(await control.getAttribute('aria-checked')).toBe('true');
      await page.getByText('The phone asks “us”, the TV “eu”.').waitFor();

      await playTitle(page, { playableId: film, on: 'tv' });
      await untilAt(page, { device: 'tv', positionMs: 7_000 });
      await page.getByTestId(`card-${film}`).waitFor();
      await page.getByTestId('tv').getByTestId('toggle').click();
      const pausedMs = await positionMsOf(page, 'tv');
      await page.getByTestId('phone').getByText(offerAt(pausedMs, 'Living room TV')).waitFor();
      const offeredAtMs = performance.now();
      await page.getByTestId('phone').getByTestId('offer').click();
      await untilPlaying(page, 'phone');
      const playedMs = (await positionMsOf(page, 'phone')) - pausedMs;
      expect(playedMs).toBeGreaterThan(-slackMs);
      expect(playedMs).toBeLessThan(performance.now() - offeredAtMs + slackMs);

      await page.getByTestId('phone').getByTestId('forward').click();
      await untilAt(page, { device: 'phone', positionMs: pausedMs + 30_000 });
      await page.getByText('“us” took the phone’s place; “eu” takes it in.').waitFor();
      await takePicture(page, 'other-region');
      await page.getByTestId('phone').getByTestId('toggle').click();
      const leftMs = await positionMsOf(page, 'phone');
      await page.getByTestId('tv').getByText(offerAt(leftMs, 'Phone')).waitFor();
      const card = page.getByTestId(`card-${film}`).getByTestId('card-place');
      await until(async () => (await card.textContent()) === clockOf(leftMs), {
        what: 'the row shows where the phone stopped in the other region',
      });
      expect(asked.get('BeginSession')).toEqual(new Set([eu.url, us.url]));
      expect(errors).toEqual([]);
    });

    it('comes back to the region of the TV', async () => {
      const { page, errors } = await openDemo({ browser, product: us }, { profile: 'returning' });
      const control = page.getByRole('switch', { name: 'Phone in the other region' });
      await control.click();
      await playTitle(page, { playableId: film, on: 'phone' });
      await untilAt(page, { device: 'phone', positionMs: 6_000 });
      await control.click();
      await page.getByText('Both devices are in “us”.').waitFor();
      const asked = askedBy(page);
      await page.getByTestId('phone').getByTestId('forward').click();
      await until(() => asked.get('RecordHeartbeats'), { what: 'the phone reports' });
      expect(asked.get('RecordHeartbeats')).toEqual(new Set([us.url]));
      expect(errors).toEqual([]);
    });
  },
);

describeInBrowser('a demo without regions', () => {
  it('has no switch for them', async () => {
    const [product, browser] = await Promise.all([startProduct(), openBrowser()]);
    try {
      const { page, errors } = await openDemo({ browser, product }, { profile: 'alone' });
      await page.getByRole('switch', { name: 'Phone offline' }).waitFor();
      expect(await page.getByTestId('trial-region').count()).toBe(0);
      expect(errors).toEqual([]);
      const asked = await fetch(`${product.url}/demo/regions`);
      expect(await asked.json()).toEqual({ here: null, elsewhere: [] });
    } finally {
      await browser.close();
      await product.stop();
    }
  });
});

/** Origins that operations of the page went to, by name, from now on. */
function askedBy(page: Page): Map<string, Set<string>> {
  const origins = new Map<string, Set<string>>();
  page.on('request', (request) => {
    const [, name] = /"operationName":"(\w+)"/.exec(request.postData() ?? '') ?? [];
    if (name === undefined) return;
    const known = origins.get(name) ?? new Set();
    origins.set(name, known.add(new URL(request.url()).origin));
  });
  return origins;
}

function offerAt(positionMs: number, deviceName: string): string {
  return `Continue from ${clockOf(positionMs)} — ${deviceName}`;
}

function clockOf(positionMs: number): string {
  const seconds = Math.floor(positionMs / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
