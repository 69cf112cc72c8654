import { listenTo } from './listening.ts';

/** What happens to the page that a player lives in. */
export interface PageListener {
  /** Out of sight; it may never come back. */
  hidden(): void;
  /** In sight again. */
  visible(): void;
  /** Ending now, or going to rest in the back-forward cache: nothing asynchronous runs any more. */
  ended(): void;
  /** The browser believes that the network is back. */
  online(): void;
}

/** The page as the SDK sees it; tests bring their own. */
export interface Page {
  isVisible(): boolean;
  /** The viewer asked to spare data. @default not metered */
  isMetered?(): boolean;
  /** The answer stops the listening. */
  listen(listener: PageListener): () => void;
}

/** The browser's page, or, where there is none, one that is always there. */
export const browserPage: Page = {
  isVisible: () => globalThis.document?.visibilityState !== 'hidden',
  isMetered: () => (globalThis.navigator as Metered | undefined)?.connection?.saveData === true,
  listen(listener) {
    const { document } = globalThis;
    if (!document) return () => {};
    // A page that is loaded, or comes back, may be out of sight all the same.
    const seen = () => (browserPage.isVisible() ? listener.visible() : listener.hidden());
    const forgetDocument = listenTo(document, { visibilitychange: seen });
    const forgetWindow = listenTo(window, {
      pagehide: () => listener.ended(),
      pageshow: seen,
      online: () => listener.online(),
    });
    return () => {
      forgetDocument();
      forgetWindow();
    };
  },
};

/** Chromium alone tells of the connection, and TypeScript's library does not. */
interface Metered {
  connection?: { saveData?: boolean };
}
