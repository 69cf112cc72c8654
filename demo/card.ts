import type { ContinueWatchingItem, Playhead } from '../client/index.ts';
import { clipOf } from './clips.ts';
import type { DeviceForm } from './device-view.ts';
import { button, clockText, element, icon, write } from './dom.ts';
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

/** One card of the Continue Watching row; it stays while what it plays moves on. */
export class Card {
  readonly root: HTMLElement;
  readonly #library: Library;
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
    const keys = playKeys(actions, () => this.#playableId);
    const remove = button(
      { class: 'card__remove', label: 'Remove from row', testId: 'remove' },
      icon('close'),
      () => actions.remove(this.#playableId),
    );
    this.root = element(
      'article',
      { class: 'card' },
      element(
        'div',
        { class: 'card__face' },
        this.#picture,
        this.#kind,
        keys,
        remove,
        element('span', { class: 'bar' }, this.#bar),
      ),
      element('div', { class: 'card__line' }, this.#title, this.#place),
      this.#detail,
      this.#reasons,
    );
  }

  /** Shows an item; `playhead` is the newest one known, be it from the row or pushed since. */
  show(item: ContinueWatchingItem, playhead: Playhead | null): void {
    const { playableId } = item;
    if (playableId !== this.#playableId) {
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
    write(this.#reasons, item.reasons[0]?.text ?? '');
    this.#reasons.title = item.reasons.map(({ text }) => text).join(' · ');
    this.#showPlace(item, playhead);
  }

  #showPlace(item: ContinueWatchingItem, playhead: Playhead | null): void {
    const session = playhead?.activeSession ?? null;
    const isPlaying = session?.playerState === 'PLAYING';
    const label = isPlaying
      ? `On ${session.device.name ?? 'another device'}`
      : kindLabels[item.kind];
    write(this.#kind, label ?? '');
    this.#kind.classList.toggle('is-live', isPlaying);
    const isUnderway = playhead?.status === 'IN_PROGRESS';
    write(this.#place, isUnderway ? clockText(playhead.positionMs) : '');
    const progress = isUnderway ? (playhead.progress ?? 0) : 0;
    this.#bar.style.setProperty('--done', `${(100 * progress).toFixed(2)}%`);
  }
}

/** A button for each device, wherever there is something to play. */
export function playKeys(actions: CardActions, playableId: () => string): HTMLElement {
  const keys = actions.forms.map((form) => {
    const label = form === 'tv' ? 'Play on the TV' : 'Play on the phone';
    const about = { class: 'card__key', label, testId: `play-on-${form}` };
    return button(about, icon(actions.forms.length === 1 ? 'play' : form), () => {
      if (clipOf(playableId()) !== undefined) actions.play(playableId(), form);
    });
  });
  return element('span', { class: 'card__keys' }, ...keys);
}
