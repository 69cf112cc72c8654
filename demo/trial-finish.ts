import type { PlayheadClient } from '../client/index.ts';
import type { DemoDevice } from './device.ts';
import type { Library } from './library.ts';
import { Trial } from './trial.ts';

/** Played when nothing is: the first of a series. */
const firstEpisodeId = 'ep_tideline_s1e1';

/** Skips to the end of what plays; the row then has the next episode in its place. */
export function finishTrial(about: {
  devices: readonly DemoDevice[];
  client: PlayheadClient;
  library: Library;
}): Trial {
  const { devices, client, library } = about;
  const words = {
    testId: 'trial-finish',
    title: 'Finish the episode',
    hint: 'The next one takes its place in the row.',
    control: 'Skip to the end',
  };
  let finishingId: string | null = null;
  const trial = new Trial(words, () => void finish());
  client.continueWatching.subscribe(() => showNext());
  client.live.subscribe(() => showNext());
  return trial;

  async function finish(): Promise<void> {
    const playing = devices.find(({ isPlaying }) => isPlaying);
    const device = playing ?? devices.find(({ playingId }) => playingId !== null) ?? devices[0];
    if (device === undefined) return;
    if (device.playingId === null) await device.play(firstEpisodeId);
    finishingId = device.playingId;
    if (finishingId === null) return;
    trial.say(`The end of ${nameOf(finishingId)}, on ${device.name}…`);
    device.skipToEnd();
  }

  function showNext(): void {
    if (finishingId === null) return;
    const isFinished = client.live.getSnapshot().get(finishingId)?.status === 'FINISHED';
    const ids = (client.continueWatching.getSnapshot()?.items ?? []).map((item) => item.playableId);
    if (!isFinished || ids.includes(finishingId)) return;
    const name = nameOf(finishingId);
    const next = ids.find((playableId) => nameOf(playableId) === name);
    // The row comes a moment after the playhead.
    if (next === undefined && finishingId.startsWith('ep_')) return;
    finishingId = null;
    if (next === undefined) trial.say(`Finished: ${name} left the row.`, 'good');
    else trial.say(`Next in the row: ${library.get(next)?.detail}`, 'good');
  }

  function nameOf(playableId: string): string {
    return library.get(playableId)?.name ?? playableId;
  }
}
