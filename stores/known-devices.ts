import type { Device } from '../domain/playhead.ts';
import type { DurableStore } from './durable-store.ts';

/** Written again each day all the same: a store may let rows run out, or be given back an old state. */
const knownMs = 24 * 3_600_000;
/** Two devices of each viewer of a busy process; about 15 MB. */
const devicesMax = 80_000;
/** Forgotten at once: whoever looks for the oldest passes over all that were forgotten before it. */
const forgottenLength = devicesMax / 16;

/**
 * The store itself, spared the descriptions of devices that it was given by this process already:
 * without this every second row of a drain would be one of them, and hardly ever another.
 *
 * Shape: only what the store said it has is left out, and only while it is the last thing that this
 * process wrote of that device. Another process's newer name may so stay for a day longer.
 */
export function sparedKnownDevices(
  durable: DurableStore,
  clock: { nowMs(): number },
): DurableStore {
  /** By profile and device, the longest known first. */
  const known = new Map<string, { device: Device; untilMs: number }>();

  function isKnown(profileId: string, device: Device): boolean {
    const last = known.get(keyOf(profileId, device));
    return last !== undefined && last.untilMs > clock.nowMs() && isSame(last.device, device);
  }
  function remember(profileId: string, device: Device): void {
    const key = keyOf(profileId, device);
    known.delete(key);
    known.set(key, { device, untilMs: clock.nowMs() + knownMs });
    if (known.size > devicesMax) forgetOldest();
  }
  function forgetOldest(): void {
    for (const key of known.keys()) {
      known.delete(key);
      if (known.size <= devicesMax - forgottenLength) return;
    }
  }

  return {
    async write(batch) {
      const { profileId, titles } = batch;
      const devices = batch.devices.filter((device) => !isKnown(profileId, device));
      if (titles.length === 0 && devices.length === 0) return;
      // Two writes of one device may end in either order: nothing is known of it until one has.
      for (const device of devices) known.delete(keyOf(profileId, device));
      await durable.write({ profileId, titles, devices });
      for (const device of devices) remember(profileId, device);
    },
    read: (profileId) => durable.read(profileId),
    async erase(erasing) {
      for (const key of known.keys()) {
        if (key.startsWith(`${erasing.profileId}|`)) known.delete(key);
      }
      await durable.erase(erasing);
    },
    eachProfile: (visit) => durable.eachProfile(visit),
    close: () => durable.close(),
  };
}

function keyOf(profileId: string, { id }: Device): string {
  return `${profileId}|${id}`;
}

function isSame(left: Device, right: Device): boolean {
  return left.kind === right.kind && left.name === right.name;
}
