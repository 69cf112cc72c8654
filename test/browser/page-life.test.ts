import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { playhead, versionAt } from '../client/fake-server.ts';
import { describeInBrowser, openBrowser } from '../demo/browser.ts';
import { until } from '../support/until.ts';
import { openClient, openSdkSite, type SdkSite, startVideo } from './sdk-site.ts';

type Client = import('../../client/index.ts').PlayheadClient;

describeInBrowser('a page that a viewer leaves and comes back to', () => {
  let browser: Browser;
  let site: SdkSite;
  let page: Page;

  beforeAll(async () => {
    browser = await openBrowser({ hasBackForwardCache: true });
  });
  beforeEach(async () => {
    site = await openSdkSite();
    page = await (await browser.newContext()).newPage();
    await openClient(page, site);
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await site.close();
  });
  afterAll(() => browser?.close());

  const watchPlayheads = () =>
    page.evaluate(() => {
      const { client } = window as unknown as { client: Client };
      client.live.subscribe(() => {});
    });
  const streamed = () => site.streams('PlayheadUpdates');

  it('rests in the back-forward cache without a stream, and has one again when it is back', async () => {
    await watchPlayheads();
    await until(() => streamed() === 1, { what: 'the stream is open' });
    await startVideo(page, site);
    await page.evaluate(() => {
      Object.assign(window, { isSame: true, wasPersisted: null });
      window.addEventListener('pageshow', ({ persisted }) => {
        Object.assign(window, { wasPersisted: persisted });
      });
    });
    await page.goto(`${site.url}other`);
    await until(() => site.heartbeats().at(-1)?.event === 'STOP', { what: 'STOP arrived' });
    await until(() => streamed() === 0, { what: 'the stream is closed' });

    // A page out of the cache does not load again.
    await page.goBack({ waitUntil: 'commit' });
    await page.waitForFunction(() => {
      const { isSame, wasPersisted } = window as unknown as Record<string, unknown>;
      return isSame === true && wasPersisted === true;
    });
    await until(() => streamed() === 1, { what: 'the stream is open again' });
    site.push('PlayheadUpdates', {
      playheadUpdates: {
        kind: 'SNAPSHOT',
        playheads: [playhead({ version: versionAt(9), positionMs: 9_000 })],
      },
    });
    await page.waitForFunction(() => {
      const { client } = window as unknown as { client: Client };
      return client.live.getSnapshot().get('mov_1')?.positionMs === 9_000;
    });
  });

  it('sends what waits as soon as the network is back, and opens its stream anew', async () => {
    await watchPlayheads();
    await until(() => streamed() === 1, { what: 'the stream is open' });
    await startVideo(page, site);
    await page.context().setOffline(true);
    await page.evaluate(() => document.querySelector('video')?.pause());
    const before = site.arrived.length;
    await page.context().setOffline(false);
    await until(() => site.heartbeats().at(-1)?.event === 'PAUSE', { what: 'the pause arrived' });
    await until(
      () => site.arrived.slice(before).some(({ operation }) => operation === 'PlayheadUpdates'),
      { what: 'a new stream is open' },
    );
  });
});

describeInBrowser('the Media Session of a player', () => {
  let browser: Browser;
  let site: SdkSite;

  beforeAll(async () => {
    [browser, site] = await Promise.all([openBrowser(), openSdkSite()]);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  it('shows title and position, steers the player, and ends with the attachment', async () => {
    const page = await browser.newPage();
    await page.addInitScript(noteMediaSession);
    await openClient(page, site);
    await page.evaluate(() => {
      const { client } = window as unknown as { client: Client };
      const video = document.querySelector('video');
      if (video === null) throw new Error('No video.');
      const attachment = client.attach(video, {
        playableId: 'mov_sintel',
        resume: 'never',
        mediaSession: { title: 'Sintel' },
      });
      Object.assign(window, { attachment });
    });
    await page.waitForFunction(() => navigator.mediaSession.metadata?.title === 'Sintel');
    await act(page, 'play');
    await until(() => site.heartbeats().at(-1)?.event === 'START', { what: 'START arrived' });
    await act(page, 'seekto', { seekTime: 12 });
    await until(() => site.heartbeats().at(-1)?.event === 'SEEK', { what: 'SEEK arrived' });
    expect(site.heartbeats().at(-1)?.positionMs).toBeGreaterThanOrEqual(12_000);
    await act(page, 'pause');
    await until(() => site.heartbeats().at(-1)?.event === 'PAUSE', { what: 'PAUSE arrived' });
    await act(page, 'seekbackward', {});
    await page.waitForFunction(() => document.querySelector('video')?.seeking === false);
    const { state, position } = await page.evaluate(() => ({
      state: navigator.mediaSession.playbackState,
      position: (window as unknown as { positions: MediaPositionState[] }).positions.at(-1),
    }));
    expect(state).toBe('paused');
    expect(position).toMatchObject({ playbackRate: 1 });
    expect(position?.position).toBeLessThan(5);

    await page.evaluate(() => {
      (window as unknown as { attachment: { detach(): void } }).attachment.detach();
    });
    expect(await page.evaluate(() => navigator.mediaSession.metadata)).toBeNull();
    expect(await page.evaluate(() => [...(window as unknown as Noted).actions.values()])).toEqual(
      expect.arrayContaining([null]),
    );
  });
});

interface Noted {
  actions: Map<string, MediaSessionActionHandler | null>;
}

/** In the page: nobody presses a media key here, so the handlers are kept to be called. */
function noteMediaSession(): void {
  const actions = new Map<string, MediaSessionActionHandler | null>();
  const positions: (MediaPositionState | undefined)[] = [];
  Object.assign(window, { actions, positions });
  const session = navigator.mediaSession;
  const setActionHandler = session.setActionHandler.bind(session);
  const setPositionState = session.setPositionState.bind(session);
  session.setActionHandler = (action, handler) => {
    actions.set(action, handler);
    setActionHandler(action, handler);
  };
  session.setPositionState = (state) => {
    positions.push(state);
    setPositionState(state);
  };
}

function act(page: Page, action: MediaSessionAction, details: object = {}): Promise<void> {
  return page.evaluate(
    ([name, more]) => {
      const { actions } = window as unknown as Noted;
      actions.get(name)?.({ action: name, ...more } as MediaSessionActionDetails);
    },
    [action, details] as const,
  );
}
