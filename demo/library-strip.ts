import { actionName, type CardActions, nameKeys, playKeys } from './card.ts';
import { element } from './dom.ts';
import { type Library, pictureOf, type Title } from './library.ts';

/** Everything there is to start. */
export function buildLibraryStrip(library: Library, actions: CardActions): HTMLElement {
  const tiles = [...library.values()].map((title) => buildTile(title, actions));
  return element(
    'section',
    { class: 'row row--library', 'aria-label': 'Library' },
    element('header', { class: 'row__header' }, element('h2', {}, 'Library')),
    element('div', { class: 'strip strip--small', testId: 'library' }, ...tiles),
  );
}

function buildTile({ playableId, name, detail }: Title, actions: CardActions): HTMLElement {
  const picture = element('img', {
    class: 'card__picture',
    src: pictureOf(playableId),
    alt: '',
    loading: 'lazy',
  });
  const keys = playKeys(actions, () => playableId);
  nameKeys(keys, actionName(name, detail));
  return element(
    'article',
    { class: 'card card--small', testId: `title-${playableId}` },
    element('div', { class: 'card__face' }, picture, keys),
    element('h3', { class: 'card__title' }, name),
    element('p', { class: 'card__detail' }, detail),
  );
}
