import type { AcceptedStream } from './accepted-stream.ts';

/** The stream of a region whose Redis may be away: nobody's start waits for it, only whoever reads. */
export function openedLater(region: string, opening: Promise<AcceptedStream>): AcceptedStream {
  // Told to each who asks, and not to the process.
  opening.catch(() => {});
  return {
    region,
    async read(query) {
      const opened = await opening;
      return opened.read(query);
    },
    async close() {
      const opened = await opening.catch(() => null);
      await opened?.close();
    },
  };
}
