import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import '../../support/seeds.ts';
import { laterVersion } from '../../../domain/merge.ts';
import type { Transition } from '../../../domain/transition.ts';
import { activityTimeMs } from '../../../domain/version.ts';
import type { Candidate } from '../../../subgraphs/recommendations/candidates.ts';
import type { TitleFacts } from '../../../subgraphs/recommendations/catalog-client.ts';
import { defaultRowPolicy as policy } from '../../../subgraphs/recommendations/row-policy.ts';
import { noonMs } from '../../support/manual-clock.ts';
import { transition } from '../../support/transitions.ts';
import { dayMs, film, minuteMs, rowOf, series } from './shows.ts';

const weekMs = 7 * dayMs;
const filmIds = Array.from({ length: 20 }, (_, index) => `mov_${index}`);
const clipIds = ['clip_1', 'clip_2', 'clip_3'];
const longIds = ['talk_1', 'talk_2'];

/** Ages of up to half a year, those near the limits of the rules among them. */
const ages = fc.oneof(
  fc.integer({ min: 0, max: 200 * dayMs }),
  ...[policy.demotedAfterMs, policy.leavesAfterMs].map((limitMs) =>
    fc.integer({ min: limitMs - 3, max: limitMs + 3 }),
  ),
);

interface World {
  history: Transition[];
  facts: Map<string, TitleFacts | null>;
  /** When the last episode of each series came out, ms before now; null: it always was. */
  releases: Map<string, number | null>;
}

const kinds = ['START', 'PAUSE', 'STOP', 'FINISH', 'HIDE', 'UNHIDE', 'FORGET'] as const;

const worlds: fc.Arbitrary<World> = fc
  .record({
    releases: fc.array(fc.option(ages, { nil: null }), { minLength: 3, maxLength: 3 }),
    clipMs: fc.integer({ min: 1, max: policy.shortFormMs }),
    moments: fc.array(
      fc.record({
        kind: fc.constantFrom(...kinds),
        title: fc.oneof(
          fc.constantFrom(...filmIds),
          fc.constantFrom(...clipIds, ...longIds),
          fc
            .tuple(fc.constantFrom(0, 1, 2), fc.constantFrom(1, 2, 3))
            .map(([show, episode]) => `ser_${show}_${episode}`),
        ),
        agoMs: ages,
        positionMs: fc.integer({ min: 0, max: 60 * minuteMs }),
      }),
      { maxLength: 60 },
    ),
  })
  .map(({ releases, clipMs, moments }) => ({
    history: moments.map(({ agoMs, ...rest }) =>
      transition({ ...rest, occurredAtMs: noonMs - agoMs, durationMs: null }),
    ),
    releases: new Map(releases.map((agoMs, show) => [`ser_${show}`, agoMs] as const)),
    facts: new Map<string, TitleFacts | null>([
      ...filmIds.map((id) => [id, film()] as const),
      ...clipIds.map((id) => [id, { kind: 'other', durationMs: clipMs }] as const),
      ...longIds.map((id) => [id, { kind: 'other', durationMs: policy.shortFormMs + 1 }] as const),
      ...releases.flatMap((agoMs, show) =>
        series(`ser_${show}`, {
          episodes: 3,
          ...(agoMs === null ? {} : { lastReleasedMs: noonMs - agoMs }),
        }),
      ),
    ]),
  }));

function allOf({ history, facts }: World): readonly Candidate[] {
  const { cards, behind } = rowOf({ transitions: history, facts });
  return [...cards, ...behind];
}

const idleMs = ({ recency }: Candidate) => noonMs - activityTimeMs(recency);

/** The newest of a title's changes that says where it stands; null when that was forgotten. */
function standing(history: readonly Transition[], title: string): Transition | null {
  const own = history.filter((one) => one.title === title);
  const newestOf = (of: (one: Transition) => boolean) =>
    own
      .filter(of)
      .reduce<Transition | null>(
        (latest, one) =>
          latest === null || laterVersion(latest.version, one.version) === one.version
            ? one
            : latest,
        null,
      );
  const position = newestOf(({ kind }) => !/HIDE|FORGET/.test(kind));
  const forgotten = newestOf(({ kind }) => kind === 'FORGET');
  if (position === null) return null;
  return forgotten !== null && forgotten.version >= position.version ? null : position;
}

