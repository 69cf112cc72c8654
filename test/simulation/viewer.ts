import { publicVersion } from '../../domain/merge.ts';
import {
  type Change,
  changePlayhead,
  forgetAllPlayheads,
} from '../../subgraphs/playback/change-playhead.ts';
import { inForce } from '../../subgraphs/playback/playhead-view.ts';
import type { Operated, PlaybackProcess } from './playback-process.ts';
import { registersIn } from './registers.ts';
import { Whereabouts } from './whereabouts.ts';
import { profileIds, titles, type World } from './world.ts';

/** Anybody may be anywhere, from one look to the next. */
const roamingShare = 0.3;

/** Someone who looks at lists, and now and then changes something by hand. */
export class Viewer {
  readonly #world: World;
  readonly #name: string;
  readonly #whereabouts: Whereabouts;

  constructor(world: World, name: string) {
    this.#world = world;
    this.#name = name;
    this.#whereabouts = new Whereabouts(world, { roamingShare });
  }

  async live(): Promise<void> {
    const { timeline, chance } = this.#world;
    while (!this.#world.isEnding) {
      await timeline.sleep(500 + chance.below(8_000));
      const profileId = chance.pick(profileIds);
      // No answer: they look again some other time.
      await this.#visit(profileId).catch(() => {});
    }
  }

  async #visit(profileId: string): Promise<void> {
    const { chance } = this.#world;
    const process = this.#whereabouts.anyProcess();
    const need = chance.of(0.7) ? 'show' : 'decide';
    const state = await this.#world.read(process, { profileId, need });
    if (chance.of(0.04)) return this.#forgetAll(profileId);
    if (!chance.of(0.3)) return;
    const title = chance.pick(titles);
    const shown = state === null ? null : inForce(state, title);
    // A client that knows what it saw says so; one that does not changes whatever there is.
    const basedOn = shown === null || chance.of(0.5) ? null : publicVersion(shown);
    await this.#change(this.#whereabouts.anyProcess(), profileId, { playableId: title, basedOn });
  }

  /** Changes any title, whatever there is, through this process. */
  async change(profileId: string, process: PlaybackProcess): Promise<void> {
    const playableId = this.#world.chance.pick(titles);
    await this.#change(process, profileId, { playableId, basedOn: null });
  }

  async #change(
    process: PlaybackProcess,
    profileId: string,
    on: { playableId: string; basedOn: string | null },
  ): Promise<void> {
    const { chance, gateway } = this.#world;
    const change = chance.weighted<Change>([
      [4, 'HIDE'],
      [2, 'UNHIDE'],
      [2, 'FINISH'],
      [2, 'RESTART'],
      [3, 'FORGET'],
    ]);
    if (change === 'FORGET') this.#world.handOvers.forget(profileId);
    const operated = await gateway.ask(process, (deps) =>
      changePlayhead(deps, profileId, { ...on, change }),
    );
    this.#world.note(`${this.#name}: ${change} ${profileId} ${on.playableId}`);
    this.#promise(operated);
  }

  async #forgetAll(profileId: string): Promise<void> {
    const { gateway, handOvers } = this.#world;
    handOvers.forget(profileId);
    const operated = await gateway.ask(this.#whereabouts.anyProcess(), (deps) =>
      forgetAllPlayheads(deps, profileId),
    );
    this.#world.note(`${this.#name}: FORGET ALL ${profileId}`);
    this.#promise(operated);
  }

  /** The last thing that was tried is what was done. */
  #promise(operated: Operated<unknown> & { process: PlaybackProcess }): void {
    const done = operated.writes.at(-1);
    if (done === undefined || !('durability' in done.written)) return;
    const { durability } = done.written;
    if (durability === 'NONE') return;
    const { profileId, writes } = done.request;
    const named = registersIn({ profileId, titles: writes });
    this.#world.promise(named, { durability, operated, by: operated.process });
  }
}
