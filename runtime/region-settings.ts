import { z } from 'zod';

/** Another region's Redis, or the nodes of its Redis Cluster. */
export interface RegionPeer {
  region: string;
  address: { url: string } | { clusterNodes: readonly string[] };
}

const regionName = /^[a-z][a-z0-9-]{0,15}$/;
const nodeAddress = /^(rediss?:\/\/)?[^\s,|/]+:\d{1,5}$/;

/** What a problem may show of a peer: its name, or its place where it has none. Its address is a secret. */
function shownName(region: string, index: number): string {
  return regionName.test(region) ? region : `peer ${index + 1}`;
}

function addressOf(text: string): RegionPeer['address'] | null {
  if (!text.includes('|') && /^rediss?:\/\//.test(text)) {
    return canBeOpened(text) ? { url: text } : null;
  }
  const clusterNodes = text.split('|');
  return clusterNodes.every((node) => nodeAddress.test(node) && canBeOpened(node))
    ? { clusterNodes }
    : null;
}

/** The driver would throw, again and again, and its error would show the password. */
function canBeOpened(address: string): boolean {
  const url = URL.parse(address.includes('://') ? address : `redis://${address}`);
  return url !== null && url.hostname !== '' && [url.username, url.password].every(isEncoded);
}

function isEncoded(text: string): boolean {
  return !/%(?![0-9a-f]{2})/i.test(text);
}

const peers = z.string().transform((text, context): RegionPeer[] => {
  const found = text.split(',').map((pair, index) => {
    const [, region = '', rest = ''] = /^([^=]*)=(.*)$/.exec(pair) ?? [];
    const address = addressOf(rest);
    const shown = shownName(region, index);
    if (!regionName.test(region)) {
      context.addIssue(`${shown}: begins with the name of a region and =, such as us=…`);
    } else if (address === null) {
      context.addIssue(
        `${shown}: neither redis://host:port, or rediss://, nor a Cluster's nodes as host:port|host:port`,
      );
    }
    return { region, address: address ?? { clusterNodes: [] } };
  });
  const names = found.map(({ region }) => region);
  const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  for (const name of twice) context.addIssue(`${shownName(name, 0)}: named twice`);
  return found;
});

/** A region among others: settings of runtime/config.ts. */
export const regionSettings = {
  REGION: z
    .string()
    .regex(regionName, 'a lower-case letter, then at most 15 letters, digits or dashes')
    .optional()
    .describe(
      'Name of this region among others: what it accepts is kept for them. Required with REGION_PEERS; needs Redis. Default: there is one region.',
    ),
  REGION_PEERS: peers
    .optional()
    .describe(
      "The other regions' Redis, by commas: `us=redis://host:port`, or a Cluster's nodes as `us=host:port|host:port`. What they accept is taken in. REDIS_TLS_… counts for rediss:// ones.",
    ),
  REGION_OUT_LENGTH: z.coerce
    .number()
    .int()
    .min(1_000)
    .max(10_000_000)
    .default(50_000)
    .describe(
      'Accepted requests of a partition that are kept for other regions, some 350 bytes each: one that was cut off for longer compares all its profiles with the durable store.',
    ),
};

/** What of the configuration makes a region. */
interface RegionConfig {
  REGION?: string | undefined;
  REGION_PEERS?: readonly RegionPeer[] | undefined;
  REDIS_URL?: string | undefined;
  REDIS_CLUSTER_NODES?: readonly string[] | undefined;
}

/** What is wrong with settings about regions that are each well-formed: a line each. */
export function regionProblems(settings: RegionConfig): string[] {
  const { REGION, REGION_PEERS = [], REDIS_URL, REDIS_CLUSTER_NODES } = settings;
  const given = REGION_PEERS.length > 0 ? 'REGION_PEERS' : 'REGION';
  const hasRedis = REDIS_URL !== undefined || REDIS_CLUSTER_NODES !== undefined;
  const isAlone = REGION === undefined && REGION_PEERS.length === 0;
  return [
    ...(REGION === undefined && !isAlone ? ['REGION: required with REGION_PEERS'] : []),
    ...(isAlone || hasRedis
      ? []
      : [
          `${given}: needs REDIS_URL or REDIS_CLUSTER_NODES: regions read one another's Redis, and a hot store in the process has none`,
        ]),
    ...REGION_PEERS.filter(({ region }) => region === REGION).map(
      ({ region }) => `REGION_PEERS: ${region} is this region itself, name the others only`,
    ),
  ];
}

/** The addresses of peers, one by one. */
export function peerAddresses(peersOf: readonly RegionPeer[] = []): string[] {
  return peersOf.flatMap(({ address }) =>
    'url' in address ? [address.url] : [...address.clusterNodes],
  );
}
