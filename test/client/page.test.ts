import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { browserPage, type PageListener } from '../../client/page.ts';

/** What a browser has, and Node has not. */
class FakeDocument extends EventTarget {
  visibilityState = 'visible';
}

const names = ['document', 'window', 'navigator'] as const;

describe('the page of a browser', () => {
  const before = names.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
  let document: FakeDocument;
  let window: EventTarget;
  let connection: { saveData?: boolean };
  let heard: string[];
  let stopListening: () => void;

  beforeEach(() => {
    document = new FakeDocument();
    window = new EventTarget();
    connection = {};
    heard = [];
    const globals = { document, window, navigator: { connection } };
    for (const name of names) {
      Object.defineProperty(globalThis, name, { value: globals[name], configurable: true });
    }
    const hear = (name: keyof PageListener) => () => heard.push(name);
    stopListening = browserPage.listen({
      hidden: hear('hidden'),
      visible: hear('visible'),
      ended: hear('ended'),
      online: hear('online'),
    });
  });
  afterEach(() => {
    stopListening();
    names.forEach((name, index) => {
      const descriptor = before[index];
      if (descriptor === undefined) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, descriptor);
    });
  });

  it('tells what becomes of it', () => {
    document.visibilityState = 'hidden';
    document.dispatchEvent(new Event('visibilitychange'));
    document.visibilityState = 'visible';
    document.dispatchEvent(new Event('visibilitychange'));
    window.dispatchEvent(new Event('online'));
    window.dispatchEvent(new Event('pagehide'));
    window.dispatchEvent(new Event('pageshow'));
    expect(heard).toEqual(['hidden', 'visible', 'online', 'ended', 'visible']);
  });

  it('is not seen because it was loaded: a tab may be opened behind the others', () => {
    document.visibilityState = 'hidden';
    window.dispatchEvent(new Event('pageshow'));
    expect(heard).toEqual(['hidden']);
    expect(browserPage.isVisible()).toBe(false);
  });

  it('is metered where the viewer asked to spare data', () => {
    expect(browserPage.isMetered?.()).toBe(false);
    connection.saveData = true;
    expect(browserPage.isMetered?.()).toBe(true);
  });

  it('is always there where there is none', () => {
    Reflect.deleteProperty(globalThis, 'document');
    expect(browserPage.isVisible()).toBe(true);
    browserPage.listen({ hidden() {}, visible() {}, ended() {}, online() {} })();
  });
});
