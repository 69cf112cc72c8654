import type { AskServer } from './ask-server.ts';
import { freshnessQuery } from './documents.ts';
import type { HotStoreState } from './hot-store-route.ts';

/** How trustworthy the server's answers are just now, by its own word. */
export type Health = 'unknown' | 'current' | 'degraded' | 'silent';

/** Often enough that a viewer does not wait for the colour to change. */
const askMs = 700;
/** Nothing is going on: nobody waits. */
const idleAskMs = 4_000;

interface Freshness {
  viewer: { playhead: { freshness: { degraded: boolean } } | null } | null;
}

/** The hot store behind the server: what it is, how it does, and, if it is the demo's own, its switch. */
export class HotStoreWatch {
  #state: HotStoreState | null = null;
  #health: Health = 'unknown';
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #ask: AskServer;
  readonly #playableId: string;
  readonly #onChange: (state: HotStoreState, health: Health) => void;

  constructor(
    about: { ask: AskServer; playableId: string },
    onChange: (state: HotStoreState, health: Health) => void,
  ) {
    this.#ask = about.ask;
    this.#playableId = about.playableId;
    this.#onChange = onChange;
  }

  /** Looks what there is, and keeps looking how it does if that can change. */
  async open(): Promise<void> {
    await this.#learn(await fetch('hot-store'));
    if (this.#state?.isOwn === true) await this.#watch();
  }

  async kill(): Promise<void> {
    await this.#learn(await fetch('hot-store/kill', { method: 'POST' }));
    await this.#watch();
  }

  async start(): Promise<void> {
    await this.#learn(await fetch('hot-store/start', { method: 'POST' }));
    await this.#watch();
  }

  async #learn(response: Response): Promise<void> {
    this.#state = (await response.json()) as HotStoreState;
    this.#tell();
  }

  async #watch(): Promise<void> {
    clearTimeout(this.#timer);
    this.#health = await this.#look();
    this.#tell();
    const isQuiet = this.#health === 'current' && this.#state?.isUp === true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#watch(), isQuiet ? idleAskMs : askMs);
  }

  async #look(): Promise<Health> {
    const variables = { playableId: this.#playableId };
    try {
      const { viewer } = await this.#ask<Freshness>({
        ...freshnessQuery,
        variables,
      });
      if (!viewer?.playhead) return 'silent';
      return viewer.playhead.freshness.degraded ? 'degraded' : 'current';
    } catch {
      return 'silent';
    }
  }

  #tell(): void {
    if (this.#state !== null) this.#onChange(this.#state, this.#health);
  }
}
