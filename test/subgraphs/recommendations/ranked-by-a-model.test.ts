import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import '../../support/seeds.ts';
import type { Artifact } from '../../../subgraphs/recommendations/artifact.ts';
import { loadModels } from '../../../subgraphs/recommendations/load-models.ts';
import { createOnlineCorrection } from '../../../subgraphs/recommendations/online.ts';
import { createRanker } from '../../../subgraphs/recommendations/ranker.ts';
import { defaultRowPolicy } from '../../../subgraphs/recommendations/row-policy.ts';
import { readModels, scoredMax } from '../../../subgraphs/recommendations/score.ts';
import { watchedShows } from '../../../subgraphs/recommendations/watched-shows.ts';
import { fromFile } from './artifacts.ts';
import { films, played } from './plays.ts';
import { servedModel } from './served-model.ts';
import { candidatesAfter, dayMs, film, hourMs, minuteMs } from './shows.ts';
import { openWorld, silent, type World } from './world.ts';

const shipped = JSON.parse(readFileSync('model/continue-watching.v1.json', 'utf8')) as Artifact;
let world: World;
afterEach(() => world.close());

async function opened(options: Parameters<typeof openWorld>[0]): Promise<number> {
  world = await openWorld({ titles: films(60), ...options });
  return world.clock.nowMs();
}

const titlesOf = async (deviceKind?: string) =>
  (await world.cards(deviceKind)).map((card) => card.replace('RESUME ', ''));

describe('a row that a model ranks', () => {
  const byDevice = servedModel({ dev_same: 5 });

  it('says which one, with probabilities that are one altogether', async () => {
    const nowMs = await opened({ model: byDevice });
    await world.happened(
      ...played('mov_1', { startedAtMs: nowMs - 3 * hourMs, deviceKind: 'PHONE' }),
      ...played('mov_2', { startedAtMs: nowMs - 2 * hourMs }),
    );
    const row = await world.row({ deviceKind: 'PHONE' });
    expect(row.ranker).toBe('linear-7');
    const scores = row.edges.map(({ node }) => node.score ?? Number.NaN);
    expect(scores[0]).toBeCloseTo(1 / (1 + Math.exp(-5)), 10);
    expect(scores.reduce((sum, score) => sum + score, 0)).toBeCloseTo(1, 10);
    expect(row.continuationProbability).toBeCloseTo(1 / (1 + Math.exp(-0.25)), 10);
  });

  it('follows the device that asks, and recency where the model cannot tell', async () => {
    const nowMs = await opened({ model: byDevice });
    await world.happened(
      ...played('mov_1', { startedAtMs: nowMs - 3 * hourMs, deviceKind: 'PHONE' }),
      ...played('mov_2', { startedAtMs: nowMs - 2 * hourMs, deviceKind: 'TV' }),
    );
    expect(await titlesOf('PHONE')).toEqual(['mov_1', 'mov_2']);
    expect(await titlesOf('TV')).toEqual(['mov_2', 'mov_1']);
    expect(await titlesOf()).toEqual(['mov_2', 'mov_1']);
  });

  it('scores the 25 most recent; the rest follow by recency, and demoted ones last', async () => {
    const nowMs = await opened({ model: servedModel({ recency_frac: 5 }) });
    for (let index = 0; index < 30; index += 1) {
      await world.happened(
        ...played(`mov_${index}`, { startedAtMs: nowMs - (index + 1) * hourMs }),
      );
    }
    for (const index of [30, 31]) {
      await world.happened(
        ...played(`mov_${index}`, { startedAtMs: nowMs - (40 + index) * dayMs }),
      );
    }
    const { edges } = await world.row({ first: 40 });
    const order = edges.map(({ node }) => Number(node.playableId.replace('mov_', '')));
    const numbers = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, index) => from + index);
    expect(order).toEqual([...numbers(0, scoredMax).reverse(), ...numbers(scoredMax, 32)]);
    expect(edges.map(({ node }) => node.score !== null)).toEqual(
      numbers(0, 32).map((place) => place < scoredMax),
    );
  });

  it('is paged through to its end, whatever is played and ranked meanwhile', async () => {
    const nowMs = await opened({ model: servedModel({ dev_same: 4, log_h_since: -1 }) });
    for (let index = 0; index < 12; index += 1) {
      const startedAtMs = nowMs - (20 - index) * hourMs;
      const deviceKind = index % 2 === 0 ? 'PHONE' : 'TV';
      await world.happened(...played(`mov_${index}`, { startedAtMs, deviceKind }));
    }
    const whole = (await world.row({ deviceKind: 'TV' })).edges.map(({ node }) => node.playableId);
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const page = await world.row({ first: 5, after, deviceKind: 'TV' });
      seen.push(...page.edges.map(({ node }) => node.playableId));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
      const startedAtMs = world.clock.nowMs();
      await world.happened(...played(whole.at(-1) ?? '', { startedAtMs, deviceKind: 'PHONE' }));
      await world.clock.advance(minuteMs);
    } while (after !== null);
    expect(seen).toEqual(whole);
    const now = (await world.row({ deviceKind: 'TV' })).edges.map(({ node }) => node.playableId);
    expect(now).not.toEqual(whole);
  });

  it('is what it was before after a restart, which reads the stream from its beginning', async () => {
    const nowMs = await opened({ model: servedModel({ log_hours_watched: 3, rewatch: -2 }) });
    for (let index = 0; index < 20; index += 1) {
      const startedAtMs = nowMs - (20 - index) * hourMs;
      const minutes = 5 + ((index * 7) % 31);
      await world.happened(...played(`mov_${index % 8}`, { startedAtMs, minutes }));
    }
    const before = await world.row();
    await world.restart();
    expect((await world.row()).edges).toEqual(before.edges);
  });
});

