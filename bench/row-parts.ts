import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sealArtifact } from '../model/seal.ts';
import { systemClock } from '../runtime/clock.ts';
import { readConfig } from '../runtime/config.ts';
import { mintDevelopmentToken } from '../runtime/identity.ts';
import { createLog } from '../runtime/log.ts';
import { openEventStream, openViewingStore } from '../stores/open.ts';
import { openCatalog } from '../subgraphs/catalog/main.ts';
import { createTitles } from '../subgraphs/catalog/titles.ts';
import type { Artifact, LinearPart } from '../subgraphs/recommendations/artifact.ts';
import { createConsumer } from '../subgraphs/recommendations/consume.ts';
import { featureNames, visitFeatureNames } from '../subgraphs/recommendations/features.ts';
import { openRecommendations } from '../subgraphs/recommendations/main.ts';
import { readModels } from '../subgraphs/recommendations/score.ts';
import { appendEvening, films, profileHistory } from './row-history.ts';

const log = createLog({ level: 'warn', part: 'bench' });
const profileId = 'bench';
const document = `query Row($first: Int!, $deviceKind: DeviceKind) {
  viewer { id continueWatching(first: $first, deviceKind: $deviceKind) {
    edges { cursor node { id kind playableId score reasons { code text } } }
    pageInfo { hasNextPage endCursor } rankingId rankedAt ranker continuationProbability degraded
  } } }`;

/** Trees of the size that was measured to rank best. */
const treesCount = 120;
const treeDepth = 5;

/** Numbers that a seed decides, from 0 up to 1. Source: mulberry32 (Ettinger). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A model of made-up weights: what it says means nothing, what it costs does. */
export function madeUpModel(kind: Artifact['kind']): Artifact {
  const draw = seeded(1);
  const part = (names: readonly string[]): LinearPart => ({
    mean: names.map(() => draw()),
    sd: names.map(() => 1 + draw()),
    weight: names.map(() => draw() - 0.5),
    missingWeight: names.map(() => draw() - 0.5),
  });
  const tree = (depth: number): object =>
    depth === 0
      ? { leaf_value: draw() - 0.5 }
      : {
          split_feature: Math.floor(draw() * featureNames.length),
          threshold: draw() * 3,
          ...{ decision_type: '<=', missing_type: 'NaN', default_left: draw() < 0.5 },
          ...{ left_child: tree(depth - 1), right_child: tree(depth - 1) },
        };
  const trees = {
    feature_names: featureNames,
    tree_info: Array.from({ length: treesCount }, () => ({ tree_structure: tree(treeDepth) })),
  };
  return sealArtifact({
    ...{ version: 1, kind, name: `${kind}-bench`, featureNames, visitFeatureNames },
    temperature: 1,
    ranking: { linear: part(featureNames), trees: kind === 'trees' ? trees : null },
    visit: { ...part(visitFeatureNames), bias: 0 },
    card: { made: 'for a benchmark' },
  });
}

/** ms of each time that `count` candidates were scored. */
export function measureScoring(
  kind: Artifact['kind'],
  { count, rounds }: { count: number; rounds: number },
): number[] {
  const { ranking } = readModels(JSON.parse(JSON.stringify(madeUpModel(kind))));
  const draw = seeded(2);
  const features = Float64Array.from({ length: count * featureNames.length }, () =>
    draw() < 0.1 ? Number.NaN : draw() * 3,
  );
  const once = () => {
    const startMs = performance.now();
    ranking.utilities(features, count);
    return performance.now() - startMs;
  };
  for (let round = 0; round < rounds; round += 1) once();
  return Array.from({ length: rounds }, once);
}

export interface RowFigures {
  /** Share of the rows that the model ranked: a machine that stands still makes the others. */
  byModel: number;
  /** ms of each answer. */
  answerMs: number[];
  /** Processor time of the process for each, ms. */
  cpuMs: number;
}

