import { createPlayhead, type DeviceStorage } from '../client/index.ts';
import { graphqlUrl, serverOf, tokensOf } from './ask-server.ts';
import type { CardActions } from './card.ts';
import { DemoDevice } from './device.ts';
import type { DeviceForm } from './device-view.ts';
import { element, write } from './dom.ts';
import { HandOverWatch } from './hand-over.ts';
import { type Library, loadLibrary } from './library.ts';
import { buildLibraryStrip } from './library-strip.ts';
import { OperationsLog } from './operations-log.ts';
import { Row } from './row.ts';

const deviceNames = { tv: 'Living room TV', phone: 'Phone' } as const;
const deviceKinds = { tv: 'TV', phone: 'PHONE' } as const;

/** `?profile=` chooses the viewer, `?device=` shows one device alone, as a page of its own. */
const parameters = new URLSearchParams(location.search);
const profile = parameters.get('profile') ?? 'demo';
const forms = formsOf(parameters.get('device'));

const hidePlayhead = `mutation HidePlayhead($input: PlayheadInput!) {
  hidePlayhead(input: $input) { problems { code message } }
}`;

const log = new OperationsLog();
const handOver = element('span', { class: 'hand-over', testId: 'hand-over' });
const watch = new HandOverWatch((tookMs) => {
  write(handOver, `Handed over in ${Math.max(1, Math.round(tookMs))} ms`);
  handOver.classList.add('is-measured');
});

try {
  await open();
} catch (error) {
  document.body.append(element('p', { class: 'failure', testId: 'failure' }, String(error)));
}

async function open(): Promise<void> {
  const auth = tokensOf(profile);
  const ask = serverOf(auth, log.recording('Page'));
  const library = await loadLibrary(ask);
  const devices = new Map(forms.map((form) => [form, openDevice(form, library, auth)]));
  const [first] = devices.values();
  if (first === undefined) return;
  const actions: CardActions = {
    forms,
    play: (playableId, form) => void devices.get(form)?.play(playableId),
    remove: (playableId) =>
      void ask({
        name: 'HidePlayhead',
        document: hidePlayhead,
        variables: { input: { playableId } },
      }),
  };
  const onFirst = (playableId: string) => {
    for (const device of devices.values()) device.showBackdrop(playableId);
  };
  const row = new Row({ client: first.client, library, onFirst }, actions);
  const stage = element(
    'div',
    { class: 'stage' },
    ...[...devices.values()].map(({ root }) => root),
  );
  const [featured] = library.keys();
  if (featured !== undefined) onFirst(featured);
  document.body.classList.add(forms.length === 1 ? `only-${forms[0]}` : 'side-by-side');
  document.body.append(
    buildHeader(),
    element('main', {}, stage, row.root, buildLibraryStrip(library, actions)),
    log.root,
  );
}

function openDevice(form: DeviceForm, library: Library, auth: () => Promise<string>): DemoDevice {
  const name = deviceNames[form];
  const client = createPlayhead({
    url: graphqlUrl,
    auth,
    profile,
    device: { kind: deviceKinds[form], name },
    // Two devices in one browser: each has a storage, and so an id, of its own.
    storage: storageOf(form),
    fetch: log.recording(form === 'tv' ? 'TV' : 'Phone'),
    on: {
      offline: (isOffline) => device.showOffline(isOffline),
      superseded: (playhead) => device.showSuperseded(playhead),
    },
  });
  const device: DemoDevice = new DemoDevice(
    { form, name, client, library },
    {
      paused: (playableId) => watch.notePaused({ playableId, fromDeviceId: client.deviceId }),
      offered: ({ playhead, isPlaying }) => {
        if (isPlaying || playhead.device === null) return;
        const { playableId, device: from } = playhead;
        watch.noteOffered({ playableId, fromDeviceId: from.id });
      },
    },
  );
  return device;
}

function buildHeader(): HTMLElement {
  const brand = element(
    'div',
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
  return element('header', { class: 'top' }, brand, claim, handOver, who, log.toggle);
}

function formsOf(wanted: string | null): DeviceForm[] {
  if (wanted === 'tv' || wanted === 'phone') return [wanted];
  return ['tv', 'phone'];
}

function storageOf(form: DeviceForm): DeviceStorage {
  return {
    getItem: (key) => localStorage.getItem(`${form}/${key}`),
    setItem: (key, value) => localStorage.setItem(`${form}/${key}`, value),
  };
}
