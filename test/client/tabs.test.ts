import { describe, expect, it } from '@jest/globals';
import type { TabsPort } from '../../client/index.ts';
import { playhead, versionAt } from './fake-server.ts';
import { MapStorage, openRig, type Rig, startWatching, watch } from './rig.ts';

type Channel = ReturnType<TabsPort['openChannel']>;
type Grant = () => unknown;

/** Pages of one browser, in this process: locks in the order of requests, messages as they are said. */
class FakeBrowser {
  readonly #channels = new Map<Channel, string>();
  readonly #queues = new Map<string, Grant[]>();
  /** A page that sleeps keeps its locks and hears nothing. */
  readonly asleep = new Set<Channel>();
  readonly opened: Channel[] = [];
  readonly storage = new MapStorage([['playhead/device-id', 'tv']]);

  readonly port: TabsPort = {
    locks: {
      request: async (name: string, ...rest: unknown[]) => {
        await this.#turn(name);
        await (rest.at(-1) as Grant)();
        this.#queues.get(name)?.shift();
        this.#queues.get(name)?.[0]?.();
      },
      query: async () => ({ held: [...this.#queues.keys()].map((name) => ({ name })) }),
    } as unknown as LockManager,
    openChannel: (name) => {
      const channel: Channel = {
        onmessage: null,
        postMessage: (message: unknown) => this.#tell(channel, structuredClone(message)),
        close: () => this.#channels.delete(channel),
      };
      this.#channels.set(channel, name);
      this.opened.push(channel);
      return channel;
    },
  };

  #turn(name: string): Promise<void> {
    const queue = this.#queues.get(name) ?? [];
    this.#queues.set(name, queue);
    return new Promise((resolve) => {
      queue.push(() => resolve());
      if (queue.length === 1) resolve();
    });
  }

  #tell(from: Channel, data: unknown): void {
    for (const [channel, name] of this.#channels) {
      if (channel === from || name !== this.#channels.get(from)) continue;
      if (this.asleep.has(channel) || this.asleep.has(from)) continue;
      queueMicrotask(() =>
        channel.onmessage?.call(channel as BroadcastChannel, { data } as MessageEvent),
      );
    }
  }
}

async function openTab(browser: FakeBrowser, name: string): Promise<Rig> {
  let made = 0;
  const newId = () => {
    made += 1;
    return `${name}-${made}`;
  };
  const chance = { random: () => 0.5, newId };
  const options = { profile: 'ada', tabs: browser.port, auth: () => name, chance };
  const rig = openRig(options, { storage: browser.storage });
  await rig.server.settle();
  return rig;
}

describe('two devices on one page', () => {
  it('do not share: each sends for itself', async () => {
    const browser = new FakeBrowser();
    await openTab(browser, 'tv');
    browser.storage.set('playhead/device-id', 'phone');
    const phone = await openTab(browser, 'phone');
    await startWatching(phone);
    expect(phone.server.heartbeats.map(({ event }) => event)).toEqual(['START']);
  });
});

describe('a page that leads', () => {
  it('sends the heartbeats of the others, and they hear the answer', async () => {
    const browser = new FakeBrowser();
    const leader = await openTab(browser, 'leader');
    const other = await openTab(browser, 'other');
    await startWatching(other);
    expect(other.server.heartbeats).toEqual([]);
    expect(leader.server.heartbeats.map(({ event }) => event)).toEqual(['START']);
    expect(other.client.live.getSnapshot().get('mov_1')?.version).toBe(versionAt(1_000_000));
  });

  it('is passed by when it does not say within a second that it took a heartbeat', async () => {
    const browser = new FakeBrowser();
    await openTab(browser, 'leader');
    const other = await openTab(browser, 'other');
    await startWatching(other);
    for (const channel of browser.opened.slice(0, 1)) browser.asleep.add(channel);
    other.player.pause();
    await other.clock.advance(999);
    expect(other.server.heartbeats).toEqual([]);
    await other.clock.advance(1);
    await other.server.settle();
    expect(other.server.heartbeats.map(({ event }) => event)).toEqual(['PAUSE']);
    expect(other.told.problems).toEqual([]);
  });

  it('leaves the lead to the next one when it goes out of sight, or closes', async () => {
    for (const leave of ['hidden', 'ended'] as const) {
      const browser = new FakeBrowser();
      const leader = await openTab(browser, 'leader');
      const other = await openTab(browser, 'other');
      leader.page.happens(leave);
      await leader.server.settle();
      await startWatching(other);
      expect(leader.server.heartbeats).toEqual([]);
      expect(other.server.heartbeats.map(({ event }) => event)).toEqual(['START']);
      // Back in sight it follows: its heartbeats go by way of the other.
      leader.page.happens('visible');
      await leader.server.settle();
      await startWatching(leader);
      expect(leader.server.heartbeats).toEqual([]);
      expect(other.server.heartbeats.map(({ event }) => event)).toEqual(['START', 'START']);
    }
  });

  it('tells the others what the server answers it', async () => {
    const browser = new FakeBrowser();
    const leader = await openTab(browser, 'leader');
    const other = await openTab(browser, 'other');
    const held = playhead({ positionMs: 42_000 });
    leader.server.on('PlayheadOf', () => ({ data: { viewer: { playhead: held } } }));
    await leader.client.resume('mov_1');
    await leader.server.settle();
    expect(other.client.live.getSnapshot().get('mov_1')).toEqual(held);
  });

  it('lets go of everything when it closes', async () => {
    const browser = new FakeBrowser();
    const leader = await openTab(browser, 'leader');
    await startWatching(leader);
    await watch(leader, 1_000);
    const closing = leader.client.close();
    await leader.server.settle();
    await closing;
    expect(leader.page.listeners).toBe(0);
    expect(leader.clock.pending).toBe(0);
  });
});
