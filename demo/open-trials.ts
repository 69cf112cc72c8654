import { graphqlUrl, serverOf } from './ask-server.ts';
import { DeviceNetwork } from './device-network.ts';
import { element } from './dom.ts';
import { type OpenDevice, type PageParts, storageOf } from './open-device.ts';
import type { DemoRegions } from './regions-route.ts';
import { Tablet } from './tablet.ts';
import type { Trial } from './trial.ts';
import { clockTrial } from './trial-clock.ts';
import { finishTrial } from './trial-finish.ts';
import { hotStoreTrial } from './trial-hot-store.ts';
import { offlineTrial } from './trial-offline.ts';
import { regionTrial } from './trial-region.ts';
import { TabletTrial } from './trial-tablet.ts';

/** The rail beside the devices: what there is to try on them. */
export function openTrials(
  parts: PageParts & { opened: readonly OpenDevice[]; regions: DemoRegions },
): {
  rail: HTMLElement;
  badge: HTMLElement;
} {
  const { opened, library, wire, regions } = parts;
  const devices = opened.map(({ device }) => device);
  const [tv, phone] = opened;
  const trials: Trial[] = [];
  const [anyId = ''] = library.keys();
  // Looking after the server is not what a viewer does: it stays out of the drawer.
  const hotStore = hotStoreTrial({ ask: serverOf(parts.auth, fetch), playableId: anyId });
  if (tv !== undefined && phone !== undefined) {
    trials.push(
      finishTrial({ devices, client: tv.device.client, library }),
      offlineTrial({ ...phone, wire }),
      new TabletTrial(openTablet(parts), wire).trial,
      clockTrial(tv.clock),
      hotStore.trial,
    );
    const { here, elsewhere } = regions;
    const [there] = elsewhere;
    if (here !== null && there !== undefined) {
      trials.unshift(regionTrial({ ...phone, wire, here, there }));
    }
  }
  const rail = element(
    'section',
    { class: 'trials', 'aria-labelledby': 'trials-heading' },
    element('h2', { class: 'trials__heading', id: 'trials-heading' }, 'Try to break it'),
    element('ul', { class: 'trials__list' }, ...trials.map(({ root }) => root)),
  );
  return { rail, badge: hotStore.badge };
}

function openTablet({ auth, wire, profile }: PageParts): Tablet {
  const video = element('video', { class: 'tablet__video', preload: 'auto' });
  video.muted = true;
  video.playsInline = true;
  const network = new DeviceNetwork();
  const fetchWith = wire.observed(Tablet.deviceName, network.fetch);
  const storage = storageOf('tablet');
  const options = { url: graphqlUrl, auth, profile, storage, fetch: fetchWith };
  return new Tablet(options, { network, video });
}
