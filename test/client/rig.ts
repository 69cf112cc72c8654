import {
  createPlayhead,
  type DeviceStorage,
  type Page,
  type PageListener,
  type PlayheadClient,
  type PlayheadOptions,
} from '../../client/index.ts';
import { FakePlayer } from './fake-player.ts';
import { FakeServer } from './fake-server.ts';
import { ManualDeviceClock } from './manual-device-clock.ts';

/** A page that the test hides, shows and ends. */
export class FakePage implements Page {
  readonly #listeners = new Set<PageListener>();
  #isVisible = true;
  isMetered = () => false;

  isVisible(): boolean {
    return this.#isVisible;
  }

  listen(listener: PageListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  happens(event: keyof PageListener): void {
    if (event === 'hidden') this.#isVisible = false;
    if (event === 'visible') this.#isVisible = true;
    for (const listener of [...this.#listeners]) listener[event]();
  }
}

/** A storage like localStorage, in a map. */
export class MapStorage extends Map<string, string> implements DeviceStorage {
  getItem(key: string): string | null {
    return this.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.set(key, value);
  }
}

/** A client over fakes, and what it told the app. */
export interface Rig {
  client: PlayheadClient;
  server: FakeServer;
  clock: ManualDeviceClock;
  player: FakePlayer;
  page: FakePage;
  storage: MapStorage;
  /** Tokens handed out so far. */
  tokens: string[];
  told: { problems: string[]; offline: boolean[]; superseded: number[] };
}

/** Opens a client; randomness is the middle of every range unless `options` say otherwise. */
export function openRig(options: Partial<PlayheadOptions> = {}, parts: Partial<Rig> = {}): Rig {
  const server = parts.server ?? new FakeServer();
  const clock = parts.clock ?? new ManualDeviceClock();
  const page = new FakePage();
  const storage = parts.storage ?? new MapStorage();
  const told: Rig['told'] = { problems: [], offline: [], superseded: [] };
  const tokens: string[] = [];
  let ids = 0;
  const client = createPlayhead({
    url: 'http://server.test/graphql',
    auth: () => {
      tokens.push(`token-${tokens.length + 1}`);
      return tokens.at(-1) ?? '';
    },
    device: { kind: 'TV', name: 'Living room TV' },
    fetch: server.fetch,
    clock,
    page,
    storage,
    chance: {
      random: () => 0.5,
      newId: () => {
        ids += 1;
        return `id-${ids}`;
      },
    },
    on: {
      problem: ({ code }) => told.problems.push(code),
      offline: (isOffline) => told.offline.push(isOffline),
      superseded: ({ positionMs }) => told.superseded.push(positionMs),
    },
    ...options,
  });
  return { client, server, clock, page, storage, tokens, told, player: new FakePlayer() };
}

/** Attaches and presses play: START has arrived when this resolves. */
export async function startWatching(rig: Rig): Promise<{ detach(): void }> {
  const attachment = rig.client.attach(rig.player, { playableId: 'mov_1', resume: 'never' });
  await attachment.ready;
  rig.player.play();
  await rig.server.settle();
  return attachment;
}

/** Plays on for a while; what was sent meanwhile is answered when this resolves. */
export async function watch(rig: Rig, forMs: number): Promise<void> {
  await rig.player.watch(forMs, rig.clock);
  await rig.server.settle();
}
