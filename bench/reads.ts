import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../runtime/config.ts';
import { mintDevelopmentToken } from '../runtime/identity.ts';
import type { ServerProcess } from './child.ts';
import { HttpConnection } from './connection.ts';
import { headOf, withBody } from './http-text.ts';
import { databases } from './lane-candidates.ts';
import { startLaneServers } from './lane-servers.ts';
import { quantile } from './machine.ts';
import { openHot, openTiers, preload } from './tiers.ts';
import { anchorAgeMs, type BenchProfile, benchProfiles, titlesPerProfile } from './workload.ts';

/** Whom a player asks: the subgraph itself, or a gateway in front of it. */
export const ways = ['playback', 'lane', 'normal'] as const;
export type Way = (typeof ways)[number];

/** What is asked, and how an answer shows that all of it is there. */
export const questions = {
  resume: {
    query:
      'query Resume($title: ID!) { viewer { playhead(playableId: $title) { playableId positionMs resumePositionMs resumeReason durationMs version } } }',
    cards: 1,
  },
  'row of 20': {
    query:
      '{ viewer { inProgress(first: 20) { edges { node { playableId positionMs resumePositionMs durationMs updatedAt version } } } } }',
    cards: titlesPerProfile,
  },
} as const;
export type Question = keyof typeof questions;

/** Warm: Redis has the profile. Cold: Cassandra alone, and nobody has seen the token either. */
export type Temperature = 'warm' | 'cold';

export interface ReadScale {
  warmUpReads: number;
  rounds: number;
  /** Of each kind, in each round. */
  warmReads: number;
  coldReads: number;
}

/** The p50 of each round, ms. */
export type ReadFigures = Map<string, Record<Way, number[]>>;

export function readKey(question: Question, temperature: Temperature): string {
  return `${question}, ${temperature}`;
}

const warmProfiles = 256;

/**
 * Asks for resume points and rows, one request after the other, whole rounds of each kind by turns.
 *
 * Errors: throws for an answer that lacks anything. Everything it opened is closed either way.
 */
export async function measureReads(
  scale: ReadScale,
  say: (line: string) => void,
): Promise<ReadFigures> {
  const closers: (() => Promise<unknown>)[] = [];
  try {
    const dataDir = await mkdtemp(join(tmpdir(), 'playhead-reads-'));
    closers.push(() => rm(dataDir, { recursive: true, force: true }));
    say('reads: Redis and Cassandra start');
    const tiers = await openTiers({ dataCentres: ['eu'] });
    closers.push(tiers.close);
    const anchorMs = Date.now() - anchorAgeMs;
    const kinds = Object.keys(questions).length * ways.length;
    const cold = benchProfiles({
      ...{ first: warmProfiles, count: kinds * scale.rounds * scale.coldReads, anchorMs },
    });
    const warm = benchProfiles({ first: 0, count: warmProfiles, anchorMs });
    const redisUrl = tiers.productUrl.replace(/\/\d+$/, '');
    const hot = await openHot(`${redisUrl}/${databases.product}`);
    closers.push(() => hot.close());
    await preload(warm, { hot, durable: tiers.durable });
    for (const { profileId, preloaded, devices } of cold) {
      const titles = [...preloaded].map(([title, state]) => ({ title, ...state }));
      await tiers.durable.write({ profileId, titles, devices });
    }
    say('reads: the servers start');
    const playbackEnv = {
      CASSANDRA_CONTACT_POINTS: tiers.contactPoint,
      ...{ CASSANDRA_LOCAL_DC: tiers.dataCentre, CASSANDRA_KEYSPACE: tiers.keyspace },
    };
    const servers = await startLaneServers(ways, { redisUrl, dataDir, peers: {}, playbackEnv });
    for (const server of servers.values()) closers.push(server.kill);
    const askers = await Promise.all(
      ways.map((way) => openAsker((servers.get(way) as ServerProcess).url, dataDir)),
    );
    return await rounds({ scale, say, warm, cold, askers });
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

/** Asks for each of these profiles in turn; answers how long each took, ms. */
type Asker = (profiles: readonly BenchProfile[], question: Question) => Promise<number[]>;

async function openAsker(url: string, dataDir: string): Promise<Asker> {
  const { host, hostname, port } = new URL(url);
  const config = readConfig({ DATA_DIR: dataDir });
  const heads = new Map<string, string>();
  const headFor = async (profileId: string) => {
    const known = heads.get(profileId);
    if (known !== undefined) return known;
    const token = await mintDevelopmentToken(config, { profileId, nowMs: Date.now() });
    const head = `${headOf(host)}authorization: Bearer ${token}\r\n`;
    heads.set(profileId, head);
    return head;
  };
  return async (profiles, question) => {
    // Anew: a server closes connections that are idle while others have their turn.
    const connection = await HttpConnection.open({ host: hostname, port: Number(port) });
    const { query, cards } = questions[question];
    const ms: number[] = [];
    for (const { profileId, preloaded } of profiles) {
      const [title = ''] = preloaded.keys();
      const request = withBody(
        await headFor(profileId),
        JSON.stringify({ query, variables: { title } }),
      );
      const sentMs = performance.now();
      const { body } = await connection.ask(request);
      ms.push(performance.now() - sentMs);
      const found = body.match(/"playableId":"mov_/g)?.length ?? 0;
      if (found !== cards || body.includes('"errors"')) throw new Error(`${question}: ${body}`);
    }
    connection.close();
    return ms;
  };
}

async function rounds(of: {
  scale: ReadScale;
  say: (line: string) => void;
  warm: readonly BenchProfile[];
  cold: BenchProfile[];
  askers: readonly Asker[];
}): Promise<ReadFigures> {
  const { scale, say, warm, cold, askers } = of;
  const figures: ReadFigures = new Map();
  const names = Object.keys(questions) as Question[];
  const ask = async (which: { way: number; question: Question }, profiles: BenchProfile[]) => {
    return quantile(await (askers[which.way] as Asker)(profiles, which.question), 0.5);
  };
  const hot = (reads: number) =>
    Array.from({ length: reads }, (_, read) => warm[read % warm.length] as BenchProfile);
  for (const question of names) {
    for (const way of ways.keys()) await ask({ way, question }, hot(scale.warmUpReads));
    for (const temperature of ['warm', 'cold'] as const) {
      figures.set(readKey(question, temperature), { playback: [], lane: [], normal: [] });
    }
  }
  for (let round = 1; round <= scale.rounds; round += 1) {
    for (const question of names) {
      for (const [way, name] of ways.entries()) {
        const warmMs = await ask({ way, question }, hot(scale.warmReads));
        figures.get(readKey(question, 'warm'))?.[name].push(warmMs);
        const coldMs = await ask({ way, question }, cold.splice(0, scale.coldReads));
        figures.get(readKey(question, 'cold'))?.[name].push(coldMs);
      }
    }
    say(`round ${round} of ${scale.rounds}`);
  }
  return figures;
}
