import { readFileSync } from 'node:fs';
import { LiveWorld } from '../test/fault/live-world.ts';
import { productionKeys } from '../test/support/production-keys.ts';
import { cpuUsOf, spreadOf } from './machine.ts';

/** Of each profile. */
const watchers = 2;

/** Of one crowd; for each subscriber unless said otherwise. */
export interface CrowdFigures {
  subscribers: number;
  gatewayKb: number;
  playbackKb: number;
  /** To subscribe, until it has its first snapshot; µs. */
  joinGatewayUs: number;
  joinPlaybackUs: number;
  /** For each update that one was told, once all are there; the heartbeat that caused it included. */
  pushGatewayUs: number;
  pushPlaybackUs: number;
  /** From a profile's acknowledgement until the last subscriber of all knows, the longest of the rounds. */
  lastMs: number;
}

/** A gateway and a playback process of its own for each crowd, so that none lives on another one's memory. */
export async function measureCrowd(subscribers: number, rounds: number): Promise<CrowdFigures> {
  const profiles = Math.ceil(subscribers / watchers);
  const world = await LiveWorld.open({ profiles, watchers, envIn });
  try {
    const before = look(world);
    await world.watch();
    const joined = look(world);
    let lastMs = 0;
    for (let round = 0; round < rounds; round += 1) {
      await world.reportAll();
      lastMs = Math.max(lastMs, spreadOf(await world.level()).max);
    }
    const after = look(world);
    const pushes = subscribers * rounds;
    return {
      ...{ subscribers, lastMs },
      gatewayKb: (joined.gateway.rssKb - before.gateway.rssKb) / subscribers,
      playbackKb: (joined.playback.rssKb - before.playback.rssKb) / subscribers,
      joinGatewayUs: (joined.gateway.cpuUs - before.gateway.cpuUs) / subscribers,
      joinPlaybackUs: (joined.playback.cpuUs - before.playback.cpuUs) / subscribers,
      pushGatewayUs: (after.gateway.cpuUs - joined.gateway.cpuUs) / pushes,
      pushPlaybackUs: (after.playback.cpuUs - joined.playback.cpuUs) / pushes,
    };
  } finally {
    await world.close();
  }
}

async function envIn(dataDir: string): Promise<Record<string, string>> {
  return {
    ...{ NODE_ENV: 'production', PLAINTEXT_ALLOWED: 'redis', HOST: '127.0.0.1' },
    // The whole crowd is on this machine.
    LIVE_CONNECTIONS_PER_ADDRESS: '100000',
    // What is followed is less than the SDK asks for.
    PERSISTED_DOCUMENTS: 'all',
    ...(await productionKeys(dataDir)),
  };
}

function look({ gateway, playback }: LiveWorld) {
  return { gateway: spentBy(gateway.process.pid), playback: spentBy(playback.process.pid) };
}

function spentBy(pid = 0): { rssKb: number; cpuUs: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return { rssKb: Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]), cpuUs: cpuUsOf(pid) };
}
