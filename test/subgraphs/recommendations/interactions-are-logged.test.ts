import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { CardLine, InteractionLine, PlayLine, RowLine } from '../../../domain/interaction.ts';
import { createInteractionLog } from '../../../subgraphs/recommendations/interaction-log.ts';
import { probabilities, readModels } from '../../../subgraphs/recommendations/score.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { transition } from '../../support/transitions.ts';
import { fromFile } from './artifacts.ts';
import { films, played } from './plays.ts';
import { servedModel } from './served-model.ts';
import { dayMs, hourMs, minuteMs } from './shows.ts';
import { openWorld, rowQuery, silent, type World } from './world.ts';

const model = servedModel({ dev_same: 1.5, log_h_since: -0.7, ep_frac: 0.4, gap_ratio: 0.2 });
let world: World;
afterEach(() => world.close());

async function opened(options: Parameters<typeof openWorld>[0] = {}): Promise<number> {
  world = await openWorld({ titles: films(60), model, ...options });
  return world.clock.nowMs();
}

/** Everything that was logged, once it is written. */
async function lines(): Promise<InteractionLine[]> {
  await world.clock.advance(1_000);
  const folder = join(world.config.DATA_DIR, 'interactions');
  const read = async () => {
    const files = await readdir(folder).catch(() => []);
    const texts = await Promise.all(
      files.sort().map((file) => readFile(join(folder, file), 'utf8')),
    );
    return texts
      .join('')
      .split('\n')
      .filter((line) => line !== '');
  };
  // The file is written beside us: closing the subgraph waits for it.
  await world.subgraph.close();
  return (await read()).map((line) => JSON.parse(line) as InteractionLine);
}

const rowsIn = (all: readonly InteractionLine[]) =>
  all.filter((line): line is RowLine => line.kind === 'row');
const playsIn = (all: readonly InteractionLine[]) =>
  all.filter((line): line is PlayLine => line.kind === 'play');

describe('a row that was shown', () => {
  it('is logged with all that it was ranked by', async () => {
    const nowMs = await opened();
    for (let index = 0; index < 30; index += 1) {
      const startedAtMs = nowMs - (index + 1) * hourMs;
      const deviceKind = index % 3 === 0 ? 'PHONE' : 'TV';
      await world.happened(...played(`mov_${index}`, { startedAtMs, deviceKind }));
    }
    const row = await world.row({ first: 10, deviceKind: 'PHONE' });
    const [line, ...more] = rowsIn(await lines());
    expect(more).toEqual([]);
    expect(line).toMatchObject({
      ...{ v: 1, atMs: nowMs, rankingId: row.rankingId, deviceKind: 'PHONE', ranker: 'linear-7' },
      ...{ modelHash: model.sha256, propensity: 1, featureNames: model.featureNames },
      continuationProbability: row.continuationProbability,
      visit: { featureNames: model.visitFeatureNames },
    });
    expect(line?.cards.map(({ title }) => title).slice(0, 10)).toEqual(
      row.edges.map(({ node }) => node.playableId),
    );
    expect(line?.cards).toHaveLength(30);
    expect(line?.cards.map(({ recencyPlace }) => recencyPlace).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 30 }, (_, place) => place),
    );
  });

  it('scores again to the same numbers with the same artifact', async () => {
    const nowMs = await opened();
    for (let index = 0; index < 28; index += 1) {
      const startedAtMs = nowMs - (index + 1) * 5 * hourMs;
      const minutes = 3 + ((index * 11) % 80);
      await world.happened(...played(`mov_${index % 26}`, { startedAtMs, minutes }));
    }
    await world.row({ deviceKind: 'TV' });
    const [line] = rowsIn(await lines());
    const scored = (line?.cards ?? []).filter(
      (card): card is CardLine & { features: number[]; utility: number; score: number } =>
        card.features !== null,
    );
    expect(scored).toHaveLength(25);
    const values = scored.flatMap(({ features }) => features.map((value) => value ?? Number.NaN));
    const { ranking, visit } = readModels(fromFile(model));
    const utilities = ranking.utilities(Float64Array.from(values), scored.length);
    expect([...utilities]).toEqual(scored.map(({ utility }) => utility));
    const shares = probabilities(utilities, ranking.temperature);
    for (const [index, { score }] of scored.entries()) expect(shares[index]).toBeCloseTo(score, 12);
    const visitValues = line?.visit?.features.map((value) => value ?? Number.NaN) ?? [];
    expect(visit?.probability(Float64Array.from(visitValues))).toBe(line?.continuationProbability);
  });

  it('is logged without scores, and with features, where there is no model', async () => {
    const nowMs = await opened({ model: undefined });
    await world.happened(...played('mov_1', { startedAtMs: nowMs - hourMs }));
    await world.row();
    const [line] = rowsIn(await lines());
    expect(line).toMatchObject({ ranker: 'recency', modelHash: null });
    expect(line?.cards).toMatchObject([{ score: null, utility: null, recencyPlace: 0 }]);
    expect(line?.cards[0]?.features).toHaveLength(model.featureNames.length);
  });

  it('is logged once, however many pages were turned', async () => {
    const nowMs = await opened();
    for (const title of ['mov_1', 'mov_2', 'mov_3']) {
      await world.happened(...played(title, { startedAtMs: nowMs - hourMs }));
    }
    const page = await world.row({ first: 1 });
    await world.row({ first: 1, after: page.pageInfo.endCursor });
    expect(rowsIn(await lines())).toHaveLength(1);
  });

  it('is logged when it was pushed, and not when only this process looked', async () => {
    await opened();
    const live = await world.subscribe(
      'subscription { continueWatchingUpdates { viewer { continueWatching { rankingId } } } }',
    );
    await live.next();
    const next = live.next();
    await world.clock.advance(10 * minuteMs);
    await world.happened(transition({ kind: 'PAUSE', title: 'mov_1' }));
    await next;
    await live.return?.();
    expect(rowsIn(await lines())).toHaveLength(2);
  });
});

