import { defaultPolicy } from '../../domain/policy.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Config } from '../../runtime/config.ts';
import type { RegionPeer } from '../../runtime/region-settings.ts';
import type { AcceptedStream, Refusal } from '../../stores/accepted-stream.ts';
import type { RedisExamined } from '../../stores/examined.ts';
import { examineRedis, openPeers } from '../../stores/open.ts';
import { type Finding, fail, ok, reasonOf, warn } from './finding.ts';

/** What the order between devices in two regions allows for. */
const skewMsMax = 2_000;
/** A Redis on another continent takes longer to answer than the own. */
const patienceMsMin = 2_000;

/** What an operator should know of each other region that this one reads; none where it is alone. */
export async function regionFindings(config: Config, clock: Clock): Promise<Finding[]> {
  const { REGION: region, REGION_PEERS: peers = [] } = config;
  if (region === undefined) return [];
  const own = await examineRedis(config, clock).catch(() => null);
  const opened = await openPeers(config, { clock, policy: defaultPolicy });
  try {
    const found = await Promise.all(
      opened.peers.map((stream, index) =>
        findingsOf(peers[index] as RegionPeer, { config, clock, stream, own }),
      ),
    );
    const among = peers.length === 0 ? 'named, and reads no other' : 'named';
    return [ok('region', `${region}, ${among}`), ...found.flat()];
  } finally {
    await Promise.all([...opened.peers, ...opened.peerEvents].map((each) => each.close()));
  }
}

async function findingsOf(
  peer: RegionPeer,
  parts: { config: Config; clock: Clock; stream: AcceptedStream; own: RedisExamined | null },
): Promise<Finding[]> {
  const { config, clock, stream, own } = parts;
  const name = `region ${peer.region}`;
  try {
    const examined = await examineRedis(asOwn(peer, config), clock);
    const servers = examined?.servers ?? [];
    const answers = ok(name, `${servers.map(({ address }) => address).join(', ')} answers`);
    const clocks = own === null ? [] : [clockSkew(name, { own, other: examined })];
    return [answers, ...clocks, await streams(name, { stream, config })];
  } catch (error) {
    const advice =
      'Start it, or correct its address in REGION_PEERS, its password and the network between the regions.';
    return [fail(name, reasonOf(error), advice)];
  }
}

/** The configuration as if the peer's Redis were the own. */
function asOwn({ address }: RegionPeer, config: Config) {
  const { REDIS_COMMAND_TIMEOUT_MS } = config;
  return {
    ...config,
    REDIS_URL: 'url' in address ? address.url : undefined,
    REDIS_CLUSTER_NODES: 'url' in address ? undefined : address.clusterNodes,
    REDIS_COMMAND_TIMEOUT_MS: Math.max(REDIS_COMMAND_TIMEOUT_MS, patienceMsMin),
  };
}

/** Of a Redis that was looked at. */
interface Clocks {
  servers: readonly Pick<RedisExamined['servers'][number], 'clockAheadMs'>[];
}

/** The two that are furthest apart. */
export function clockSkew(
  name: string,
  { own, other }: { own: Clocks; other: Clocks | null },
): Finding {
  const aheadOf = (examined: Clocks | null) =>
    (examined?.servers ?? []).map(({ clockAheadMs }) => clockAheadMs);
  const apart = aheadOf(own).flatMap((here) => aheadOf(other).map((there) => there - here));
  const apartMs = Math.max(0, ...apart.map(Math.abs));
  const found = `${apartMs} ms from this region's`;
  const advice =
    'Let the machines of both regions follow the same time (chrony): which device was last is decided by it.';
  return apartMs > skewMsMax ? fail(`${name} clock`, found, advice) : ok(`${name} clock`, found);
}

const refusals: Record<Refusal, { found: string; advice: string }> = {
  region: {
    found: 'another region than it is named for',
    advice: 'Correct REGION_PEERS here, or REGION over there.',
  },
  partitions: {
    found: 'another number of partitions',
    advice: 'Install all regions with one PLAYBACK_PARTITIONS: nothing of it is merged.',
  },
  format: {
    found: 'entries of another release',
    advice: 'Bring both regions to one release: until then nothing of it is merged.',
  },
  garbage: {
    found: 'entries that nobody can read',
    advice: 'Look whether anybody else writes to keys `ph:*` there.',
  },
};

/** The oldest entry of each partition says whose it is. */
async function streams(
  name: string,
  { stream, config }: { stream: AcceptedStream; config: Config },
): Promise<Finding> {
  const partitions = Array.from({ length: config.PLAYBACK_PARTITIONS }, (_, index) => index);
  const read = await Promise.all(
    partitions.map((partition) => stream.read({ partition, from: null, limit: 1 })),
  );
  const oldest = read.flatMap(({ entries }) => entries);
  const refused = oldest.find((entry) => 'refusal' in entry);
  if (refused !== undefined && 'refusal' in refused) {
    const { found, advice } = refusals[refused.refusal];
    // The oldest may be from before an upgrade: what is new there may be well.
    const tell = refused.refusal === 'format' || refused.refusal === 'garbage' ? warn : fail;
    return tell(`${name} stream`, found, advice);
  }
  const found = `${oldest.length} of ${partitions.length} partitions hold what it accepted`;
  return ok(`${name} stream`, found);
}
