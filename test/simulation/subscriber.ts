import type { PlayheadView } from '../../subgraphs/playback/playhead-view.ts';
import { watchPlayheads } from '../../subgraphs/playback/watch.ts';
import type { PlaybackProcess } from './playback-process.ts';
import type { Region } from './region.ts';

/** A client that follows a profile live: subscribes again whenever its stream ends or its server dies. */
export class Subscriber {
  readonly profileId: string;
  /** Each title as it was last told, and by which of its streams. */
  readonly last = new Map<string, { playhead: PlayheadView; stream: number }>();
  readonly region: Region;
  /** Streams that it began so far. */
  streams = 0;
  #lives = 0;

  constructor(region: Region, profileId: string) {
    this.region = region;
    this.profileId = profileId;
  }

  async live(): Promise<void> {
    const { timeline, chance, processes } = this.region;
    for (;;) {
      // The stream ended, or there is nobody to ask: it is begun anew.
      if (processes.length > 0) await this.#follow(chance.pick(processes)).catch(() => {});
      await timeline.sleep(300 + chance.below(1_500));
    }
  }

  async #follow(process: PlaybackProcess): Promise<void> {
    const { timeline, chance, world } = this.region;
    this.#beginAnewWith(this.region.lives);
    this.streams += 1;
    const stream = watchPlayheads(process.deps, { profileId: this.profileId, title: null });
    const told = new Map<string, string>();
    for (;;) {
      const next = await Promise.race([stream.next(), process.death]);
      if (next === 'dead' || next.done) return;
      for (const playhead of next.value.playheads) {
        const { playableId: title, version } = playhead;
        if (version < (told.get(title) ?? '')) {
          world.ledger.violate('a stream never goes back', `${this.profileId} ${title}`);
        }
        told.set(title, version);
        this.last.set(title, { playhead, stream: this.streams });
      }
      // A slow reader misses nothing that lasts.
      if (chance.of(0.1)) await timeline.sleep(chance.below(4_000));
    }
  }

  /** What was told of a region that was built anew since is another life's. */
  #beginAnewWith(lives: number): void {
    if (this.#lives !== lives) this.last.clear();
    this.#lives = lives;
  }
}
