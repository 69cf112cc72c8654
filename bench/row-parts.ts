import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '../runtime/clock.ts';
import { readConfig } from '../runtime/config.ts';
import { mintDevelopmentToken } from '../runtime/identity.ts';
import { createLog } from '../runtime/log.ts';
import { openEventStream, openViewingStore } from '../stores/open.ts';
import { openCatalog } from '../subgraphs/catalog/main.ts';
import { createTitles } from '../subgraphs/catalog/titles.ts';
import { createConsumer } from '../subgraphs/recommendations/consume.ts';
import { openRecommendations } from '../subgraphs/recommendations/main.ts';
import { appendEvening, films, profileHistory } from './row-history.ts';

const log = createLog({ level: 'warn', part: 'bench' });
const profileId = 'bench';
const document = `query Row($first: Int!, $deviceKind: DeviceKind) {
  viewer { id continueWatching(first: $first, deviceKind: $deviceKind) {
    edges { cursor node { id kind playableId score reasons { code text } } }
    pageInfo { hasNextPage endCursor } rankingId rankedAt ranker continuationProbability degraded
  } } }`;

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
  kind: 'model' | 'recency',
  { candidates, plays, rounds }: { candidates: number; plays: number; rounds: number },
): Promise<RowFigures> {
  const dataDir = await mkdtemp(join(tmpdir(), 'playhead-row-bench-'));
  const config = readConfig({
    DATA_DIR: dataDir,
    ...(kind === 'recency' ? { RECOMMENDATIONS_MODEL: 'none' } : {}),
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
    // As a request comes in: after what the process still has to do, the log's line of the last one too.
    await nextTurn();
    const known = await subgraph.known.execute(body, context);
    if (known === null) {
      await subgraph.server.executeOperation(body, { contextValue: await context() });
    }
    const ms = performance.now() - startMs;
    // No answer is kept: what stays alive is what a collection takes its time for.
    const row = (known?.data?.viewer as RowAnswer | undefined)?.continueWatching;
    return { ms, ranker: row?.ranker, cards: row?.edges.length };
  };
  try {
    for (let round = 0; round < rounds; round += 1) await ask();
    const answers = [];
    const cpu = process.cpuUsage();
    for (let round = 0; round < rounds; round += 1) answers.push(await ask());
    const { user, system } = process.cpuUsage(cpu);
    const isWhole = answers.every(({ cards }) => cards === Math.min(40, candidates));
    if (!isWhole) throw new Error('A row lacks cards.');
    return {
      byModel: answers.filter(({ ranker }) => ranker !== 'recency').length / answers.length,
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