describe('a play', () => {
  it('is logged once it is over, with the row that it came from', async () => {
    const nowMs = await opened();
    await world.happened(
      ...played('mov_1', { startedAtMs: nowMs - 9 * hourMs }),
      ...played('mov_2', { startedAtMs: nowMs - 8 * hourMs }),
    );
    const row = await world.row();
    await world.happened(...played('mov_1', { startedAtMs: nowMs + minuteMs, minutes: 30 }));
    await world.clock.advance(60 * minuteMs);
    expect(await world.viewings.endedPlays({ beforeMs: nowMs + dayMs, limit: 9 })).toHaveLength(1);
    await world.clock.advance(2 * minuteMs);
    const plays = playsIn(await lines());
    // The first two were over when the process began to look.
    expect(plays.map(({ title, from }) => [title, from])).toEqual([
      ['mov_1', null],
      ['mov_2', null],
      ['mov_1', { rankingId: row.rankingId, place: 1 }],
    ]);
    expect(plays[2]).toMatchObject({
      ...{ v: 1, show: 'mov_1', isFilm: true, deviceKind: 'TV', hasNext: false },
      ...{ startedAtMs: nowMs + minuteMs, endedAtMs: nowMs + 31 * minuteMs },
      ...{ watchedMs: 30 * minuteMs, positionMs: 30 * minuteMs, durationMs: 100 * minuteMs },
    });
  });

  it('is logged with all others that are over, however many they are', async () => {
    const nowMs = await opened();
    const plays = Array.from({ length: 450 }, (_, index) =>
      played(`mov_${index % 60}`, { startedAtMs: nowMs - (500 - index) * hourMs }),
    );
    await world.happened(...plays.flat());
    await world.clock.advance(minuteMs);
    expect(await world.viewings.endedPlays({ beforeMs: nowMs, limit: 999 })).toEqual([]);
    expect(playsIn(await lines())).toHaveLength(450);
  });

  it('of less than two minutes is none', async () => {
    const nowMs = await opened();
    await world.happened(...played('mov_1', { startedAtMs: nowMs - hourMs, minutes: 1.9 }));
    await world.happened(...played('mov_2', { startedAtMs: nowMs - hourMs, minutes: 2 }));
    await world.clock.advance(2 * minuteMs);
    expect(playsIn(await lines()).map(({ title }) => title)).toEqual(['mov_2']);
  });

  it('that was forgotten before it was over is in no log', async () => {
    const nowMs = await opened();
    await world.happened(...played('mov_1', { startedAtMs: nowMs - minuteMs, minutes: 5 }));
    const occurredAtMs = nowMs + 10 * minuteMs;
    await world.happened(transition({ kind: 'FORGET', title: 'mov_1', occurredAtMs }));
    await world.clock.advance(2 * hourMs);
    expect(playsIn(await lines())).toEqual([]);
  });
});

