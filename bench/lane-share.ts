import type { ServerProcess } from './child.ts';
import { type LaneName, laneCandidate, type ServerName } from './lane-candidates.ts';

/** What went through one server of the run, and how much of it went by the way that it is named for. */
export interface LaneShare {
  what: string;
  requests: number;
  carried: number;
}

/** Of the gateways that should have carried each heartbeat in the lane, but for the first ones. */
const laneServers: readonly ServerName[] = ['lane', 'http-lane', 'embedded'];

/** By the servers' own counters. */
export async function laneShares(of: {
  servers: ReadonlyMap<ServerName, ServerProcess>;
  requestsOf(name: LaneName): number;
  names: readonly LaneName[];
}): Promise<LaneShare[]> {
  const shares: LaneShare[] = [];
  const asked = (server: ServerName) =>
    of.names
      .filter((name) => isAskedOf(name, server))
      .reduce((total, name) => total + of.requestsOf(name), 0);
  for (const server of laneServers) {
    const url = of.servers.get(server)?.metricsUrl();
    if (url === undefined) continue;
    const carried = await counted(url, 'playhead_lane_forwarded_total');
    shares.push({ what: `\`${server}\`, in the lane`, requests: asked(server), carried });
  }
  const playback = of.servers.get('playback');
  if (playback !== undefined && of.servers.has('lane')) {
    const url = new URL('/metrics', playback.url).href;
    const carried = await counted(url, 'playhead_frame_requests_total');
    shares.push({ what: '`lane`, by frames', requests: asked('lane'), carried });
  }
  return shares;
}

/** What went another way, so that the figures are of something else than they say. */
export function strays(shares: readonly LaneShare[]): string[] {
  return shares
    .filter(({ requests, carried }) => carried < shareMin * requests)
    .map(({ what, requests, carried }) => `${what}: only ${carried} of ${requests} heartbeats`);
}

/** A document goes through the normal lane until it is decided, all connections at once. */
const shareMin = 0.9;

function isAskedOf(name: LaneName, server: ServerName): boolean {
  const { gateway, server: own } = laneCandidate(name).servers;
  return (gateway ?? own) === server;
}

async function counted(url: string, metric: string): Promise<number> {
  const text = await (await fetch(url)).text();
  const samples = text.matchAll(new RegExp(`^${metric}\\{[^}]*\\} (\\d+)$`, 'gm'));
  return [...samples].reduce((total, [, count]) => total + Number(count), 0);
}
