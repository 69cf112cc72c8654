import type { ContinueWatchingItem, Playhead } from '../client/index.ts';
import { clipOf } from './clips.ts';
import type { DeviceForm } from './device-view.ts';
import { button, clockText, element, icon, label, prefersStillness, write } from './dom.ts';
import { type Library, pictureOf, unknownTitle } from './library.ts';

/** What presses on a card do. */
export interface CardActions {
  /** Devices of this page, in the order of their buttons. */
  readonly forms: readonly DeviceForm[];
  play(playableId: string, form: DeviceForm): void;
  remove(playableId: string): void;
}

const kindLabels: Readonly<Record<string, string>> = {
  NEXT_EPISODE: 'Next episode',
  NEW_EPISODE: 'New episode',
};

/** Slow enough to see that one episode became the next. */
const turnMs = 700;

/** One card of the Continue Watching row; it stays while what it plays moves on. */
export class Card {
  readonly root: HTMLElement;
  readonly #library: Library;
  readonly #face: HTMLElement;
  readonly #keys: HTMLElement;
  readonly #remove: HTMLButtonElement;
  readonly #picture = element('img', { class: 'card__picture', alt: '', loading: 'lazy' });
  readonly #kind = element('span', { class: 'card__kind' });
  readonly #bar = element('span', { class: 'bar__done' });
  readonly #title = element('h3', { class: 'card__title' });
  readonly #detail = element('p', { class: 'card__detail' });
  readonly #place = element('p', { class: 'card__place', testId: 'card-place' });
  readonly #reasons = element('p', { class: 'card__reasons' });
  #playableId = '';

  constructor(library: Library, actions: CardActions) {
    this.#library = library;
    this.#keys = playKeys(actions, () => this.#playableId);
    this.#remove = button(
      { class: 'card__remove', label: 'Remove from row', testId: 'remove' },
      icon('close'),
      () => actions.remove(this.#playableId),
    );
    this.#face = element(
      'div',
      { class: 'card__face' },
      this.#picture,
      this.#kind,
      this.#keys,
      this.#remove,
      element('span', { class: 'bar' }, this.#bar),
    );
    this.root = element(
      'article',
      { class: 'card' },
      this.#face,
      element('div', { class: 'card__line' }, this.#title, this.#place),
      this.#detail,
      this.#reasons,
    );
  }

  /** Shows an item; `playhead` is the newest one known, be it from the row or pushed since. */
  show(item: ContinueWatchingItem, playhead: Playhead | null): void {
    const { playableId } = item;
    if (playableId !== this.#playableId) {
      if (this.#playableId !== '') this.#turnOver();
      this.#playableId = playableId;
      this.#picture.src = item.playable?.artworkUrl ?? pictureOf(playableId);
      this.root.setAttribute('data-testid', `card-${playableId}`);
    }
    const { name, detail } = this.#library.get(playableId) ?? {
      ...unknownTitle(playableId),
      name: item.playable?.title ?? playableId,
    };
    write(this.#title, name);
    write(this.#detail, detail);
    nameKeys(this.#keys, actionName(name, detail));
    label(this.#remove, `Remove ${actionName(name, detail)} from the row`);
    write(this.#reasons, item.reasons[0]?.text ?? '');
    this.#reasons.title = item.reasons.map(({ text }) => text).join(' · ');
    this.#showPlace(item, playhead);
  }

  /** What follows takes this place: the card turns over to it. */
  #turnOver(): void {
    if (prefersStillness()) return;
    const from = { opacity: 0.2, transform: 'perspective(900px) rotateY(-84deg)' };
    this.#face.animate([from, { opacity: 1, transform: 'none' }], {
      duration: turnMs,
      easing: 'cubic-bezier(.22, 1, .36, 1)',
    });
  }

  #showPlace(item: ContinueWatchingItem, playhead: Playhead | null): void {
    const session = playhead?.activeSession ?? null;
    const isPlaying = session?.playerState === 'PLAYING';
    const kind = isPlaying
      ? `On ${session.device.name ?? 'another device'}`
      : kindLabels[item.kind];
    write(this.#kind, kind ?? '');
    this.#kind.classList.toggle('is-live', isPlaying);
    const isUnderway = playhead?.status === 'IN_PROGRESS';
    write(this.#place, isUnderway ? clockText(playhead.positionMs) : '');
    const progress = isUnderway ? (playhead.progress ?? 0) : 0;
    this.#bar.style.setProperty('--done', `${(100 * progress).toFixed(2)}%`);
  }
}

/** A title as buttons say it: episodes by more than their series. */
export function actionName(name: string, detail: string): string {
  return detail.includes('·') ? `${name} ${detail}` : name;
}

/** Says of every button which title it is about. */
export function nameKeys(keys: HTMLElement, name: string): void {
  for (const key of keys.querySelectorAll<HTMLElement>('[data-testid]')) {
    const where = key.dataset.testid === 'play-on-tv' ? 'on the TV' : 'on the phone';
    label(key, `Play ${name} ${where}`);
  }
}

/** A button for each device, wherever there is something to play. */
export function playKeys(actions: CardActions, playableId: () => string): HTMLElement {
  const keys = actions.forms.map((form) => {
    const about = { class: 'card__key', label: 'Play', testId: `play-on-${form}` };
    return button(about, icon(actions.forms.length === 1 ? 'play' : form), () => {
      if (clipOf(playableId()) !== undefined) actions.play(playableId(), form);
    });
  });
  return element('span', { class: 'card__keys' }, ...keys);
}
