import { button, element, icon, write } from './dom.ts';
import type { Exchange, Wire } from './wire.ts';

/** Operations kept in the drawer: what one watches happen, not a history. */
const entriesMax = 60;

/** The drawer that shows what goes over the wire, newest first. */
export class OperationsLog {
  readonly root: HTMLElement;
  readonly toggle: HTMLButtonElement;
  readonly #list = element('ol', { class: 'drawer__list', testId: 'operations' });
  readonly #close: HTMLButtonElement;
  readonly #notes = new WeakMap<Exchange, Note>();

  constructor(wire: Wire) {
    const heading = element(
      'h2',
      { class: 'drawer__heading', id: 'drawer-heading' },
      'On the wire',
    );
    const about = { class: 'key drawer__close', label: 'Close the drawer', testId: 'drawer-close' };
    this.#close = button(about, icon('close'), () => this.#show(false));
    this.root = element(
      'aside',
      { class: 'drawer', id: 'drawer', 'aria-labelledby': 'drawer-heading' },
      element('header', { class: 'drawer__top' }, heading, this.#close),
      this.#list,
    );
    this.root.hidden = true;
    this.toggle = button(
      { class: 'pill', label: 'GraphQL operations', testId: 'drawer' },
      'GraphQL',
      () => this.#show(this.root.hidden === true),
    );
    this.toggle.setAttribute('aria-controls', 'drawer');
    this.toggle.setAttribute('aria-expanded', 'false');
    this.root.addEventListener('keydown', ({ key }) => {
      if (key === 'Escape') this.#show(false);
    });
    wire.listen({
      began: (exchange) => this.#begin(exchange),
      answered: (exchange, { status, text }) => {
        this.#notes.get(exchange)?.end(String(status), text);
      },
      pushed: (exchange, text) => this.#notes.get(exchange)?.push(text),
      ended: (exchange, reason) => this.#notes.get(exchange)?.end('ended', reason),
    });
  }

  /** Keyboards go into the drawer with it, and back to where they came from. */
  #show(isShown: boolean): void {
    this.root.hidden = !isShown;
    this.toggle.setAttribute('aria-expanded', String(isShown));
    (isShown ? this.#close : this.toggle).focus();
  }

  #begin(exchange: Exchange): void {
    const note = new Note(exchange);
    this.#notes.set(exchange, note);
    this.#list.prepend(note.root);
    while (this.#list.children.length > entriesMax) this.#list.lastElementChild?.remove();
  }
}

/** One operation in the drawer. */
class Note {
  readonly root: HTMLElement;
  readonly #startedAtMs = performance.now();
  readonly #status = element('span', { class: 'note__status' }, '…');
  readonly #answer = element('pre', { testId: 'answer' }, '…');
  #events = 0;

  constructor({ who, name, document, variables }: Exchange) {
    const summary = element(
      'summary',
      {},
      element('span', { class: 'note__who' }, who),
      element('span', { class: 'note__name' }, name),
      this.#status,
    );
    this.root = element(
      'li',
      {},
      element(
        'details',
        { class: 'note' },
        summary,
        ...part('Operation', element('pre', {}, document)),
        ...part('Variables', element('pre', { testId: 'variables' }, pretty(variables))),
        ...part('Answer', this.#answer),
      ),
    );
  }

  end(status: string, answer: string): void {
    const tookMs = Math.round(performance.now() - this.#startedAtMs);
    write(
      this.#status,
      this.#events > 0 ? `${status} · ${this.#events} events` : `${status} · ${tookMs} ms`,
    );
    if (this.#events === 0) write(this.#answer, prettyText(answer));
  }

  /** A stream shows its newest event. */
  push(text: string): void {
    this.#events += 1;
    write(this.#status, `live · ${this.#events} ${this.#events === 1 ? 'event' : 'events'}`);
    write(this.#answer, prettyText(text));
  }
}

function part(heading: string, content: HTMLElement): [HTMLElement, HTMLElement] {
  // Long ones scroll, and so must be in reach of the keyboard.
  content.tabIndex = 0;
  content.setAttribute('role', 'region');
  content.setAttribute('aria-label', heading);
  return [element('h3', { class: 'note__part' }, heading), content];
}

function prettyText(text: string): string {
  try {
    return pretty(JSON.parse(text));
  } catch {
    return text;
  }
}

function pretty(content: unknown): string {
  return JSON.stringify(content, null, 2);
}