describe('a row whose model', () => {
  const twoPlays = async (nowMs: number) => {
    await world.happened(
      ...played('mov_1', { startedAtMs: nowMs - 3 * hourMs, deviceKind: 'PHONE' }),
      ...played('mov_2', { startedAtMs: nowMs - 2 * hourMs }),
    );
    return world.row({ deviceKind: 'PHONE' });
  };
  const isByRecency = (row: Awaited<ReturnType<typeof twoPlays>>) => {
    expect(row.ranker).toBe('recency');
    expect(row.continuationProbability).toBeNull();
    expect(row.edges.map(({ node }) => [node.playableId, node.score])).toEqual([
      ['mov_2', null],
      ['mov_1', null],
    ]);
    expect(row.degraded).toBe(false);
  };
  const good = servedModel({ dev_same: 5 });

  it.each<[string, unknown]>([
    ['is no model', { hello: 'world' }],
    ['has another hash', { ...good, sha256: 'f'.repeat(64) }],
    ['knows other features', { ...good, featureNames: [...good.featureNames.slice(1), 'new_one'] }],
    ['is of a later release', { ...good, version: 99 }],
  ])('%s goes by recency', async (_what, model) => {
    isByRecency(await twoPlays(await opened({ model })));
  });

  it.each(['none', '/nowhere/model.json'])('is not there (%s) goes by recency', async (file) => {
    isByRecency(await twoPlays(await opened({ env: { RECOMMENDATIONS_MODEL: file } })));
  });

  /** Times that scoring takes, one after another. */
  function timed(tookMs: number[]): () => number {
    let isStart = false;
    return () => {
      isStart = !isStart;
      return isStart ? 0 : (tookMs.shift() ?? 0);
    };
  }

  it('takes longer than 2 ms, and again, goes by recency', async () => {
    const stopwatch = timed([2.01, 2.01, 2]);
    isByRecency(await twoPlays(await opened({ model: good, stopwatch })));
    expect((await world.row({ deviceKind: 'PHONE' })).ranker).toBe('linear-7');
  });

  it('was held up once is still the model', async () => {
    const row = await twoPlays(await opened({ model: good, stopwatch: timed([50]) }));
    expect(row.ranker).toBe('linear-7');
  });

  it('answers what is no number goes by recency', async () => {
    await opened({});
    const models = readModels(fromFile(good));
    const broken = { ...models.ranking, utilities: () => Float64Array.of(1, Number.NaN) };
    const parts = { explorationShare: 0, stopwatch: () => 0, log: silent };
    const ranker = createRanker({ ...parts, models: { ...models, ranking: broken } });
    const facts = new Map(['a', 'b'].map((title) => [title, film()] as const));
    const nowMs = world.clock.nowMs();
    const transitions = ['a', 'b'].flatMap((title, index) =>
      played(title, { startedAtMs: nowMs - (3 - index) * hourMs }),
    );
    const ranked = ranker.rank({
      ...{ profileId: 'demo', nowMs, deviceKind: null, policy: defaultRowPolicy },
      candidates: candidatesAfter({ transitions, facts, nowMs }),
      watched: watchedShows([], facts),
      learning: { isOptedOut: false, correction: null },
    });
    expect([ranked.ranker, ranked.modelHash]).toEqual(['recency', null]);
    expect(ranked.cards.map(({ candidate }) => candidate.showId)).toEqual(['b', 'a']);
  });
});

