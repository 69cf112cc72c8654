import type { AcceptedStream } from './accepted-stream.ts';
import type { HotStore } from './hot-store.ts';
import type { ViewingStore } from './viewing-store.ts';

/** What another region keeps of profiles for itself: the durable store is one for all of them. */
export interface RegionStores {
  region: string;
  hot: HotStore;
  viewings: ViewingStore;
  /** What it accepted, for the others to read. */
  accepted: AcceptedStream;
  /** Closes all of them. */
  close(): Promise<void>;
}
