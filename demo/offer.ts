import type { Playhead } from '../client/index.ts';

/** What a device offers to go on with: something another device plays, or played last. */
export interface Offer {
  playhead: Playhead;
  /** How viewers call the other device. */
  deviceName: string;
  isPlaying: boolean;
}

/**
 * The newest thing that another device of this viewer stopped at, if nothing newer happened here.
 *
 * Shape: pure. Null while this device plays that very title: there is nothing to hand over then. One
 * that is paused here and went on elsewhere is offered again.
 */
export function offerOf(
  playheads: Iterable<Playhead>,
  here: { deviceId: string; playingId: string | null },
): Offer | null {
  let newest: Playhead | undefined;
  for (const playhead of playheads) {
    if (newest === undefined || playhead.version > newest.version) newest = playhead;
  }
  if (newest === undefined || newest.status !== 'IN_PROGRESS' || newest.hidden) return null;
  const { device, activeSession } = newest;
  if (device === null || device.id === here.deviceId) return null;
  if (newest.playableId === here.playingId) return null;
  const isPlaying =
    activeSession !== null &&
    activeSession.device.id === device.id &&
    activeSession.playerState === 'PLAYING';
  return { playhead: newest, deviceName: device.name ?? 'another device', isPlaying };
}