describe('the model that comes with this release', () => {
  it('is read when no other one is configured, and ranks', async () => {
    const nowMs = await opened({ model: shipped });
    const models = await loadModels({}, silent);
    expect(models?.ranking.hash).toBe(shipped.sha256);
    await world.happened(...played('mov_1', { startedAtMs: nowMs - 3 * hourMs }));
    const row = await world.row({ deviceKind: 'TV' });
    expect([row.ranker, row.edges[0]?.node.score]).toEqual([shipped.name, 1]);
    expect(row.continuationProbability).toBeGreaterThan(0);
    expect(row.continuationProbability).toBeLessThan(1);
  });
});

describe('whatever a model says, the order', () => {
  it('holds each candidate once, scored ones first, and by recency what is not scored', async () => {
    const nowMs = await opened({});
    const weights = fc.record({
      recency_rank: fc.double({ min: -3, max: 3, noNaN: true }),
      log_h_since: fc.double({ min: -3, max: 3, noNaN: true }),
      ep_frac: fc.double({ min: -3, max: 3, noNaN: true }),
    });
    const ages = fc.array(fc.integer({ min: 1, max: 15 * 7 * 24 }), { maxLength: 60 });
    fc.assert(
      fc.property(
        weights,
        ages,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (weight, hours, share) => {
          const models = readModels(fromFile(servedModel(weight)));
          const ranker = createRanker({
            ...{ models, explorationShare: share, stopwatch: () => 0, log: silent },
          });
          const titles = hours.map((_, index) => `mov_${index}`);
          const facts = new Map(titles.map((title) => [title, film()] as const));
          const transitions = hours.flatMap((age, index) =>
            played(`mov_${index}`, { startedAtMs: nowMs - age * hourMs, minutes: 3 + (age % 50) }),
          );
          const candidates = candidatesAfter({ transitions, facts, nowMs });
          const { cards, behind } = ranker.rank({
            ...{ profileId: 'demo', nowMs, deviceKind: 'TV', policy: defaultRowPolicy },
            ...{ candidates, watched: watchedShows([], facts) },
            learning: { isOptedOut: false, correction: null },
          });
          const all = [...cards, ...behind];
          expect(new Set(all.map(({ candidate }) => candidate.showId)).size).toBe(
            candidates.length,
          );
          expect(all).toHaveLength(candidates.length);
          expect(cards.length).toBe(Math.min(candidates.length, defaultRowPolicy.cardsMax));
          const fresh = candidates.filter(({ isDemoted }) => !isDemoted).length;
          const scored = Math.min(fresh, scoredMax);
          expect(all.slice(0, scored).every(({ score }) => score !== null)).toBe(true);
          expect(all.slice(scored).map(({ recencyPlace }) => recencyPlace)).toEqual(
            Array.from({ length: candidates.length - scored }, (_, index) => scored + index),
          );
          expect(all.slice(0, scored).some(({ candidate }) => candidate.isDemoted)).toBe(false);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('a profile’s own correction', () => {
  it('moves its cards, and nobody else’s; an opt-out leaves the shared model', async () => {
    const model = servedModel({ log_h_since: -0.1 });
    const nowMs = await opened({ model });
    const models = readModels(fromFile(model));
    const correction = createOnlineCorrection(models.ranking);
    const state = correction.empty();
    const at = model.featureNames.indexOf('dev_same');
    state.weights[at] = 3;
    const both = ['demo', 'other'].flatMap((profileId) => [
      ...played('mov_1', { profileId, startedAtMs: nowMs - 30 * hourMs, deviceKind: 'PHONE' }),
      ...played('mov_2', { profileId, startedAtMs: nowMs - 20 * minuteMs }),
    ]);
    await world.happened(...both);
    expect(await titlesOf('PHONE')).toEqual(['mov_2', 'mov_1']);
    await world.viewings.putCorrection('other', correction.pack(state));
    expect(await titlesOf('PHONE')).toEqual(['mov_2', 'mov_1']);
    await world.viewings.putCorrection('demo', correction.pack(state));
    expect(await titlesOf('PHONE')).toEqual(['mov_1', 'mov_2']);
    await world.viewings.setOptOut('demo', true);
    expect(await titlesOf('PHONE')).toEqual(['mov_2', 'mov_1']);
    await world.viewings.setOptOut('demo', false);
    await world.viewings.putCorrection('demo', Uint8Array.of(1, 2, 3));
    expect(await titlesOf('PHONE')).toEqual(['mov_2', 'mov_1']);
  });
});
