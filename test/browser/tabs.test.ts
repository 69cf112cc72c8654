import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { playhead, versionAt } from '../client/fake-server.ts';
import { describeInBrowser, openBrowser } from '../demo/browser.ts';
import { until } from '../support/until.ts';
import { crash, keptIn, openClient, openSdkSite, type SdkSite, startVideo } from './sdk-site.ts';

type Client = import('../../client/index.ts').PlayheadClient;

describeInBrowser('pages of one profile', () => {
  let browser: Browser;
  let site: SdkSite;
  let context: BrowserContext;

  beforeAll(async () => {
    browser = await openBrowser();
  });
  beforeEach(async () => {
    site = await openSdkSite();
    context = await browser.newContext();
  });
  afterEach(async () => {
    await context.close();
    await site.close();
  });
  afterAll(() => browser?.close());

  /** A page that watches playheads; `name` is the token it signs in with. */
  async function openWatching(name: string, withoutLocks = false): Promise<Page> {
    const page = await context.newPage();
    if (withoutLocks) {
      await page.addInitScript(() => {
        Object.defineProperty(navigator, 'locks', { value: undefined });
      });
    }
    await openClient(page, site, name);
    await page.evaluate(() => {
      const { client } = window as unknown as { client: Client };
      client.live.subscribe(() => {});
    });
    return page;
  }

  const positionOf = (page: Page) =>
    page.evaluate(() => {
      const { client } = window as unknown as { client: Client };
      return client.live.getSnapshot().get('mov_1')?.positionMs;
    });
  const push = (number: number) =>
    site.push('PlayheadUpdates', {
      playheadUpdates: {
        kind: 'CHANGED',
        playheads: [playhead({ version: versionAt(number), positionMs: number })],
      },
    });
  const untilAt = (page: Page, positionMs: number) =>
    until(async () => (await positionOf(page)) === positionMs, { what: `at ${positionMs}` });
  const streamOpened = () =>
    until(() => site.streams('PlayheadUpdates') > 0, { what: 'a stream is open' });
  const subscribed = () => site.arrived.filter(({ operation }) => operation === 'PlayheadUpdates');

  it('have one stream between them, and all see what it brings', async () => {
    const first = await openWatching('first');
    await streamOpened();
    push(1);
    await untilAt(first, 1);
    // What a newcomer could not have heard it is told.
    const second = await openWatching('second');
    await untilAt(second, 1);
    push(2);
    await untilAt(first, 2);
    await untilAt(second, 2);
    expect(subscribed().map(({ authorization }) => authorization)).toEqual(['Bearer first']);
  });

  it('have their stream although the page that leads watches nothing itself', async () => {
    const leader = await context.newPage();
    await openClient(leader, site, 'leader');
    await untilLeading(leader);
    const watching = await openWatching('watching');
    await streamOpened();
    push(3);
    await untilAt(watching, 3);
    expect(subscribed().map(({ authorization }) => authorization)).toEqual(['Bearer leader']);
  });

  it('send their heartbeats through the page that leads', async () => {
    const leader = await openWatching('leader');
    await streamOpened();
    const other = await openWatching('other');
    push(1);
    await untilAt(other, 1);
    await startVideo(other, site);
    const sent = site.arrived.filter(({ operation }) => operation === 'RecordHeartbeats');
    expect(sent.map(({ authorization }) => authorization)).toEqual(['Bearer leader']);
    // And what the server answered is news to both.
    await untilAt(leader, site.heartbeats()[0]?.positionMs ?? -1);
  });

  // What breaks: the page that leads, while another one watches and plays.
  // How: Chromium's own Page.crash.
  // What must hold: the other has a stream of its own and sends its heartbeats, within seconds.
  it('pass the lead on when the page that has it dies', async () => {
    const leader = await openWatching('leader');
    await streamOpened();
    const other = await openWatching('other');
    push(1);
    await untilAt(other, 1);
    await startVideo(other, site);
    await crash(leader);
    await until(() => subscribed().some(({ authorization }) => authorization === 'Bearer other'), {
      what: 'the other page has a stream',
    });
    await streamOpened();
    push(2);
    await untilAt(other, 2);
    await other.evaluate(() => document.querySelector('video')?.pause());
    await until(() => site.heartbeats().at(-1)?.event === 'PAUSE', { what: 'the pause arrived' });
  });

  // What breaks: a page that does not lead, with a pause waiting.
  // How: connections of RecordHeartbeats are cut; then Chromium's own Page.crash.
  // What must hold: the page that leads sends the pause, without being opened again.
  it('have what a dead one left sent by the page that leads', async () => {
    const leader = await openWatching('leader');
    await streamOpened();
    const other = await openWatching('other');
    push(1);
    await untilAt(other, 1);
    await startVideo(other, site);
    site.unreachable.add('RecordHeartbeats');
    await other.evaluate(() => document.querySelector('video')?.pause());
    await until(
      async () =>
        (await keptIn(other)).some(({ heartbeats }) => heartbeats.at(-1)?.event === 'PAUSE'),
      { what: 'the pause is kept' },
    );
    await crash(other);
    site.unreachable.clear();
    await until(async () => (await keptIn(leader)).length === 0, { what: 'the outbox is empty' });
    expect(site.heartbeats().at(-1)?.event).toBe('PAUSE');
  });

  // What breaks: the page that leads, with a pause of its own waiting.
  // How: connections of RecordHeartbeats are cut; then Chromium's own Page.crash.
  // What must hold: the page that leads next sends the pause.
  it('have what the page that led left sent by the one that leads next', async () => {
    const leader = await openWatching('leader');
    await streamOpened();
    const other = await openWatching('other');
    push(1);
    await untilAt(other, 1);
    await startVideo(leader, site);
    site.unreachable.add('RecordHeartbeats');
    await leader.evaluate(() => document.querySelector('video')?.pause());
    await until(
      async () =>
        (await keptIn(other)).some(({ heartbeats }) => heartbeats.at(-1)?.event === 'PAUSE'),
      { what: 'the pause is kept' },
    );
    await crash(leader);
    site.unreachable.clear();
    await until(async () => (await keptIn(other)).length === 0, { what: 'the outbox is empty' });
    expect(site.heartbeats().at(-1)?.event).toBe('PAUSE');
  });

  it('serve themselves in a browser without Web Locks', async () => {
    const first = await openWatching('first', true);
    const second = await openWatching('second', true);
    await until(() => site.streams('PlayheadUpdates') === 2, { what: 'each has a stream' });
    push(1);
    await untilAt(first, 1);
    await untilAt(second, 1);
  });

  async function untilLeading(page: Page): Promise<void> {
    const lead = () =>
      page.evaluate(async () => {
        const { held = [] } = await navigator.locks.query();
        return held.some(({ name }) => name?.startsWith('playhead/lead/'));
      });
    await until(lead, { what: 'a page leads' });
  }
});