describe('the log', () => {
  it('names nobody, and the same one always the same', async () => {
    const nowMs = await opened();
    await world.happened(...played('mov_1', { startedAtMs: nowMs - hourMs }));
    await world.row();
    await world.clock.advance(2 * minuteMs);
    const all = await lines();
    expect(all.map(({ kind }) => kind).sort()).toEqual(['play', 'row']);
    expect(new Set(all.flatMap(({ profile, account }) => [profile, account])).size).toBe(1);
    expect(all[0]?.profile).toMatch(/^[\w-]{16}$/);
    expect(JSON.stringify(all)).not.toContain('demo');
  });

  it('is empty where it is switched off', async () => {
    const nowMs = await opened({ env: { RECOMMENDATIONS_LOG: 'off' } });
    await world.happened(...played('mov_1', { startedAtMs: nowMs - hourMs }));
    expect((await world.row()).edges).toHaveLength(1);
    await world.clock.advance(2 * minuteMs);
    expect(await lines()).toEqual([]);
    expect(await readdir(world.config.DATA_DIR)).not.toContain('interactions');
  });

  it('holds nothing of a profile that opted out', async () => {
    const nowMs = await opened();
    await world.viewings.setOptOut('demo', true);
    await world.happened(...played('mov_1', { startedAtMs: nowMs - hourMs }));
    expect((await world.row()).edges).toHaveLength(1);
    await world.clock.advance(2 * minuteMs);
    expect(await lines()).toEqual([]);
  });

  it('costs no row its answer when it cannot be written', async () => {
    await opened();
    await writeFile(join(world.config.DATA_DIR, 'interactions'), 'in the way');
    await world.happened(transition({ kind: 'PAUSE', title: 'mov_1' }));
    const { data, errors } = await world.ask(rowQuery);
    expect(errors).toEqual([]);
    expect(data.viewer.continueWatching.edges).toHaveLength(1);
    await world.clock.advance(5_000);
    expect((await world.row()).edges).toHaveLength(1);
  });
});

describe('the files of the log', () => {
  const line = (atMs: number): InteractionLine => ({
    ...{ kind: 'play', v: 1, profile: 'p', account: 'p', show: 's', title: 't', isFilm: true },
    ...{ deviceKind: 'TV', startedAtMs: atMs, endedAtMs: atMs, watchedMs: 0, positionMs: 0 },
    ...{ durationMs: null, hasNext: null, from: null },
  });

  async function setUp() {
    await opened();
    const folder = join(world.config.DATA_DIR, 'files');
    const clock = new ManualClock();
    const interactions = createInteractionLog({
      ...{ folder, retentionDays: 30, pseudonymKey: 'a key', clock, log: silent },
    });
    return { folder, clock, interactions };
  }

  it('are one a day, and leave after their time', async () => {
    const { folder, clock, interactions } = await setUp();
    await mkdir(folder);
    const names = ['2026-01-29.jsonl', '2026-01-30.jsonl', '2020-01-01.txt'];
    for (const name of names) await writeFile(join(folder, name), '');
    interactions.write(() => line(clock.nowMs()));
    await clock.advance(1_000);
    await clock.advance(dayMs);
    interactions.write(() => line(clock.nowMs()));
    await interactions.close();
    expect((await readdir(folder)).sort()).toEqual([
      '2020-01-01.txt',
      '2026-03-01.jsonl',
      '2026-03-02.jsonl',
    ]);
    expect(interactions.counts).toEqual({ written: 2, lost: 0 });
    expect(clock.pending).toBe(0);
  });

  it('lose what does not fit any more, and count it', async () => {
    const { interactions } = await setUp();
    for (let count = 0; count < 1_001; count += 1) interactions.write(() => line(count));
    await interactions.close();
    interactions.write(() => line(0));
    expect(interactions.counts).toEqual({ written: 1_000, lost: 2 });
  });

  it('cannot be told whose they are without the key', async () => {
    const { folder, clock, interactions } = await setUp();
    const other = createInteractionLog({
      ...{ folder, retentionDays: 30, pseudonymKey: 'another key', clock, log: silent },
    });
    expect(interactions.pseudonymOf('demo')).not.toBe(other.pseudonymOf('demo'));
    expect(interactions.pseudonymOf('demo')).not.toBe(interactions.pseudonymOf('demo2'));
    await Promise.all([interactions.close(), other.close()]);
  });
});
