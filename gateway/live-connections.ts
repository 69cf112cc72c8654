import type { IncomingMessage } from 'node:http';
import type { Viewer } from '../runtime/identity.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import { LiveCounts } from './live-counts.ts';
import { countedAddress } from './peer-address.ts';

/** Sockets and event streams of this process, counted by whom they are for and where they come from. */
export class LiveConnections {
  readonly #viewers: LiveCounts;
  readonly #addresses: LiveCounts;
  readonly #trustedProxies: number;

  constructor(limits: ConnectionLimits, trustedProxies: number) {
    this.#viewers = new LiveCounts(limits.liveConnectionsPerViewerMax);
    this.#addresses = new LiveCounts(limits.liveConnectionsPerAddressMax);
    this.#trustedProxies = trustedProxies;
  }

  /** Viewers and addresses that have any; 0 once everybody is gone. */
  get length(): number {
    return this.#viewers.length + this.#addresses.length;
  }

  isAddressFull(request: IncomingMessage): boolean {
    const address = countedAddress(request, this.#trustedProxies);
    return address !== null && this.#addresses.isFull(address);
  }

  /** What is answered gives the place back; undefined: there is none. */
  takeOfAddress(request: IncomingMessage): (() => void) | undefined {
    const address = countedAddress(request, this.#trustedProxies);
    return address === null ? () => {} : this.#addresses.take(address);
  }

  /** Whatever token it is: a new one of the same viewer is no second budget. */
  takeOfViewer({ profileId, subject }: Viewer): (() => void) | undefined {
    return this.#viewers.take(`${profileId} ${subject}`);
  }
}
