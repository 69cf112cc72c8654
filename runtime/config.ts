import { resolve } from 'node:path';
import { z } from 'zod';
import { problemsOf } from './config-checks.ts';
import { connectionSettings } from './connection-settings.ts';
import { identitySettings } from './identity-settings.ts';
import { laneSettings } from './lane-settings.ts';
import { limitSettings } from './limit-settings.ts';
import { regionSettings } from './region-settings.ts';
import { redacting, secretFileSettings, withSecretFiles } from './secret-settings.ts';
import { tlsSettings } from './tls-settings.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const url = z.url();
const addresses = z
  .string()
  .regex(/^[^\s,]+(,[^\s,]+)*$/, 'addresses, separated by commas')
  .transform((text) => text.split(','));
const dataCentre = z.string().regex(/^[\w-]+$/, 'the name of a data centre');
const replication = z
  .string()
  .regex(/^[\w-]+:[1-9](,[\w-]+:[1-9])*$/, 'data centres and copies, such as eu:3,us:3')
  .transform((text): Record<string, number> => {
    const pairs = text.split(',').map((pair) => pair.split(':'));
    return Object.fromEntries(pairs.map(([name, copies]) => [name, Number(copies)]));
  });

const subgraphUrls = z
  .string()
  .optional()
  .transform((text, context): Record<string, string> | undefined => {
    if (text === undefined) return undefined;
    const pairs = text.split(',');
    const urls = pairs.map((pair) => /^([\w-]+)=(https?:\/\/.+)$/.exec(pair)?.slice(1) ?? []);
    if (urls.some(([, address = '']) => !URL.canParse(address))) {
      context.addIssue('names and URLs, such as ratings=http://ratings:4000/graphql, by commas');
    }
    return Object.fromEntries(urls);
  });

