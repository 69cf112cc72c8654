import { createRequire } from 'node:module';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { createElement } from 'react';
import {
  PlayheadProvider,
  useActiveSessions,
  useContinueWatching,
  usePlayhead,
} from '../../client/react.ts';
import { playhead, versionAt } from '../client/fake-server.ts';
import { openRig } from '../client/rig.ts';
import { describeInBrowser, openBrowser } from '../demo/browser.ts';
import { until } from '../support/until.ts';
import { openClient, openSdkSite, type SdkSite } from './sdk-site.ts';

describeInBrowser('the React hooks', () => {
  let browser: Browser;
  let site: SdkSite;
  let page: Page;

  beforeAll(async () => {
    browser = await openBrowser();
  });
  beforeEach(async () => {
    site = await openSdkSite();
    page = await (await browser.newContext()).newPage();
    await openClient(page, site);
    await page.evaluate(showTitle);
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await site.close();
  });
  afterAll(() => browser?.close());

  const shown = () => page.evaluate(() => document.querySelector('#shown')?.textContent);
  const untilShown = (text: string) =>
    until(async () => (await shown()) === text, { what: `"${text}" is shown` });
  const streamOf = (operation: string) =>
    until(() => site.streams(operation) === 1, { what: `one stream of ${operation}` });
  const pushFrom = (deviceId: string, at: { positionMs: number; version: string }) => {
    const device = { id: deviceId, kind: 'TV', name: 'Living room TV' };
    const playheads = [playhead({ ...at, playableId: 'mov_sintel', device })];
    site.push('PlayheadUpdates', { playheadUpdates: { kind: 'CHANGED', playheads } });
  };

  it('keep a title live in StrictMode, and say when another device moved it', async () => {
    await streamOf('PlayheadUpdates');
    await untilShown('from none at ? elsewhere no cards ?');
    pushFrom('web', { positionMs: 1_000, version: versionAt(5) });
    await untilShown('from none at 1000 elsewhere no cards ?');
    pushFrom('tv', { positionMs: 7_000, version: versionAt(6) });
    await untilShown('from none at 7000 elsewhere Living room TV cards ?');
  });

  it('take the player to where the other device is', async () => {
    await streamOf('PlayheadUpdates');
    await page.waitForFunction(() => (document.querySelector('video')?.readyState ?? 0) > 0);
    pushFrom('tv', { positionMs: 7_000, version: versionAt(6) });
    await untilShown('from none at 7000 elsewhere Living room TV cards ?');
    await page.evaluate(() => document.querySelector('button')?.click());
    expect(await page.evaluate(() => document.querySelector('video')?.currentTime)).toBe(7);
  });

  it('say who took it over, with the player paused, and take it back', async () => {
    const second = (text: string) =>
      until(async () => (await page.locator('p').nth(1).textContent()) === text, {
        what: `"${text}" is shown`,
      });
    await streamOf('ActiveSessionUpdates');
    await second('? sessions, nobody');
    await page.evaluate(() => document.querySelector('video')?.play());
    await until(() => site.heartbeats().at(-1)?.event === 'START', { what: 'START arrived' });
    const begun = site.arrived.filter(({ operation }) => operation === 'BeginSession').at(-1);
    const device = { id: 'tv', kind: 'TV', name: 'Living room TV' };
    const takenOverBy = { sessionId: 'tv-1', device, at: '2026-03-01T12:00:00.000Z' };
    const sessions = [{ id: begun?.variables.input.sessionId, takenOverBy }];
    site.push('ActiveSessionUpdates', { activeSessionUpdates: { sessions } });
    await second('1 sessions, Living room TV');
    await until(() => site.heartbeats().at(-1)?.event === 'PAUSE', { what: 'PAUSE arrived' });
    await page.locator('button').nth(1).click();
    await second('1 sessions, nobody');
    const asked = site.arrived.filter(({ operation }) => operation === 'TakeOver');
    expect(asked.map(({ variables }) => variables.input.from)).toEqual(['tv-1']);
    await until(() => site.heartbeats().at(-1)?.event === 'SEEK', { what: 'SEEK arrived' });
    expect(site.heartbeats().at(-1)?.positionMs).toBe(7_000);
  });

  it('report the element while it is there: unmounting it is a STOP', async () => {
    await page.evaluate(() => document.querySelector('video')?.play());
    await until(() => site.heartbeats().at(-1)?.event === 'START', { what: 'START arrived' });
    await page.evaluate(() => (window as unknown as { unmount(): void }).unmount());
    await until(() => site.heartbeats().at(-1)?.event === 'STOP', { what: 'STOP arrived' });
    await until(() => site.streams('PlayheadUpdates') === 0, { what: 'the stream is closed' });
  });

  it('keep the row live', async () => {
    await streamOf('ContinueWatchingUpdates');
    const node = { id: 'c1', kind: 'RESUME', playableId: 'mov_1', score: null, reasons: [] };
    const continueWatching = {
      rankingId: 'r1',
      rankedAt: '2026-11-23T17:00:00.000Z',
      ranker: 'recency',
      degraded: false,
      continuationProbability: null,
      edges: [{ node: { ...node, playable: null } }],
    };
    site.push('ContinueWatchingUpdates', {
      continueWatchingUpdates: { viewer: { continueWatching } },
    });
    await untilShown('from none at ? elsewhere no cards c1');
  });
});

