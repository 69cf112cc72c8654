import type { DemoDevice } from './device.ts';
import type { DeviceNetwork } from './device-network.ts';
import { clockText } from './dom.ts';
import { Trial } from './trial.ts';
import type { WaitingOutbox } from './waiting-outbox.ts';
import type { Wire } from './wire.ts';

interface SentHeartbeat {
  sequence: number;
  positionMs: number;
}

/** Takes the phone off the network while it plays: heartbeats wait, and come in one request. */
export function offlineTrial(about: {
  device: DemoDevice;
  network: DeviceNetwork;
  outbox: WaitingOutbox;
  wire: Wire;
}): Trial {
  const { device: phone, network, outbox, wire } = about;
  const words = {
    testId: 'trial-offline',
    title: 'Phone offline',
    hint: 'It plays on. Heartbeats wait on the phone.',
    control: 'Phone offline',
    isSwitch: true,
  };
  let wasWaiting = 0;
  const trial = new Trial(words, () => {
    const isOffline = network.isOn;
    trial.turn(isOffline);
    phone.showOffline(isOffline);
    wasWaiting = outbox.waiting;
    if (isOffline) showWaiting(wasWaiting);
    else trial.say('Back: sending what waited…');
    network.turn(!isOffline);
  });
  wire.listen({
    answered({ who, name, variables }) {
      if (who !== phone.name || name !== 'RecordHeartbeats' || wasWaiting === 0 || !network.isOn)
        return;
      const { heartbeats } = (variables as { input: { heartbeats: SentHeartbeat[] } }).input;
      wasWaiting = 0;
      trial.say(summaryOf(heartbeats), 'good');
    },
  });
  outbox.onChange = () => showWaiting(outbox.waiting);
  return trial;

  function showWaiting(waiting: number): void {
    if (network.isOn) return;
    const isPlaying = phone.playingId !== null;
    if (!isPlaying && waiting === 0) trial.say('Offline. Play something on the phone.', 'warn');
    else trial.say(`${waiting} ${heartbeatsOf(waiting)} waiting on the phone`, 'warn');
  }
}

/** What went over the wire, as it was sent. */
function summaryOf(heartbeats: readonly SentHeartbeat[]): string {
  const isInOrder = heartbeats.every(
    ({ sequence }, index) => index === 0 || sequence > (heartbeats[index - 1]?.sequence ?? 0),
  );
  const order = isInOrder ? 'in order' : 'out of order';
  const newest = heartbeats.at(-1)?.positionMs ?? 0;
  const { length } = heartbeats;
  return `${length} ${heartbeatsOf(length)} in one request, ${order}: now at ${clockText(newest)}`;
}

function heartbeatsOf(length: number): string {
  return length === 1 ? 'heartbeat' : 'heartbeats';
}