/** Every setting: a default that runs on a laptop, the unit in the name, a bound, a sentence. */
export const settings = z.object({
  NODE_ENV: z
    .enum(['development', 'production', 'test'])
    .default('development')
    .describe(
      'Outside production a signing key is made on first start, /demo and GraphiQL are served.',
    ),
  HOST: z
    .string()
    .min(1)
    .optional()
    .describe('Address to listen on. Default 127.0.0.1, and 0.0.0.0 in production.'),
  PORT: port.default(4000).describe('Port of the gateway; 0 takes a free one.'),
  PLAYBACK_PORT: port
    .default(4001)
    .describe('Port of the playback subgraph as a process of its own.'),
  RECOMMENDATIONS_PORT: port
    .default(4002)
    .describe('Port of the recommendations subgraph as a process of its own.'),
  CATALOG_PORT: port
    .default(4003)
    .describe('Port of the catalog subgraph as a process of its own.'),
  PLAYBACK_URL: url
    .default('http://127.0.0.1:4001/graphql')
    .describe('Where a separate gateway reaches playback.'),
  PLAYBACK_FRAMES_SOCKET: z
    .string()
    .min(1)
    .optional()
    .transform((path) => (path === undefined ? path : resolve(path)))
    .describe(
      'File on which playback speaks frames as well, and a gateway on the same machine reaches it: a UNIX socket, for the own account alone. Default: by PLAYBACK_URL.',
    ),
  RECOMMENDATIONS_URL: url
    .default('http://127.0.0.1:4002/graphql')
    .describe('Where a separate gateway reaches recommendations.'),
  CATALOG_URL: url
    .default('http://127.0.0.1:4003/graphql')
    .describe('Where a separate gateway, and recommendations, reach the catalog.'),
  SUBGRAPH_URLS: subgraphUrls.describe(
    'Where a gateway reaches subgraphs of other teams, such as `ratings=http://ratings:4000/graphql`, by commas. Default: their addresses in the supergraph.',
  ),
  SUPERGRAPH_FILE: z
    .string()
    .min(1)
    .optional()
    .transform((path) => (path === undefined ? path : resolve(path)))
    .describe(
      'Supergraph that the gateway serves, such as a contract of schema/contracts; looked at every second, and served anew once it has changed. Default: schema/supergraph.graphql.',
    ),
  DATA_DIR: z
    .string()
    .min(1)
    .default('data')
    .transform((path) => resolve(path))
    .describe('Folder of the embedded stores and of the development keys.'),
  ...connectionSettings,
  ...laneSettings,
  LOG_LEVEL: z
    .enum(['silent', 'error', 'warn', 'info', 'debug'])
    .default('warn')
    .describe('Least severe level that is logged.'),
  SHUTDOWN_DELAY_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(60_000)
    .optional()
    .describe(
      'How long a process that was told to end goes on serving with /health/ready at 503, so that load balancers look elsewhere first. Default 0, and 5000 in production.',
    ),
  DRAIN_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(60_000)
    .optional()
    .describe(
      'After that, the time over which live connections are closed, each at a random moment, so that clients do not come back all at once. Default 0, and 5000 in production.',
    ),
  METRICS_PORT: port
    .default(9464)
    .describe(
      'In production the gateway answers GET /metrics on this port, 0 a free one, and never on its public one. In development it does on PORT. A subgraph process does on its own port, which only gateways and operators reach.',
    ),
  METRICS_HOST: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address of METRICS_PORT; 0.0.0.0 for a Prometheus on another machine.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      'OpenTelemetry collector that takes traces (OTLP over HTTP, as JSON), such as http://127.0.0.1:4318. Default: nothing is traced.',
    ),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe(
      'Share of the traces beginning here that are recorded; of those that a client began, the ones it records.',
    ),
  ...identitySettings,
  REDIS_URL: z
    .url({ protocol: /^rediss?$/ })
    .optional()
    .describe('One Redis (7 or later) as hot store and event stream. Default: in process.'),
  REDIS_CLUSTER_NODES: z
    .string()
    .regex(/^[^\s,]+(,[^\s,]+)*$/)
    .transform((nodes) => nodes.split(','))
    .optional()
    .describe('A Redis Cluster instead: some of its nodes as `host:port` or URLs, by commas.'),
  REDIS_COMMAND_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(10)
    .max(10_000)
    .default(150)
    .describe('A Redis that takes longer to answer counts as down for that request.'),
  ...regionSettings,
  PLAYBACK_PARTITIONS: z.coerce
    .number()
    .int()
    .min(1)
    .max(4_096)
    .default(16)
    .describe('Partitions of the hot store; fixed once installed.'),
  PLAYBACK_WRITE_BEHIND_MS: z.coerce
    .number()
    .int()
    .min(50)
    .max(300_000)
    .optional()
    .describe(
      'Longest time an accepted plain heartbeat exists only in the hot store. Default: 30000 with Redis, which outlives the process; else 2000.',
    ),
  PLAYBACK_HEARTBEAT_MS: z.coerce
    .number()
    .int()
    .min(1_000)
    .max(60_000)
    .default(5_000)
    .describe('Interval between heartbeats that players are told.'),
  RECOMMENDATIONS_MODEL: z
    .string()
    .min(1)
    .optional()
    .transform((path) => (path === undefined || path === 'none' ? path : resolve(path)))
    .describe(
      'File of the model that ranks the row, or `none`: by recency. Default: model/continue-watching.v1.json, if it is there.',
    ),
  RECOMMENDATIONS_LOG: z
    .enum(['on', 'off'])
    .default('on')
    .describe(
      'Whether rows shown and plays are logged under pseudonyms, in DATA_DIR/interactions: what models are trained on.',
    ),
  RECOMMENDATIONS_LOG_RETENTION_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(3_650)
    .default(90)
    .describe('Days that the files of that log are kept.'),
  RECOMMENDATIONS_EXPLORATION: z.coerce
    .number()
    .min(0)
    .max(0.2)
    .default(0.01)
    .describe(
      'Share of visits in which two neighbours in places 2 to 5 of the row are swapped, to learn what a place is worth; none where nothing is logged.',
    ),
  CASSANDRA_CONTACT_POINTS: addresses
    .optional()
    .describe(
      'Cassandra nodes of this region, `host` or `host:port` (one port for all), by commas: the durable store is there, after `npm run migrate`. Default: a file in DATA_DIR.',
    ),
  CASSANDRA_LOCAL_DC: dataCentre
    .optional()
    .describe('Their data centre. Required with CASSANDRA_CONTACT_POINTS.'),
  CASSANDRA_REMOTE_CONTACT_POINTS: addresses
    .optional()
    .describe('Nodes of another region, read when this region does not answer.'),
  CASSANDRA_REMOTE_DC: dataCentre
    .optional()
    .describe('Their data centre. Required with CASSANDRA_REMOTE_CONTACT_POINTS.'),
  CASSANDRA_KEYSPACE: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,47}$/, 'a lower-case letter, then letters, digits, underscores')
    .default('playhead')
    .describe('Keyspace of the durable store.'),
  CASSANDRA_REPLICATION: replication
    .optional()
    .describe(
      'Copies of each profile by data centre, such as `eu:3,us:3`: what `npm run migrate` makes the keyspace with.',
    ),
  CASSANDRA_USERNAME: z
    .string()
    .min(1)
    .optional()
    .describe('Login of a cluster that asks for one.'),
  CASSANDRA_PASSWORD: z.string().min(1).optional().describe('Required with CASSANDRA_USERNAME.'),
  ...limitSettings,
  ...secretFileSettings,
  ...tlsSettings,
});

