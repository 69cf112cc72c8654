import type { Attachment, Playhead, PlayheadClient } from '../client/index.ts';
import { clipOf } from './clips.ts';
import { buildDevice, type DeviceForm, type DeviceView } from './device-view.ts';
import { clockText, icon, label, write } from './dom.ts';
import { type Library, pictureOf, unknownTitle } from './library.ts';
import { type Offer, offerOf } from './offer.ts';

/** Long enough to see that it is the end. */
const lastMomentMs = 1_500;

/** What the page hears from a device. */
export interface DeviceListener {
  /** The viewer paused here. */
  paused(playableId: string): void;
  /** What another device stopped at is on this screen now. */
  offered(offer: Offer): void;
}

/** One device of the demo: a screen, a player, and its own Playhead client. */
export class DemoDevice {
  readonly form: DeviceForm;
  readonly name: string;
  readonly client: PlayheadClient;
  readonly #view: DeviceView;
  readonly #library: Library;
  readonly #listener: DeviceListener;
  #attachment: Attachment | undefined;
  #playableId: string | null = null;
  #offer: Offer | null = null;

  constructor(
    about: { form: DeviceForm; name: string; client: PlayheadClient; library: Library },
    listener: DeviceListener,
  ) {
    this.form = about.form;
    this.name = about.name;
    this.client = about.client;
    this.#library = about.library;
    this.#listener = listener;
    this.#view = buildDevice(about, {
      toggle: () => this.#toggle(),
      skip: (byMs) => this.#seek(this.#view.video.currentTime * 1_000 + byMs),
      seek: (toMs) => this.#seek(toMs),
      stop: () => this.stop(),
      takeOffer: () => this.#takeOffer(),
    });
    this.#watchPlayer();
    this.client.live.subscribe(() => this.#showOffer());
  }

  get root(): HTMLElement {
    return this.#view.root;
  }

  /** What is on the screen, playing or paused. */
  get playingId(): string | null {
    return this.#playableId;
  }

  get isPlaying(): boolean {
    return this.#playableId !== null && !this.#view.video.paused;
  }

  /** Plays a title here: from where its viewer stopped on any device, or from a chosen position. */
  async play(playableId: string, resume: 'auto' | number = 'auto'): Promise<void> {
    const clip = clipOf(playableId);
    if (clip === undefined) return;
    this.stop();
    this.#playableId = playableId;
    this.#showTitle(playableId);
    this.#showOffer();
    const { video, root } = this.#view;
    root.classList.remove('is-idle');
    const { durationMs, creditsStartMs } = this.#titleOf(playableId);
    const attachment = this.client.attach(video, {
      playableId,
      resume,
      ...(durationMs === undefined ? {} : { durationMs }),
      ...(creditsStartMs === undefined ? {} : { creditsStartMs }),
    });
    this.#attachment = attachment;
    video.src = clip;
    await attachment.ready;
    // Something else may have been picked meanwhile; that one plays itself.
    if (this.#attachment === attachment) await video.play().catch(() => undefined);
  }

  /** To the last moment of what plays here. */
  skipToEnd(): void {
    const { video } = this.#view;
    this.#seek(video.duration * 1_000 - lastMomentMs);
    if (video.paused) video.play().catch(() => undefined);
  }

  /** Lets go of what plays here. */
  stop(): void {
    this.#attachment?.detach();
    this.#attachment = undefined;
    this.#playableId = null;
    this.#view.video.removeAttribute('src');
    this.#view.video.load();
    this.#view.root.classList.add('is-idle');
    this.#showOffer();
  }

  /** What an idle screen shows. */
  showBackdrop(playableId: string): void {
    if (this.#playableId === null) this.#showPicture(playableId);
  }

  /** Something newer is in force elsewhere while this device plays on. */
  showSuperseded({ device, positionMs }: Playhead): void {
    write(this.#view.status, `${device?.name ?? 'Another device'} is at ${clockText(positionMs)}`);
  }

  /** Whether the server can be reached, in words. */
  showOffline(isOffline: boolean): void {
    write(this.#view.status, isOffline ? 'offline, keeping your place' : '');
  }

  #watchPlayer(): void {
    const { video } = this.#view;
    for (const event of ['play', 'pause', 'timeupdate', 'seeking', 'durationchange']) {
      video.addEventListener(event, () => this.#showProgress());
    }
    video.addEventListener('play', () => this.#showOffer());
    video.addEventListener('pause', () => {
      const isMeant = !video.ended && !video.seeking && this.#attachment !== undefined;
      if (isMeant && this.#playableId !== null) this.#listener.paused(this.#playableId);
      this.#showOffer();
    });
    video.addEventListener('ended', () => this.stop());
  }

  #toggle(): void {
    const { video } = this.#view;
    if (video.paused) video.play().catch(() => undefined);
    else video.pause();
  }

  #seek(toMs: number): void {
    const { video } = this.#view;
    if (!Number.isFinite(video.duration)) return;
    video.currentTime = Math.min(Math.max(0, toMs / 1_000), video.duration);
  }

  #takeOffer(): void {
    if (this.#offer === null) return;
    const { playableId, positionMs } = this.#offer.playhead;
    void this.play(playableId, positionMs);
  }

  #showTitle(playableId: string): void {
    const { name, detail } = this.#titleOf(playableId);
    write(this.#view.title, name);
    write(this.#view.detail, detail);
    write(this.#view.status, '');
    this.#showPicture(playableId);
  }

  #showPicture(playableId: string): void {
    this.#view.backdrop.src = pictureOf(playableId, 'backdrop');
    this.#view.glow.src = pictureOf(playableId, 'glow');
  }

  #showProgress(): void {
    const { video, scrubber, position, duration, toggle, root } = this.#view;
    const durationMs = Number.isFinite(video.duration) ? video.duration * 1_000 : 0;
    const positionMs = video.currentTime * 1_000;
    write(position, clockText(positionMs));
    write(duration, clockText(durationMs));
    scrubber.max = String(durationMs);
    scrubber.value = String(positionMs);
    scrubber.setAttribute('aria-valuetext', `${clockText(positionMs)} of ${clockText(durationMs)}`);
    scrubber.style.setProperty(
      '--done',
      `${durationMs > 0 ? (100 * positionMs) / durationMs : 0}%`,
    );
    label(toggle, video.paused ? 'Play' : 'Pause');
    toggle.replaceChildren(icon(video.paused ? 'play' : 'pause'));
    root.classList.toggle('is-paused', video.paused);
  }

  #showOffer(): void {
    const playingId = this.#view.video.paused ? null : this.#playableId;
    const here = { deviceId: this.client.deviceId, playingId };
    this.#offer = offerOf(this.client.live.getSnapshot().values(), here);
    const { offer, offerText, offerDetail, offerPicture } = this.#view;
    offer.hidden = this.#offer === null;
    if (this.#offer === null) return;
    const { playhead, deviceName, isPlaying } = this.#offer;
    const { name, detail } = this.#titleOf(playhead.playableId);
    const place = `${clockText(playhead.positionMs)} — ${deviceName}`;
    write(offerText, isPlaying ? `Playing at ${place}` : `Continue from ${place}`);
    write(offerDetail, detail === '' ? name : `${name} · ${detail}`);
    offerPicture.src = pictureOf(playhead.playableId);
    offer.classList.toggle('is-playing', isPlaying);
    this.#listener.offered(this.#offer);
  }

  #titleOf(playableId: string) {
    return this.#library.get(playableId) ?? unknownTitle(playableId);
  }
}
