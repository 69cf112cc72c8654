/** What goes into an element. */
export type Child = Node | string;

/** Makes an element. Attributes are set as they are; `testId` becomes `data-testid`. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name === 'testId' ? 'data-testid' : name, value);
  }
  made.append(...children);
  return made;
}

/** A button with an icon, or words, that says what it does to whoever cannot see it. */
export function button(
  about: { class: string; label: string; testId: string },
  content: Child,
  onPress: () => void,
): HTMLButtonElement {
  const { label: words, ...attributes } = about;
  const made = element('button', { type: 'button', ...attributes });
  label(made, words);
  made.append(content);
  made.addEventListener('click', onPress);
  return made;
}

/** What a button says to whoever cannot see it, and to whoever waits over it. */
export function label(target: HTMLElement, text: string): void {
  if (target.title === text) return;
  target.title = text;
  target.setAttribute('aria-label', text);
}

/** Writes a text only if it changed, so that observers hear of changes alone. */
export function write(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** Paths on a grid of 24 by 24. */
const icons = {
  play: 'M8 5v14l11-7z',
  pause: 'M6 5h4v14H6zM14 5h4v14h-4z',
  stop: 'M6 6h12v12H6z',
  back: 'M11 18V6l-8.5 6zM20.5 18V6L12 12z',
  forward: 'M4 18l8.5-6L4 6zM13 6v12l8.5-6z',
  tv: 'M3 5h18v12H3zM8 21h8v-2H8z',
  phone: 'M7 2h10a1 1 0 0 1 1 1v18a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1V3a1 1 0 0 1 1-1zm1 3v13h8V5z',
  close:
    'M18.3 7.1 16.9 5.7 12 10.6 7.1 5.7 5.7 7.1l4.9 4.9-4.9 4.9 1.4 1.4 4.9-4.9 4.9 4.9 1.4-1.4-4.9-4.9z',
} as const;

/** A picture there is. */
export type IconName = keyof typeof icons;

/** A picture that takes the colour of the text around it. */
export function icon(name: IconName): SVGSVGElement {
  const namespace = 'http://www.w3.org/2000/svg';
  const picture = document.createElementNS(namespace, 'svg');
  picture.setAttribute('viewBox', '0 0 24 24');
  picture.setAttribute('class', 'icon');
  picture.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(namespace, 'path');
  path.setAttribute('d', icons[name]);
  picture.append(path);
  return picture;
}

/** `0:23`, `12:04`, `1:02:03`: how players show a position. */
export function clockText(positionMs: number): string {
  const seconds = Math.floor(positionMs / 1_000);
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const [hours = 0, minutes = 0, rest = 0] = parts;
  const tail = `:${String(rest).padStart(2, '0')}`;
  return hours === 0 ? `${minutes}${tail}` : `${hours}:${String(minutes).padStart(2, '0')}${tail}`;
}

/** Whether the viewer asked the system for less motion; asked each time, as it may change. */
export function prefersStillness(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}