export type Config = Readonly<z.output<typeof settings>> & {
  readonly HOST: string;
  readonly PLAYBACK_WRITE_BEHIND_MS: number;
  readonly SHUTDOWN_DELAY_MS: number;
  readonly DRAIN_MS: number;
};

/**
 * Between two durable writes of a moving playhead: 30 s protect the database where the hot store
 * outlives the process; a hot store inside it dies with it, and 2 s is what that may cost.
 */
const writeBehindMs = { redis: 30_000, embedded: 2_000 };

/** In production others send traffic here, and must see that it ends; elsewhere nobody waits for it. */
const endingMs = { production: 5_000, elsewhere: 0 };

/** Bad configuration: one line a problem. The process exits with 78 (EX_CONFIG). */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** The gateway's runtime reads LOG_LEVEL as well, and ends the process at a level that only we know. */
export function hideFromLibraries(): void {
  delete process.env.LOG_LEVEL;
}

/**
 * Parses the environment once, at start; the frozen result is passed down.
 *
 * Errors: ConfigError naming every wrong or missing key at once.
 */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const given = withSecretFiles(environment);
  const parsed = settings.safeParse(given.environment);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw unusable([...given.problems, ...lines]);
  }
  const isProduction = parsed.data.NODE_ENV === 'production';
  const problems = [...given.problems, ...problemsOf(parsed.data)];
  if (problems.length > 0) throw unusable(problems);
  const HOST = parsed.data.HOST ?? (isProduction ? '0.0.0.0' : '127.0.0.1');
  const PLAYBACK_WRITE_BEHIND_MS =
    parsed.data.PLAYBACK_WRITE_BEHIND_MS ?? writeBehindMs[hotTierOf(parsed.data)];
  const endMs = endingMs[isProduction ? 'production' : 'elsewhere'];
  const { SHUTDOWN_DELAY_MS = endMs, DRAIN_MS = endMs } = parsed.data;
  const decided = { HOST, PLAYBACK_WRITE_BEHIND_MS, SHUTDOWN_DELAY_MS, DRAIN_MS };
  return Object.freeze(redacting({ ...parsed.data, ...decided }));
}

function unusable(problems: readonly string[]): ConfigError {
  return new ConfigError(`Configuration is not usable:\n  ${problems.join('\n  ')}`);
}

function hotTierOf(parsed: z.output<typeof settings>): 'redis' | 'embedded' {
  const { REDIS_URL: url, REDIS_CLUSTER_NODES: nodes } = parsed;
  return url === undefined && nodes === undefined ? 'embedded' : 'redis';
}
