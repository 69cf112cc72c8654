import { createPlayhead, type DeviceStorage } from '../client/index.ts';
import { graphqlUrl } from './ask-server.ts';
import { DemoDevice } from './device.ts';
import { SettableClock } from './device-clock.ts';
import { DeviceNetwork } from './device-network.ts';
import type { DeviceForm } from './device-view.ts';
import type { HandOverWatch } from './hand-over.ts';
import type { Library } from './library.ts';
import { WaitingOutbox } from './waiting-outbox.ts';
import type { Wire } from './wire.ts';

const deviceNames = { tv: 'Living room TV', phone: 'Phone' } as const;
const deviceKinds = { tv: 'TV', phone: 'PHONE' } as const;

/** What all devices of a page share. */
export interface PageParts {
  library: Library;
  auth: () => Promise<string>;
  wire: Wire;
  profile: string;
}

/** A device, and the parts of it that can go wrong. */
export interface OpenDevice {
  device: DemoDevice;
  network: DeviceNetwork;
  clock: SettableClock;
  outbox: WaitingOutbox;
}

/** Opens one device of the page, with a network, a clock and a storage of its own. */
export function openDevice(
  parts: PageParts & { form: DeviceForm; watch: HandOverWatch },
): OpenDevice {
  const { form, library, auth, wire, profile, watch } = parts;
  const name = deviceNames[form];
  const network = new DeviceNetwork();
  const clock = new SettableClock();
  const outbox = new WaitingOutbox(`${form}/outbox/${profile}/`);
  const client = createPlayhead({
    url: graphqlUrl,
    auth,
    profile,
    device: { kind: deviceKinds[form], name },
    storage: storageOf(form),
    outbox,
    clock,
    fetch: wire.observed(name, network.fetch),
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
  return { device, network, clock, outbox };
}

/** Several devices in one browser: each has a storage, and so an id, of its own. */
export function storageOf(device: string): DeviceStorage {
  return {
    getItem: (key) => localStorage.getItem(`${device}/${key}`),
    setItem: (key, value) => localStorage.setItem(`${device}/${key}`, value),
  };
}
