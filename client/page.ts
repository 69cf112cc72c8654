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
  /** The answer stops the listening. */
  listen(listener: PageListener): () => void;
}

/** The browser's page, or, where there is none, one that is always there. */
export const browserPage: Page = {
  isVisible: () => typeof document === 'undefined' || document.visibilityState === 'visible',
  listen(listener) {
    if (typeof document === 'undefined') return () => {};
    const forgetDocument = listenTo(document, {
      visibilitychange: () => (browserPage.isVisible() ? listener.visible() : listener.hidden()),
    });
    const forgetWindow = listenTo(window, {
      pagehide: () => listener.ended(),
      pageshow: () => listener.visible(),
      online: () => listener.online(),
    });
    return () => {
      forgetDocument();
      forgetWindow();
    };
  },
};