function isNeverHidden(history: readonly Transition[], showId: string): boolean {
  return !history.some(({ kind, title }) => kind === 'HIDE' && title.startsWith(showId));
}

/** Open, watched for long enough, young, and never hidden. */
function mustBeThere(history: readonly Transition[], title: string): boolean {
  const now = standing(history, title);
  if (now === null || now.status !== 'IN_PROGRESS' || now.positionMs < 2 * minuteMs) return false;
  return noonMs - now.occurredAtMs <= 16 * weekMs && isNeverHidden(history, title);
}

describe('in any row', () => {
  it('nothing is older than 16 weeks, but a series that has a new episode', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        for (const card of allOf(world)) {
          if (card.kind !== 'NEW_EPISODE') expect(idleMs(card)).toBeLessThanOrEqual(16 * weekMs);
        }
      }),
    );
  });

  it('what nobody touched for 60 days stands behind everything else', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const all = allOf(world);
        for (const card of all) expect(card.isDemoted).toBe(idleMs(card) > 60 * dayMs);
        const firstDemoted = all.findIndex(({ isDemoted }) => isDemoted);
        const behind = firstDemoted < 0 ? [] : all.slice(firstDemoted);
        expect(behind.every(({ isDemoted }) => isDemoted)).toBe(true);
      }),
    );
  });

  it('short-form that is neither film nor episode never has a card, longer things have', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const shows = new Set(allOf(world).map(({ showId }) => showId));
        for (const clip of clipIds) expect(shows.has(clip)).toBe(false);
        for (const talk of longIds.filter((id) => mustBeThere(world.history, id))) {
          expect(shows.has(talk)).toBe(true);
        }
      }),
    );
  });

  it('each film that is open, young and not hidden has its card', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const all = new Map(allOf(world).map((card) => [card.showId, card]));
        for (const id of filmIds.filter((one) => mustBeThere(world.history, one))) {
          const card = all.get(id);
          expect(card).toMatchObject({ playableId: id });
          // What a television began a moment ago is playing there.
          const { kind } = card as Candidate;
          if (kind !== 'PLAYING_ELSEWHERE') expect(kind).toBe('RESUME');
          else expect(standing(world.history, id)).toMatchObject({ kind: 'START' });
        }
      }),
    );
  });

  it('a series that was watched to an episode’s end goes on with the next one', () => {
    fc.assert(
      fc.property(
        worlds,
        fc.constantFrom(0, 1, 2),
        fc.constantFrom(1, 2, 3),
        (world, show, episode) => {
          const showId = `ser_${show}`;
          const title = `${showId}_${episode}`;
          const finish = transition({ kind: 'FINISH', title, occurredAtMs: noonMs + 1 });
          const history = [...world.history.filter((one) => one.kind !== 'HIDE'), finish];
          const card = allOf({ ...world, history }).find((one) => one.showId === showId);
          if (episode === 3) expect(card).toBeUndefined();
          else
            expect(card).toMatchObject({
              kind: 'NEXT_EPISODE',
              playableId: `${showId}_${episode + 1}`,
            });
        },
      ),
    );
  });

  it('a new episode brings its series back, however long ago the last one was watched', () => {
    fc.assert(
      fc.property(ages, fc.nat({ max: 3 * 365 }), (releasedAgoMs, days) => {
        const watchedMs = noonMs - releasedAgoMs - 1 - days * dayMs;
        const { cards } = rowOf({
          transitions: [transition({ kind: 'FINISH', title: 'ser_2', occurredAtMs: watchedMs })],
          facts: series('ser', { episodes: 3, lastReleasedMs: noonMs - releasedAgoMs }),
        });
        expect(cards).toMatchObject([{ kind: 'NEW_EPISODE', playableId: 'ser_3' }]);
        expect(cards[0]?.isDemoted).toBe(releasedAgoMs > 60 * dayMs);
      }),
    );
  });
});