/** In the page: one title and the row, drawn by React in StrictMode, whose effects run twice. */
async function showTitle(): Promise<void> {
  const [reactPath, hooksPath] = ['react', '/client/react.ts'];
  const React = await import(reactPath);
  const hooks: typeof import('../../client/react.ts') = await import(hooksPath);
  document.body.innerHTML = '<div id="root"></div>';
  function Title() {
    const used = hooks.usePlayhead('mov_sintel');
    const { ref, resume, playhead: now, elsewhere, adopt } = used;
    const sessions = hooks.useActiveSessions();
    const heir = used.takenOverBy?.device.name ?? 'nobody';
    const { items, isKnown } = hooks.useContinueWatching();
    const cards = isKnown ? items.map(({ id }) => id).join(' ') : '?';
    const from = elsewhere?.device?.name ?? 'no';
    const text = `from ${resume?.source ?? '?'} at ${now?.positionMs ?? '?'} elsewhere ${from} cards ${cards}`;
    const src = '/demo/clips/sintel.webm';
    return [
      React.createElement('video', { key: 'video', ref, src, muted: true }),
      React.createElement('button', { key: 'adopt', onClick: adopt }),
      React.createElement('button', { key: 'take', onClick: () => used.takeOver('tv-1') }),
      React.createElement('p', { key: 'shown', id: 'shown' }, text),
      React.createElement('p', { key: 'heir' }, `${sessions?.length ?? '?'} sessions, ${heir}`),
    ];
  }
  const { client } = window as unknown as {
    client: import('../../client/index.ts').PlayheadClient;
  };
  const root = React.createRoot(document.querySelector('#root'));
  const title = React.createElement(hooks.PlayheadProvider, { client }, React.createElement(Title));
  root.render(React.createElement(React.StrictMode, null, title));
  Object.assign(window, { unmount: () => root.unmount() });
}

describe('the React hooks on a server', () => {
  const { renderToString } = createRequire(import.meta.url)('react-dom/server');

  function Title() {
    const { resume, playhead: now, elsewhere, takenOverBy } = usePlayhead('mov_1');
    const { items, isKnown } = useContinueWatching();
    const sessions = useActiveSessions();
    const drawn = [resume, now, elsewhere, takenOverBy, items, isKnown, sessions];
    return createElement('p', null, JSON.stringify(drawn));
  }

  it('draw what nobody knows yet, and ask for nothing', async () => {
    const rig = openRig();
    const drawn = renderToString(
      createElement(PlayheadProvider, { client: rig.client }, createElement(Title)),
    );
    await rig.server.settle();
    expect(drawn).toBe('<p>[null,null,null,null,[],false,null]</p>');
    expect(rig.server.seen).toEqual([]);
  });

  it('say what is missing without a provider', () => {
    expect(() => renderToString(createElement(Title))).toThrow('PlayheadProvider');
  });
});
