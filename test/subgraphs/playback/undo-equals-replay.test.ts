import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import '../../support/seeds.ts';
import { openTestPlayback, secondMs, type TestPlayback } from '../../support/playback.ts';
import { type Happening, happenings, Player, wereJudgedApart } from './evenings.ts';

let playback: TestPlayback;
let cases = 0;

beforeAll(async () => {
  playback = await openTestPlayback();
});
afterAll(() => playback.close());

/** Two profiles to which the same happens, but for one session, of which the second has none. */
class Twins {
  readonly profiles: readonly [string, string];
  readonly #players: Player[][];
  readonly sessionIds: string[] = [];
  /** The session that never was overtook another: that stays (UNDO-1). */
  areJudgedApart = false;

  constructor(never: number) {
    cases += 1;
    this.profiles = [`with-${cases}`, `without-${cases}`];
    this.#players = this.profiles.map((profileId, twin) =>
      [0, 1, 2].map((device) => {
        const of = playback.device({ id: `device-${device}`, kind: 'TV', profileId });
        return new Player(of, (sessionId) => twin === 1 && sessionId === `evening-${never}`);
      }),
    );
  }

  async live(happening: Happening): Promise<void> {
    if (happening.does === 'change') {
      const { field, title: playableId } = happening;
      for (const profile of this.profiles) await playback.change(field, { playableId }, profile);
      return;
    }
    const players = this.#players.map((all) => all[happening.device] as Player);
    if (happening.does === 'begin') {
      const sessionId = `evening-${this.sessionIds.length}`;
      this.sessionIds.push(sessionId);
      await this.#send(players);
      for (const player of players) await player.begin(sessionId, happening.title);
    } else if (happening.does === 'observe') {
      for (const player of players) player.observe(happening.event, happening.positionMs);
    } else {
      await this.#send(players);
    }
  }

  async end(): Promise<void> {
    for (const device of this.#players[0]?.keys() ?? []) {
      await this.#send(this.#players.map((all) => all[device] as Player));
    }
  }

  async #send(players: readonly Player[]): Promise<void> {
    const answers = [];
    for (const player of players) answers.push(await player.send());
    this.areJudgedApart ||= wereJudgedApart(answers);
  }
}

async function contents(profileId: string) {
  const query = `query { viewer { playheads(playableIds: ["film", "sequel"]) {
    playableId status positionMs durationMs hidden device { id } } } }`;
  return (await playback.data(query, {}, profileId)).viewer.playheads;
}

async function undo(sessionId: string, profileId: string): Promise<string[]> {
  const query = `mutation ($input: UndoSessionInput!) {
    undoSession(input: $input) { problems { code } } }`;
  const data = await playback.data(query, { input: { sessionId } }, profileId);
  return data.undoSession.problems.map(({ code }: { code: string }) => code);
}

describe('whatever several devices do, in any order or late', () => {
  it('undoing a session leaves what there would be had it never been', async () => {
    const histories = fc.record({ history: happenings, never: fc.nat({ max: 4 }) });
    await fc.assert(
      fc.asyncProperty(histories, async ({ history, never }) => {
        const twins = new Twins(never);
        for (const { waitMs, happening } of history) {
          await playback.clock.advance(waitMs);
          await twins.live(happening);
        }
        await twins.end();
        fc.pre(!twins.areJudgedApart);
        // Nobody plays any more.
        await playback.clock.advance(60 * secondMs);
        const problems = await undo(`evening-${never}`, twins.profiles[0]);
        expect(problems.filter((code) => code !== 'NOT_FOUND')).toEqual([]);
        const [left, replayed] = await Promise.all(twins.profiles.map(contents));
        expect(left).toEqual(replayed);
      }),
      { numRuns: 25 },
    );
  });
});
