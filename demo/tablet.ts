import {
  type Attachment,
  createPlayhead,
  type PlayheadClient,
  type PlayheadOptions,
} from '../client/index.ts';
import { clipOf } from './clips.ts';
import type { DeviceNetwork } from './device-network.ts';

/** What the tablet was at when it fell asleep: all that it knows when it wakes. */
export interface Dream {
  playableId: string;
  positionMs: number;
}

/**
 * A third device, that sleeps: it has seen a playhead once, and nothing since. Awake, it plays from
 * there at once, as devices do whose network comes back later than their screen.
 */
export class Tablet {
  static readonly deviceName = 'Old tablet';
  readonly video: HTMLVideoElement;
  readonly #client: PlayheadClient;
  readonly #network: DeviceNetwork;
  #dream: Dream | null = null;
  #attachment: Attachment | undefined;
  #isDozingOff = false;

  /** `network` is the one in the `fetch` of `options`. */
  constructor(
    options: Omit<PlayheadOptions, 'device' | 'outbox' | 'tabs'>,
    parts: { network: DeviceNetwork; video: HTMLVideoElement },
  ) {
    this.video = parts.video;
    this.#network = parts.network;
    const device = { kind: 'TABLET', name: Tablet.deviceName } as const;
    this.#client = createPlayhead({ ...options, device, outbox: false, tabs: false });
  }

  get dream(): Dream | null {
    return this.#dream;
  }

  get isAwake(): boolean {
    return this.#attachment !== undefined;
  }

  /** Looks once more where a title is, then sleeps. False: it is awake, or there is nothing to see. */
  async sleepOn(playableId: string): Promise<boolean> {
    if (this.isAwake || this.#isDozingOff) return false;
    this.#isDozingOff = true;
    this.#network.turn(true);
    const { positionMs, source } = await this.#client.resume(playableId);
    // The drawer reads the answer as well: not to be cut off in the middle of it.
    await new Promise((resolve) => setTimeout(resolve));
    this.#network.turn(false);
    this.#isDozingOff = false;
    if (positionMs === null || positionMs === 0 || source !== 'server') return false;
    this.#dream = { playableId, positionMs };
    return true;
  }

  /** Plays on from what it dreamt of, and only then has a network. */
  async wake(): Promise<void> {
    const clip = clipOf(this.#dream?.playableId ?? '');
    if (this.#dream === null || clip === undefined || this.isAwake) return;
    const { playableId } = this.#dream;
    const attachment = this.#client.attach(this.video, { playableId, resume: 'auto' });
    this.#attachment = attachment;
    this.video.src = clip;
    await attachment.ready;
    if (this.#attachment === attachment) await this.video.play().catch(() => undefined);
    this.#network.turn(true);
  }

  /** Closes the app on it: the last heartbeat says STOP. */
  close(): void {
    this.#attachment?.detach();
    this.#attachment = undefined;
    this.video.removeAttribute('src');
    this.video.load();
  }
}
