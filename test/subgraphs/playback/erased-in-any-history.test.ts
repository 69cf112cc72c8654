import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import '../../support/seeds.ts';
import { openTestPlayback, secondMs, type TestPlayback } from '../../support/playback.ts';
import { Operator } from './erasing.ts';
import { type Happening, happenings, Player, titles } from './evenings.ts';

let playback: TestPlayback;
let operator: Operator;
let cases = 0;

beforeAll(async () => {
  playback = await openTestPlayback();
  operator = await new Operator(playback).open();
});
afterAll(async () => {
  await operator.close();
  await playback.close();
});

/** Players of one profile that go on with what they had noted, whatever becomes of the profile. */
class Household {
  readonly profileId: string;
  readonly #players: Player[];
  #sessions = 0;

  constructor(profileId: string) {
    this.profileId = profileId;
    this.#players = [0, 1, 2].map((device) => {
      const of = playback.device({ id: `device-${device}`, kind: 'TV', profileId });
      return new Player(of, () => false);
    });
  }

  async live(happening: Happening): Promise<void> {
    if (happening.does === 'change') {
      const { field, title: playableId } = happening;
      await playback.change(field, { playableId }, this.profileId);
      return;
    }
    const player = this.#players[happening.device] as Player;
    if (happening.does === 'begin') {
      this.#sessions += 1;
      await player.begin(`evening-${this.#sessions}`, happening.title);
    } else if (happening.does === 'observe') player.observe(happening.event, happening.positionMs);
    else await player.send();
  }

  async sendAll(): Promise<void> {
    for (const player of this.#players) await player.send();
  }

  /** Whatever the players still report, late, in sessions of before. */
  async playOn(): Promise<void> {
    for (const [index, player] of this.#players.entries()) {
      player.observe('HEARTBEAT', 1_000 * (index + 1));
      await player.send();
    }
  }
}

async function served(profileId: string): Promise<string[]> {
  const query = `query { viewer { playheads(playableIds: ["film", "sequel"]) { status hidden }
    history { edges { node { playableId } } } watchSessions { edges { node { id } } } } }`;
  const { viewer } = await playback.data(query, {}, profileId);
  return [
    ...viewer.playheads.map(
      (one: { status: string; hidden: boolean }) => `${one.status} ${one.hidden}`,
    ),
    `${viewer.history.edges.length} in the history, ${viewer.watchSessions.edges.length} sessions`,
  ];
}

async function exported(profileId: string): Promise<object[]> {
  await operator.followStream(profileId);
  const contents = await operator.contents(profileId);
  return contents.filter(({ kind }) => kind !== 'missing');
}

const erasures = fc.record({
  history: happenings,
  /** Whether the durable tier has all of it when the profile is erased. */
  isDrained: fc.boolean(),
  /** The process dies afterwards. */
  isKilled: fc.boolean(),
  /** What was noted before arrives before the time of the fence, or after it. */
  sendsWhile: fc.boolean(),
});

interface Course {
  isDrained: boolean;
  isKilled: boolean;
  sendsWhile: boolean;
}

/** Erases it, and lets come late what may. */
async function eraseAndPlayOn(household: Household, course: Course): Promise<void> {
  if (course.isDrained) await playback.drain();
  const erasing = operator.erase({ profileId: household.profileId });
  if (course.sendsWhile) await household.sendAll();
  expect((await erasing).erasure.doneAtMs).not.toBeNull();
  if (course.isKilled) {
    // What was hot alone would die with it, and others are to keep all they had.
    await playback.drain();
    await playback.kill();
  }
  await household.sendAll();
  await playback.clock.advance(30 * secondMs);
  await household.playOn();
  await playback.drain();
}

describe('whatever several devices did, and whatever of it comes late', () => {
  it('nothing of before an erasure is served or exported, and others keep what they had', async () => {
    await fc.assert(
      fc.asyncProperty(erasures, async ({ history, ...course }) => {
        cases += 1;
        const household = new Household(`erased-${cases}`);
        const others = new Household(`others-${cases}`);
        for (const { waitMs, happening } of history) {
          await playback.clock.advance(waitMs);
          await household.live(happening);
          await others.live(happening);
        }
        await others.sendAll();
        const kept = await served(others.profileId);
        await eraseAndPlayOn(household, course);
        const nothing = [...titles.map(() => 'NOT_STARTED false'), '0 in the history, 0 sessions'];
        expect(await served(household.profileId)).toEqual(nothing);
        expect(await exported(household.profileId)).toEqual([]);
        expect(await served(others.profileId)).toEqual(kept);
      }),
      { numRuns: 25 },
    );
  });
});
