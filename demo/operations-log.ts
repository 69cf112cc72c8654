import { button, element, write } from './dom.ts';

/** Operations kept in the drawer: what one watches happen, not a history. */
const entriesMax = 60;

/** The drawer that shows what goes over the wire, newest first. */
export class OperationsLog {
  readonly root: HTMLElement;
  readonly toggle: HTMLButtonElement;
  readonly #list = element('ol', { class: 'drawer__list', testId: 'operations' });

  constructor() {
    this.root = element(
      'aside',
      { class: 'drawer', 'aria-label': 'GraphQL operations' },
      element('h2', { class: 'drawer__heading' }, 'On the wire'),
      this.#list,
    );
    this.root.hidden = true;
    this.toggle = button({ class: 'pill', label: 'GraphQL', testId: 'drawer' }, 'GraphQL', () => {
      this.root.hidden = !this.root.hidden;
    });
  }

  /** A `fetch` for one device whose operations appear in the drawer. */
  recording(who: string): typeof fetch {
    return async (input, init) => {
      const note = this.#begin(who, init?.body);
      try {
        const response = await fetch(input, init);
        void this.#finish(note, response);
        return response;
      } catch (error) {
        note.end('no answer', String(error));
        throw error;
      }
    };
  }

  #begin(who: string, body: BodyInit | null | undefined): Note {
    const { operationName = 'request', variables = {} } = parsed(body);
    const note = new Note(`${who} · ${operationName}`, JSON.stringify(variables, null, 1));
    this.#list.prepend(note.root);
    while (this.#list.children.length > entriesMax) this.#list.lastElementChild?.remove();
    return note;
  }

  async #finish(note: Note, response: Response): Promise<void> {
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
    if (isStream) {
      note.end('stream', 'Events arrive as they happen.');
      return;
    }
    const text = await response.clone().text();
    note.end(String(response.status), text);
  }
}

/** One operation in the drawer. */
class Note {
  readonly root: HTMLElement;
  readonly #startedAtMs = performance.now();
  readonly #status = element('span', { class: 'note__status' }, '…');
  readonly #answer = element('pre', {}, '…');

  constructor(name: string, variables: string) {
    const summary = element('summary', {}, element('span', {}, name), this.#status);
    this.root = element(
      'li',
      {},
      element('details', { class: 'note' }, summary, element('pre', {}, variables), this.#answer),
    );
  }

  end(status: string, answer: string): void {
    write(this.#status, `${status} · ${Math.round(performance.now() - this.#startedAtMs)} ms`);
    write(this.#answer, answer);
  }
}

function parsed(body: BodyInit | null | undefined): { operationName?: string; variables?: object } {
  if (typeof body !== 'string') return {};
  return JSON.parse(body) as { operationName?: string; variables?: object };
}
