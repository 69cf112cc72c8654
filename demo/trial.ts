import { type Child, element, write } from './dom.ts';

/** How something turned out: as it should, in trouble that is dealt with, or neither yet. */
export type Tone = 'plain' | 'good' | 'warn';

/** What a trial is called, and what its control says. */
export interface TrialWords {
  testId: string;
  title: string;
  /** Shown until something happened. */
  hint: string;
  /** On the control; with `isSwitch` it is read out only. */
  control: string;
  isSwitch?: boolean;
}

/** One thing to try on the platform: a control, and what came of it. */
export class Trial {
  readonly root: HTMLElement;
  readonly #control: HTMLButtonElement;
  readonly #status: HTMLElement;

  constructor(words: TrialWords, onPress: () => void, ...extra: Child[]) {
    this.#status = element('p', { class: 'trial__status', role: 'status' }, words.hint);
    this.#control = words.isSwitch ? switchOf(words) : buttonOf(words);
    this.#control.addEventListener('click', onPress);
    this.root = element(
      'li',
      { class: 'trial', testId: words.testId },
      element('h3', { class: 'trial__title' }, words.title),
      this.#control,
      this.#status,
      ...extra,
    );
  }

  get isOn(): boolean {
    return this.#control.getAttribute('aria-checked') === 'true';
  }

  turn(isOn: boolean): void {
    this.#control.setAttribute('aria-checked', String(isOn));
  }

  /** What the control of a button says from now on. */
  name(text: string): void {
    write(this.#control, text);
  }

  allow(isAllowed: boolean): void {
    this.#control.disabled = !isAllowed;
  }

  say(text: string, tone: Tone = 'plain'): void {
    write(this.#status, text);
    this.#status.dataset.tone = tone;
  }
}

function buttonOf({ control }: TrialWords): HTMLButtonElement {
  return element('button', { type: 'button', class: 'trial__button', testId: 'control' }, control);
}

function switchOf({ control }: TrialWords): HTMLButtonElement {
  return element('button', {
    type: 'button',
    role: 'switch',
    class: 'trial__switch',
    'aria-checked': 'false',
    'aria-label': control,
    testId: 'control',
  });
}
