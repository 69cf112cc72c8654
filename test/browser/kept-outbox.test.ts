import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { describeInBrowser, openBrowser } from '../demo/browser.ts';
import { until } from '../support/until.ts';
import {
  type Arrived,
  crash,
  keepIn,
  keptIn,
  openClient,
  openSdkSite,
  problemsOf,
  type SdkSite,
  startVideo,
} from './sdk-site.ts';

describeInBrowser('the outbox in IndexedDB', () => {
  let browser: Browser;
  let site: SdkSite;

  beforeAll(async () => {
    browser = await openBrowser();
  });
  beforeEach(async () => {
    site = await openSdkSite();
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await site.close();
  });
  afterAll(() => browser?.close());

  // What breaks: the page, while the network is gone and a pause waits in the outbox.
  // How: connections of RecordHeartbeats are cut; then Chromium's own Page.crash.
  // What must hold: the next page of that browser sends the pause, in its session, and forgets it.
  it('is sent by the next page when the one that wrote it was killed', async () => {
    const context = await browser.newContext();
    const killed = await context.newPage();
    await openClient(killed, site);
    await startVideo(killed, site);
    site.unreachable.add('RecordHeartbeats');
    await killed.evaluate(() => document.querySelector('video')?.pause());
    const [waiting] = await until(
      async () => {
        const kept = await keptIn(killed);
        return kept.some(({ heartbeats }) => heartbeats.at(-1)?.event === 'PAUSE') && kept;
      },
      { what: 'the pause is kept' },
    );
    await crash(killed);

    site.unreachable.clear();
    site.arrived.length = 0;
    const next = await context.newPage();
    await openClient(next, site);
    await until(() => site.heartbeats().length > 0, { what: 'the pause arrived' });
    expect(site.heartbeats()).toEqual(waiting?.heartbeats);
    expect(site.arrived.map(({ operation }) => operation)).toEqual(['RecordHeartbeats']);
    expect(site.arrived[0]?.variables.input.session).toBe(waiting?.session);
    await until(async () => (await keptIn(next)).length === 0, { what: 'the outbox is empty' });
    expect(await problemsOf(next)).toEqual([]);
  });

  it('leaves what a living page waits with to that page', async () => {
    const context = await browser.newContext();
    const living = await context.newPage();
    await openClient(living, site);
    await startVideo(living, site);
    site.unreachable.add('RecordHeartbeats');
    await living.evaluate(() => document.querySelector('video')?.pause());
    await until(async () => (await keptIn(living)).length > 0, { what: 'the pause is kept' });

    // One playback after the other, the oldest first: whoever takes the first never comes to this one.
    await keepIn(living, {
      key: 'left',
      page: 'gone',
      sessionId: 'left',
      session: 'token of left',
      wallOriginMs: Date.now() + 60_000,
      subject: { playableId: 'mov_1', basedOn: null },
      heartbeats: [{ sequence: 0, event: 'STOP', elapsedMs: 1, positionMs: 1 }],
    });
    const other = await context.newPage();
    await openClient(other, site);
    // A page out of sight gives up the lead; whoever has it sends what is left.
    await living.evaluate(() => {
      Object.defineProperty(document, 'visibilityState', { value: 'hidden' });
      document.dispatchEvent(new Event('visibilitychange'));
    });
    const isLeft = ({ variables }: Arrived) => variables.input?.session === 'token of left';
    await until(() => site.arrived.some(isLeft), { what: 'what a dead page left arrived' });
    expect(await keptIn(other)).toHaveLength(2);
  });

  it('leaves out records that are damaged, and makes a database again that is', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(site.url);
    await page.evaluate(async () => {
      const opening = indexedDB.open('playhead/outbox/ada/web', 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore('playbacks');
      await new Promise((resolve) => opening.addEventListener('success', resolve));
      const store = opening.result.transaction('playbacks', 'readwrite').objectStore('playbacks');
      store.put('not a playback', 'text');
      store.put({ key: 'half', heartbeats: [{ sequence: 1 }] }, 'half');
      await new Promise((resolve) => store.transaction.addEventListener('complete', resolve));
      opening.result.close();
    });
    await openClient(page, site);
    await until(async () => (await problemsOf(page)).length > 0, { what: 'the damage is told' });
    expect(await problemsOf(page)).toEqual([
      'OUTBOX_UNREADABLE Left out of the outbox, as unreadable: 2.',
    ]);
    expect(await keptIn(page)).toEqual([]);

    await page.goto(site.url);
    await page.evaluate(async () => {
      await new Promise((resolve) => {
        indexedDB.deleteDatabase('playhead/outbox/ada/web').onsuccess = resolve;
      });
      const opening = indexedDB.open('playhead/outbox/ada/web', 1);
      await new Promise((resolve) => opening.addEventListener('success', resolve));
      opening.result.close();
    });
    await openClient(page, site);
    await until(async () => (await problemsOf(page)).length > 0, { what: 'the damage is told' });
    expect(await problemsOf(page)).toEqual([
      'OUTBOX_UNREADABLE Left out of the outbox, as unreadable: 1.',
    ]);
    expect(await keptIn(page)).toEqual([]);
  });

  it.each(['missing', 'refused'] as const)('is in memory where IndexedDB is %s', async (how) => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.addInitScript((isRefused) => {
      const refusing = {
        open() {
          throw new DOMException('Not in a private window.', 'SecurityError');
        },
      };
      Object.defineProperty(window, 'indexedDB', { value: isRefused ? refusing : undefined });
    }, how === 'refused');
    await openClient(page, site);
    await startVideo(page, site);
    await page.evaluate(() => document.querySelector('video')?.pause());
    await until(() => site.heartbeats().at(-1)?.event === 'PAUSE', { what: 'the pause arrived' });
    const expected = how === 'refused' ? ['OUTBOX_UNAVAILABLE'] : [];
    const codes = async () => (await problemsOf(page)).map((problem) => problem.split(' ')[0]);
    await until(async () => (await codes()).length >= expected.length, { what: 'all is told' });
    expect(await codes()).toEqual(expected);
  });
});
