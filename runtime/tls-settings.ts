import { z } from 'zod';
import { peerAddresses, type RegionPeer } from './region-settings.ts';

const file = z.string().min(1).optional();
const serverName = z.string().min(1).optional();

/** Links that may be in plain text in production, where each is refused unless it is named. */
const plaintextLinks = ['redis', 'cassandra', 'jwks'] as const;

/** The links to the stores: settings of runtime/config.ts about TLS. */
export const tlsSettings = {
  REDIS_TLS_CA_FILE: file.describe(
    'Certificates (PEM) of the authority that signed those of Redis, for rediss:// addresses. Default: the authorities that Node knows.',
  ),
  REDIS_TLS_CERT_FILE: file.describe('Own certificate (PEM), for a Redis that asks for one.'),
  REDIS_TLS_KEY_FILE: file.describe('Its private key (PEM). Required with REDIS_TLS_CERT_FILE.'),
  REDIS_TLS_SERVER_NAME: serverName.describe(
    'Name that the certificates of Redis hold. Default: the address that is connected to.',
  ),
  CASSANDRA_TLS: z
    .enum(['on', 'off'])
    .default('off')
    .describe('Whether links to Cassandra are encrypted, and its certificates verified.'),
  CASSANDRA_TLS_CA_FILE: file.describe('As REDIS_TLS_CA_FILE, for Cassandra.'),
  CASSANDRA_TLS_CERT_FILE: file.describe('Own certificate (PEM), for nodes that ask for one.'),
  CASSANDRA_TLS_KEY_FILE: file.describe(
    'Its private key (PEM). Required with CASSANDRA_TLS_CERT_FILE.',
  ),
  CASSANDRA_TLS_SERVER_NAME: serverName.describe(
    'Name that every node’s certificate holds. Default: the node’s own IP address.',
  ),
  PLAINTEXT_ALLOWED: z
    .string()
    .optional()
    .transform((text) => text?.split(',').filter((name) => name !== '') ?? [])
    .pipe(z.array(z.enum(plaintextLinks)))
    .describe(
      `Links that production may leave unencrypted, by commas, of ${plaintextLinks.join(', ')}: for a network that encrypts by itself. Default: none.`,
    ),
};

/** What of the configuration decides how the links are. */
interface LinkSettings {
  REDIS_URL?: string | undefined;
  REDIS_CLUSTER_NODES?: readonly string[] | undefined;
  REGION_PEERS?: readonly RegionPeer[] | undefined;
  TOKEN_JWKS_URL?: string | undefined;
  CASSANDRA_CONTACT_POINTS?: readonly string[] | undefined;
  CASSANDRA_TLS: 'on' | 'off';
  PLAINTEXT_ALLOWED: readonly (typeof plaintextLinks)[number][];
}

/** Links in plain text that production refuses: a line each, with what to do. */
export function plaintextProblems(settings: LinkSettings): string[] {
  const links = [
    { link: 'redis', isPlain: allRedis(settings).some(isPlainRedis), cure: 'use rediss://' },
    {
      link: 'cassandra',
      isPlain: settings.CASSANDRA_CONTACT_POINTS !== undefined && settings.CASSANDRA_TLS === 'off',
      cure: 'set CASSANDRA_TLS=on',
    },
    {
      link: 'jwks',
      isPlain: settings.TOKEN_JWKS_URL?.startsWith('http:') === true,
      cure: 'use https:// in TOKEN_JWKS_URL',
    },
  ] as const;
  return links
    .filter(({ link, isPlain }) => isPlain && !settings.PLAINTEXT_ALLOWED.includes(link))
    .map(
      ({ link, cure }) =>
        `PLAINTEXT_ALLOWED: in production ${link} must be encrypted: ${cure}, or name ${link} here`,
    );
}

/** Settings that would be taken for protection, and protect nothing. */
export function idleTlsProblems(settings: LinkSettings & Record<string, unknown>): string[] {
  const addresses = redisAddresses(settings);
  const isMixed = addresses.some(isPlainRedis) && !addresses.every(isPlainRedis);
  const idle = Object.keys(tlsSettings).filter(
    (key) => settings[key] !== undefined && isIdle(key, settings),
  );
  return [
    ...(isMixed ? ['REDIS_CLUSTER_NODES: either all of them are rediss://, or none is'] : []),
    ...idle.map(
      (key) =>
        `${key}: says nothing without ${key.startsWith('R') ? 'rediss://' : 'CASSANDRA_TLS=on'}`,
    ),
  ];
}

function isIdle(key: string, settings: LinkSettings): boolean {
  if (key.startsWith('REDIS_TLS_')) return !allRedis(settings).some((it) => !isPlainRedis(it));
  return key.startsWith('CASSANDRA_TLS_') && settings.CASSANDRA_TLS === 'off';
}

function redisAddresses({ REDIS_URL, REDIS_CLUSTER_NODES }: LinkSettings): readonly string[] {
  return REDIS_CLUSTER_NODES ?? (REDIS_URL === undefined ? [] : [REDIS_URL]);
}

/** The other regions' as well. */
function allRedis(settings: LinkSettings): readonly string[] {
  return [...redisAddresses(settings), ...peerAddresses(settings.REGION_PEERS)];
}

function isPlainRedis(address: string): boolean {
  return !address.startsWith('rediss://');
}
