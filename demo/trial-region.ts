import type { DemoDevice } from './device.ts';
import type { DeviceNetwork } from './device-network.ts';
import type { DemoRegion, DemoRegions } from './regions-route.ts';
import { Trial } from './trial.ts';
import type { Wire } from './wire.ts';

/** Reads where this server says that it and the other regions are. */
export async function loadRegions(): Promise<DemoRegions> {
  const response = await fetch('regions');
  return (await response.json()) as DemoRegions;
}

/** Has the phone talk to another region: what it does there, this one shows a moment later. */
export function regionTrial(about: {
  here: DemoRegion;
  there: DemoRegion;
  device: DemoDevice;
  network: DeviceNetwork;
  wire: Wire;
}): Trial {
  const { here, there, device: phone, network, wire } = about;
  const words = {
    testId: 'trial-region',
    title: 'Phone in the other region',
    hint: `Both devices are in “${here.name}”.`,
    control: 'Phone in the other region',
    isSwitch: true,
  };
  const trial = new Trial(words, () => {
    const isThere = !trial.isOn;
    trial.turn(isThere);
    network.moveTo(isThere ? there.url : null);
    trial.say(isThere ? `The phone asks “${there.name}”, the TV “${here.name}”.` : words.hint);
  });
  wire.listen({
    answered({ who, name, variables }, { status }) {
      if (who !== phone.name || name !== 'RecordHeartbeats' || status !== 200 || !trial.isOn)
        return;
      const { heartbeats } = (variables as { input: { heartbeats: object[] } }).input;
      if (heartbeats.length === 0) return;
      trial.say(`“${there.name}” took the phone’s place; “${here.name}” takes it in.`, 'good');
    },
  });
  return trial;
}
