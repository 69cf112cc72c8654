import { serverOf, tokensOf } from './ask-server.ts';
import type { CardActions } from './card.ts';
import type { DeviceForm } from './device-view.ts';
import { hidePlayheadMutation } from './documents.ts';
import { element, write } from './dom.ts';
import { HandOverWatch } from './hand-over.ts';
import { loadLibrary } from './library.ts';
import { buildLibraryStrip } from './library-strip.ts';
import { openDevice } from './open-device.ts';
import { openTrials } from './open-trials.ts';
import { OperationsLog } from './operations-log.ts';
import { Row } from './row.ts';
import { loadRegions } from './trial-region.ts';
import { Wire } from './wire.ts';

/** `?profile=` chooses the viewer, `?device=` shows one device alone, as a page of its own. */
const parameters = new URLSearchParams(location.search);
const profile = parameters.get('profile') ?? 'demo';
const forms = formsOf(parameters.get('device'));

const wire = new Wire();
const log = new OperationsLog(wire);
const handOver = element('span', { class: 'hand-over', testId: 'hand-over', role: 'status' });
const watch = new HandOverWatch((tookMs) => {
  write(handOver, `Handed over in ${Math.max(1, Math.round(tookMs))} ms`);
  handOver.classList.add('is-measured');
});

try {
  await open();
} catch (error) {
  document.body.append(
    element('p', { class: 'failure', testId: 'failure', role: 'alert' }, String(error)),
  );
}

async function open(): Promise<void> {
  const auth = tokensOf(profile);
  const ask = serverOf(auth, wire.observed('Page', fetch));
  const [library, regions] = await Promise.all([loadLibrary(ask), loadRegions()]);
  const opened = forms.map((form) => openDevice({ form, library, auth, wire, profile, watch }));
  const devices = new Map(opened.map(({ device }) => [device.form, device]));
  const [first] = devices.values();
  if (first === undefined) return;
  const actions: CardActions = {
    forms,
    play: (playableId, form) => void devices.get(form)?.play(playableId),
    remove: (playableId) =>
      void ask({
        ...hidePlayheadMutation,
        variables: { input: { playableId } },
      }),
  };
  const onFirst = (playableId: string) => {
    for (const device of devices.values()) device.showBackdrop(playableId);
  };
  const row = new Row({ client: first.client, library, onFirst }, actions);
  const stage = element('div', { class: 'stage' }, ...opened.map(({ device }) => device.root));
  const [featured] = library.keys();
  if (featured !== undefined) onFirst(featured);
  const isSideBySide = forms.length > 1;
  const trials = isSideBySide
    ? openTrials({ opened, library, auth, wire, profile, regions })
    : undefined;
  if (trials !== undefined) stage.append(trials.rail);
  document.body.classList.add(isSideBySide ? 'side-by-side' : `only-${forms[0]}`);
  document.body.append(
    buildHeader(trials?.badge),
    element('main', {}, stage, row.root, buildLibraryStrip(library, actions)),
    log.root,
  );
}

function buildHeader(badge: HTMLElement | undefined): HTMLElement {
  const brand = element(
    'h1',
    { class: 'brand' },
    element('i', { class: 'brand__mark' }),
    'Playhead',
  );
  const claim = element(
    'p',
    { class: 'claim' },
    'Stop on one device. Go on, on another, right there.',
  );
  const who = element('span', { class: 'pill pill--quiet', testId: 'profile' }, profile);
  const news = badge === undefined ? [handOver] : [handOver, badge];
  return element('header', { class: 'top' }, brand, claim, ...news, who, log.toggle);
}

function formsOf(wanted: string | null): DeviceForm[] {
  if (wanted === 'tv' || wanted === 'phone') return [wanted];
  return ['tv', 'phone'];
}
