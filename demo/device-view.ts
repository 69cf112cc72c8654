import { button, element, icon } from './dom.ts';

/** What a device looks like. */
export type DeviceForm = 'tv' | 'phone';

/** What presses on a device's screen do. */
export interface DeviceActions {
  toggle(): void;
  skip(byMs: number): void;
  seek(toMs: number): void;
  stop(): void;
  takeOffer(): void;
}

/** The parts of a device's screen that change. */
export interface DeviceView {
  readonly root: HTMLElement;
  readonly video: HTMLVideoElement;
  readonly backdrop: HTMLImageElement;
  readonly glow: HTMLImageElement;
  readonly title: HTMLElement;
  readonly detail: HTMLElement;
  readonly position: HTMLElement;
  readonly duration: HTMLElement;
  readonly scrubber: HTMLInputElement;
  readonly toggle: HTMLButtonElement;
  readonly offer: HTMLElement;
  readonly offerPicture: HTMLImageElement;
  readonly offerText: HTMLElement;
  readonly offerDetail: HTMLElement;
  readonly status: HTMLElement;
}

const skipBackMs = -10_000;
const skipForwardMs = 30_000;

/** Builds the screen of a television or a phone; both have the same parts, in other places. */
export function buildDevice(
  about: { form: DeviceForm; name: string },
  actions: DeviceActions,
): DeviceView {
  const picture = buildPicture();
  const controls = buildControls(actions);
  const offer = buildOffer(actions);
  const status = element('span', { class: 'device__status', testId: 'status', role: 'status' });
  const screen = element(
    'div',
    { class: 'screen' },
    picture.root,
    controls.root,
    element('p', { class: 'screen__idle' }, 'Pick something to watch'),
    offer.root,
  );
  const caption = element(
    'p',
    { class: 'device__caption' },
    icon(about.form),
    element('h2', { class: 'device__name' }, about.name),
    status,
  );
  const root = element(
    'section',
    { class: `device device--${about.form} is-idle`, testId: about.form, 'aria-label': about.name },
    picture.glow,
    caption,
    element('div', { class: 'device__bezel' }, screen),
  );
  return { root, status, ...picture.parts, ...controls.parts, ...offer.parts };
}

function buildPicture() {
  const backdrop = element('img', { class: 'screen__backdrop', alt: '' });
  const glow = element('img', { class: 'device__glow', alt: '' });
  const video = element('video', { class: 'screen__video', testId: 'video', preload: 'auto' });
  // What plays is said in words beside it.
  video.setAttribute('aria-hidden', 'true');
  // Silent clips: browsers let muted video begin without asking.
  video.muted = true;
  video.playsInline = true;
  const root = element('div', { class: 'screen__picture' }, backdrop, video);
  return { root, glow, parts: { backdrop, glow, video } };
}

function buildControls(actions: DeviceActions) {
  const title = element('h3', { class: 'now__title', testId: 'now-title' });
  const detail = element('p', { class: 'now__detail' });
  const position = element('span', { class: 'now__clock', testId: 'position' }, '0:00');
  const duration = element('span', { class: 'now__clock' }, '0:00');
  const scrubber = element('input', {
    class: 'scrubber',
    type: 'range',
    min: '0',
    max: '1000',
    value: '0',
    'aria-label': 'Position',
    testId: 'scrubber',
  });
  scrubber.addEventListener('input', () => actions.seek(Number(scrubber.value)));
  const press = (label: string, testId: string) => ({ class: 'key', label, testId });
  const toggle = button(press('Play', 'toggle'), icon('play'), actions.toggle);
  toggle.classList.add('key--main');
  const keys = element(
    'div',
    { class: 'now__keys' },
    button(press('Back 10 seconds', 'back'), icon('back'), () => actions.skip(skipBackMs)),
    toggle,
    button(press('Forward 30 seconds', 'forward'), icon('forward'), () =>
      actions.skip(skipForwardMs),
    ),
    button(press('Stop', 'stop'), icon('stop'), actions.stop),
  );
  const line = element('div', { class: 'now__line' }, position, scrubber, duration);
  const names = element('div', { class: 'now__names' }, title, detail);
  const root = element('div', { class: 'now' }, names, keys, line);
  return { root, parts: { title, detail, position, duration, scrubber, toggle } };
}

function buildOffer(actions: DeviceActions) {
  const offerPicture = element('img', { class: 'offer__picture', alt: '' });
  const offerText = element('strong', { class: 'offer__text', testId: 'offer-text' });
  const offerDetail = element('span', { class: 'offer__detail' });
  const words = element('span', { class: 'offer__words' }, offerText, offerDetail);
  const root = button(
    { class: 'offer', label: 'Continue here', testId: 'offer' },
    element('span', { class: 'offer__row' }, offerPicture, words, icon('play')),
    actions.takeOffer,
  );
  // What it says is what it is called.
  root.removeAttribute('aria-label');
  root.hidden = true;
  return { root, parts: { offer: root, offerPicture, offerText, offerDetail } };
}
