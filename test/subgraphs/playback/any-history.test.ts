import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openTestPlayback, type TestPlayback } from '../../support/playback.ts';
import { type Follower, follow } from './follow.ts';
import { type Happening, histories, Rehearsal, titles } from './histories.ts';

let playback: TestPlayback;
let profiles = 0;

beforeAll(async () => {
  playback = await openTestPlayback({ writeBehindMs: 2_000 });
});
afterAll(() => playback.close());

/** Found by chance, kept for ever. */
const knownHistories: readonly Happening[][] = [
  // A PING within reach let in the stale heartbeat behind it.
  [
    { does: 'forget all' },
    { does: 'begin', device: 0, title: 0, elapsedMs: 0, base: 0 },
    { does: 'observe', device: 0, event: 'START', positionMs: 0 },
    { does: 'observe', device: 0, event: 'PING', positionMs: 0 },
    { does: 'observe', device: 0, event: 'START', positionMs: 30_001 },
    { does: 'send', device: 0, from: 0, length: 3 },
  ],
];

/** A profile of which nobody has heard: cases share the process and nothing else. */
function newProfile(): string {
  profiles += 1;
  return `profile-${profiles}`;
}

async function liveAll(rehearsal: Rehearsal, history: readonly Happening[]): Promise<void> {
  for (const happening of history) await rehearsal.live(happening);
}

describe('whatever several devices do, in any order, late or repeated', () => {
  it('what is in force is the newest of what was acknowledged, answer by answer', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const rehearsal = new Rehearsal(playback, newProfile());
        await liveAll(rehearsal, history);
        await rehearsal.expectAsModelled();
      }),
      { numRuns: 40 },
    );
  });

  it('and so it is in histories that went wrong once', async () => {
    for (const history of knownHistories) {
      const rehearsal = new Rehearsal(playback, newProfile());
      await liveAll(rehearsal, history);
      await rehearsal.expectAsModelled();
    }
  });

  it('and a restart in the middle changes nothing of it', async () => {
    await fc.assert(
      fc.asyncProperty(histories, histories, async (before, after) => {
        const rehearsal = new Rehearsal(playback, newProfile());
        await liveAll(rehearsal, before);
        await rehearsal.restart();
        await rehearsal.expectAsModelled();
        await liveAll(rehearsal, after);
        await rehearsal.restart();
        await rehearsal.expectAsModelled();
      }),
      { numRuns: 8 },
    );
  });

  it('and who follows it, reading now and then, ends with what is in force', async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.integer({ min: 1, max: 6 }), async (history, readEvery) => {
        const profileId = newProfile();
        const rehearsal = new Rehearsal(playback, profileId);
        const screen = new Screen(await follow(playback, { profileId }));
        for (const [index, happening] of history.entries()) {
          if (index % readEvery === 0) await screen.readAll();
          await rehearsal.live(happening);
        }
        await screen.readAll();
        await screen.leave();
        screen.expectAsModelled(rehearsal);
      }),
      { numRuns: 25 },
    );
  });
});

/** What a subscriber shows: the last state it was sent of each title. */
class Screen {
  readonly held = new Map<string, string>();
  readonly #follower: Follower;

  constructor(follower: Follower) {
    this.#follower = follower;
  }

  /** Reads until there is nothing more to say; no version ever goes back. */
  async readAll(): Promise<void> {
    while (!(await this.#follower.isQuiet())) {
      for (const { playableId, version } of (await this.#follower.next()).playheads) {
        expect(version >= (this.held.get(playableId) ?? '')).toBe(true);
        this.held.set(playableId, version);
      }
    }
  }

  /** What was never touched, or forgotten before it was ever shown, is on no screen. */
  expectAsModelled({ model }: Rehearsal): void {
    for (const title of titles) {
      const { version, status } = model.expected(title);
      const unseen = status === 'NOT_STARTED' ? version : undefined;
      expect(this.held.get(title) ?? unseen).toBe(version);
    }
  }

  leave(): Promise<void> {
    return this.#follower.leave();
  }
}
