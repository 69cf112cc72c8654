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

/** Each with what is to come about, beside the same had it come about by itself. */
const pairs = ['from', 'to'] as const;
type Side = (typeof pairs)[number];

/** Two profiles that play by turns, twice: the second time one session was the other profile's own. */
class Account {
  readonly #begun = { from: 0, to: 0 };
  readonly #never: string;
  readonly #players: Record<Side, Player[][]>;
  /** Where it was watched, another session was overtaken that was not where it came by itself: that stays. */
  areJudgedApart = false;

  constructor(never: number) {
    cases += 1;
    this.#never = `from-${never}`;
    const isNever = (sessionId: string) => sessionId === this.#never;
    const by = (profile: string, device: string, isSilent: (sessionId: string) => boolean) =>
      [0, 1, 2].map((number) => {
        const profileId = this.id(profile);
        const id = `${device}-${number}`;
        return new Player(playback.device({ id, kind: 'TV', profileId }), isSilent);
      });
    this.#players = {
      from: [
        by('from', 'theirs', () => false),
        by('from-without', 'theirs', isNever),
        by('to-with', 'theirs', (sessionId) => !isNever(sessionId)),
      ],
      to: [by('to', 'own', () => false), by('to-with', 'own', () => false)],
    };
    playback.shareAccount(this.id('from'), this.id('to'));
  }

  id(profile: string): string {
    return `${profile}-${cases}`;
  }

  async live(happening: Happening, side: Side): Promise<void> {
    if (happening.does === 'change') return this.#change(happening, side);
    const players = this.#players[side].map((all) => all[happening.device] as Player);
    if (happening.does === 'begin') return this.#begin(players, happening.title, side);
    if (happening.does === 'send') return this.#send(players);
    for (const player of players) player.observe(happening.event, happening.positionMs);
  }

  async #send(players: readonly Player[]): Promise<void> {
    const answers = [];
    for (const player of players) answers.push(await player.send());
    this.areJudgedApart ||= wereJudgedApart(answers);
  }

  async #begin(players: readonly Player[], title: string, side: Side): Promise<void> {
    this.#begun[side] += 1;
    await this.#send(players);
    for (const player of players) await player.begin(`${side}-${this.#begun[side]}`, title);
  }

  async #change(
    { field, title: playableId }: Happening & { does: 'change' },
    side: Side,
  ): Promise<void> {
    const profiles = { from: ['from', 'from-without'], to: ['to', 'to-with'] }[side];
    for (const profile of profiles) await playback.change(field, { playableId }, this.id(profile));
  }

  async end(): Promise<void> {
    for (const side of pairs) {
      const [first, ...others] = this.#players[side];
      for (const [device, player] of first?.entries() ?? []) {
        await this.#send([player, ...others.map((all) => all[device] as Player)]);
      }
    }
  }

  async reassign(): Promise<string[]> {
    const query = `mutation ($input: ReassignSessionInput!) {
      reassignSession(input: $input) { problems { code } } }`;
    const input = { sessionId: this.#never, profileId: this.id('to') };
    const data = await playback.data(query, { input }, this.id('from'));
    return data.reassignSession.problems.map(({ code }: { code: string }) => code);
  }

  contents(profile: string) {
    return contents(this.id(profile));
  }
}

async function contents(profileId: string) {
  const query = `query { viewer {
    playheads(playableIds: ["film", "sequel"]) {
      playableId status positionMs durationMs hidden device { id } }
    watchSessions(first: 50) { edges { node { id undoneAt } } } } }`;
  const { playheads, watchSessions } = (await playback.data(query, {}, profileId)).viewer;
  const sessions: { node: { id: string; undoneAt: string | null } }[] = watchSessions.edges;
  const counting = sessions.filter(({ node }) => node.undoneAt === null);
  return { playheads, sessions: counting.map(({ node }) => node.id) };
}

describe('whatever two profiles of an account do, in any order or late', () => {
  it('a session that is given over leaves what there would be had the other profile watched it', async () => {
    const histories = fc.record({
      history: happenings.chain((all) =>
        fc
          .array(fc.constantFrom(...pairs), { minLength: all.length, maxLength: all.length })
          .map((sides) => all.map((one, index) => ({ ...one, side: sides[index] as Side }))),
      ),
      which: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(histories, async ({ history, which }) => {
        const begun = history.filter(
          ({ happening, side }) => side === 'from' && happening.does === 'begin',
        ).length;
        fc.pre(begun > 0);
        const account = new Account(1 + (which % begun));
        for (const { waitMs, happening, side } of history) {
          await playback.clock.advance(waitMs);
          await account.live(happening, side);
        }
        await account.end();
        fc.pre(!account.areJudgedApart);
        // Nobody plays any more.
        await playback.clock.advance(60 * secondMs);
        for (const _twice of [1, 2]) {
          const problems = await account.reassign();
          expect(problems.filter((code) => code !== 'NOT_FOUND')).toEqual([]);
          expect(await account.contents('from')).toEqual(await account.contents('from-without'));
          expect(await account.contents('to')).toEqual(await account.contents('to-with'));
        }
      }),
      { numRuns: 25 },
    );
  });
});
