import type { AcceptedStream } from './accepted-stream.ts';
import type { PeerEvents } from './event-copies.ts';

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

/** The same of the events of such a region. */
export function eventsOpenedLater(region: string, opening: Promise<PeerEvents>): PeerEvents {
  opening.catch(() => {});
  return {
    region,
    async read(from) {
      const opened = await opening;
      return opened.read(from);
    },
    async newest(partition) {
      const opened = await opening;
      return opened.newest(partition);
    },
    async close() {
      const opened = await opening.catch(() => null);
      await opened?.close();
    },
  };
}