/** Asks the subgraph for one profile's row again and again: view, facts, features, score, answer. */
export async function measureRows(
  kind: Artifact['kind'] | 'recency',
  { candidates, plays, rounds }: { candidates: number; plays: number; rounds: number },
): Promise<RowFigures> {
  const dataDir = await mkdtemp(join(tmpdir(), 'playhead-row-bench-'));
  const model = join(dataDir, 'model.json');
  if (kind !== 'recency') await writeFile(model, JSON.stringify(madeUpModel(kind)));
  const config = readConfig({
    DATA_DIR: dataDir,
    RECOMMENDATIONS_MODEL: kind === 'recency' ? 'none' : model,
  });
  const parts = { config, clock: systemClock, log };
  const events = await openEventStream(config, systemClock);
  const catalog = await openCatalog({ ...parts, titles: createTitles(films(candidates)) });
  const nowMs = systemClock.nowMs();
  const viewings = await openViewingStore(config, systemClock);
  const partition = 0;
  const transitions = profileHistory({ profileId, plays, titles: candidates, nowMs });
  await viewings.fold({ partition, transitions, offset: '0' });
  const subgraph = await openRecommendations({ ...parts, events, catalog, viewings });
  const token = await mintDevelopmentToken(config, { profileId, nowMs });
  const context = () => subgraph.contextFor({ authorization: `Bearer ${token}` });
  const body = { query: document, variables: { first: 40, deviceKind: 'PHONE' } };
  const ask = async () => {
    const startMs = performance.now();
    const known = await subgraph.known.execute(body, context);
    if (known === null) {
      await subgraph.server.executeOperation(body, { contextValue: await context() });
    }
    return { ms: performance.now() - startMs, row: known?.data?.viewer as RowAnswer | undefined };
  };
  try {
    for (let round = 0; round < rounds; round += 1) await ask();
    const answers = [];
    const cpu = process.cpuUsage();
    for (let round = 0; round < rounds; round += 1) answers.push(await ask());
    const { user, system } = process.cpuUsage(cpu);
    const rows = answers.map(({ row }) => row?.continueWatching);
    for (const row of rows) {
      if (row?.edges.length !== Math.min(40, candidates)) throw new Error('A row lacks cards.');
    }
    return {
      byModel: rows.filter((row) => row?.ranker === `${kind}-bench`).length / rows.length,
      answerMs: answers.map(({ ms }) => ms),
      cpuMs: (user + system) / 1_000 / rounds,
    };
  } finally {
    await subgraph.close();
    await events.close();
    await catalog.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

interface RowAnswer {
  continueWatching: { edges: unknown[]; ranker: string };
}

export interface ConsumerFigures {
  entries: number;
  /** Entries for each second of processor time that this process took. */
  perCpuS: number;
  /** For each second on the wall, while the machine does other things as well. */
  perS: number;
  plays: number;
}

/** Folds an evening from an embedded stream into an embedded view, both files on disk. */
export async function measureConsumer(of: {
  profiles: number;
  entries: number;
}): Promise<ConsumerFigures> {
  const dataDir = await mkdtemp(join(tmpdir(), 'playhead-view-bench-'));
  const config = readConfig({ DATA_DIR: dataDir });
  const clock = systemClock;
  const events = await openEventStream(config, clock);
  const viewings = await openViewingStore(config, clock);
  try {
    await appendEvening(events, { ...of, nowMs: clock.nowMs() });
    const consumer = createConsumer({ events, viewings, clock, log });
    const cpu = process.cpuUsage();
    const startMs = performance.now();
    await consumer.start();
    const seconds = (performance.now() - startMs) / 1_000;
    const { user, system } = process.cpuUsage(cpu);
    await consumer.close();
    const { folded, poison } = consumer.counts;
    if (folded !== of.entries || poison > 0) throw new Error(`${folded} of ${of.entries} folded.`);
    const plays = await viewings.plays('viewer-0');
    return {
      entries: of.entries,
      perCpuS: of.entries / ((user + system) / 1e6),
      perS: of.entries / seconds,
      plays: plays.length,
    };
  } finally {
    await events.close();
    await viewings.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}
