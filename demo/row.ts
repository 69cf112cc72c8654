import type { ContinueWatchingItem, PlayheadClient } from '../client/index.ts';
import { Card, type CardActions } from './card.ts';
import { element, prefersStillness, write } from './dom.ts';
import type { Library } from './library.ts';

/** How long a card takes to its new place: long enough to be followed, short enough not to wait for. */
const moveMs = 520;
const emptyText =
  'Nothing here yet. A film appears after 3 % of it, an episode after 2 minutes: skip ahead and watch.';
const easing = 'cubic-bezier(.22, 1, .36, 1)';

/** The Continue Watching row: the order comes from the server's row, positions from live playheads. */
export class Row {
  readonly root: HTMLElement;
  readonly #client: PlayheadClient;
  readonly #library: Library;
  readonly #actions: CardActions;
  readonly #onFirst: (playableId: string) => void;
  readonly #cards = new Map<string, Card>();
  readonly #strip = element('div', { class: 'strip', testId: 'row' });
  readonly #empty = element('p', { class: 'row__empty' }, emptyText);
  readonly #ranker = element('span', { class: 'row__ranker' });

  constructor(
    about: { client: PlayheadClient; library: Library; onFirst: (playableId: string) => void },
    actions: CardActions,
  ) {
    this.#client = about.client;
    this.#library = about.library;
    this.#onFirst = about.onFirst;
    this.#actions = actions;
    const heading = element('h2', {}, 'Continue Watching');
    this.root = element(
      'section',
      { class: 'row', 'aria-label': 'Continue Watching' },
      element('header', { class: 'row__header' }, heading, this.#ranker),
      this.#empty,
      this.#strip,
    );
    about.client.continueWatching.subscribe(() => this.#show());
    about.client.live.subscribe(() => this.#show());
  }

  #show(): void {
    const row = this.#client.continueWatching.getSnapshot();
    if (row === null) return;
    const { items } = row;
    const before = this.#places();
    this.#dropMissing(items);
    const ordered = items.map((item) => this.#cardOf(item));
    const isSameOrder = ordered.every((card, index) => this.#strip.children[index] === card.root);
    if (!isSameOrder) this.#strip.append(...ordered.map(({ root }) => root));
    this.#empty.hidden = items.length > 0;
    write(this.#ranker, `ranked by ${row.ranker}${row.degraded ? ', degraded' : ''}`);
    if (!isSameOrder || before.size !== items.length) this.#animateFrom(before);
    const [first] = items;
    if (first !== undefined) this.#onFirst(first.playableId);
  }

  #cardOf(item: ContinueWatchingItem): Card {
    const known = this.#cards.get(item.id);
    const card = known ?? new Card(this.#library, this.#actions);
    this.#cards.set(item.id, card);
    const pushed = this.#client.live.getSnapshot().get(item.playableId);
    const inRow = item.playable?.playhead ?? null;
    const isNewer = pushed !== undefined && pushed.version >= (inRow?.version ?? '');
    card.show(item, isNewer ? pushed : inRow);
    return card;
  }

  #dropMissing(items: readonly ContinueWatchingItem[]): void {
    const wanted = new Set(items.map(({ id }) => id));
    for (const [id, card] of this.#cards) {
      if (wanted.has(id)) continue;
      card.root.remove();
      this.#cards.delete(id);
    }
  }

  #places(): Map<Card, DOMRect> {
    return new Map(
      [...this.#cards.values()].map((card) => [card, card.root.getBoundingClientRect()]),
    );
  }

  /** Every card travels from where it was; a new one rises into its place. */
  #animateFrom(before: ReadonlyMap<Card, DOMRect>): void {
    if (prefersStillness()) return;
    for (const card of this.#cards.values()) {
      const now = card.root.getBoundingClientRect();
      const then = before.get(card);
      const from =
        then === undefined
          ? { opacity: 0, transform: 'translateY(24px) scale(.94)' }
          : { transform: `translate(${then.left - now.left}px, ${then.top - now.top}px)` };
      card.root.animate([from, { transform: 'none' }], { duration: moveMs, easing });
    }
  }
}
