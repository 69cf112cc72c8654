import type { Clock } from '../../runtime/clock.ts';
import { type Config, ConfigError, readConfig } from '../../runtime/config.ts';
import { examineCassandra, examineRedis } from '../../stores/open.ts';
import { cassandraFindings } from './cassandra-findings.ts';
import { type Finding, fail, ok, reasonOf, warn } from './finding.ts';
import { otherSubgraphs, supergraph, supergraphFile } from './graph-findings.ts';
import { folderIsWritable, model, nodeVersion, portsAreFree } from './machine-findings.ts';
import { redisFindings } from './redis-findings.ts';
import { regionFindings } from './region-findings.ts';
import { tokenKeys } from './token-findings.ts';

export interface DiagnoseParts {
  clock: Clock;
  /** Of Node, such as `v24.1.0`. */
  version: string;
}

/**
 * Looks at everything that a process with this environment depends on. Nothing is changed: one file is
 * written to the data folder and removed.
 *
 * Shape: never throws for what it finds; what a bad configuration hides is left out.
 */
export async function diagnose(
  environment: NodeJS.ProcessEnv | undefined,
  { clock, version }: DiagnoseParts,
): Promise<Finding[]> {
  const machine = [await nodeVersion(version), await supergraph()];
  let config: Config;
  try {
    config = readConfig(environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const [, ...problems] = error.message.split('\n').map((line) => line.trim());
    const advice = 'Set it as `npm run -s config` says; the rest was not looked at.';
    return [...machine, ...problems.map((problem) => fail('configuration', problem, advice))];
  }
  const found = await Promise.all([
    folderIsWritable(config),
    portsAreFree(config),
    tokenKeys(config),
    model(config),
    supergraphFile(config),
    otherSubgraphs(config),
    redis(config, clock),
    regionFindings(config, clock),
    cassandra(config, 'local'),
    cassandra(config, 'remote'),
  ]);
  return [...machine, ok('configuration', config.NODE_ENV), ...found.flat()];
}

async function redis(config: Config, clock: Clock): Promise<Finding[]> {
  const name = 'redis';
  const isCluster = config.REDIS_CLUSTER_NODES !== undefined;
  const setting = isCluster ? 'REDIS_CLUSTER_NODES' : 'REDIS_URL';
  try {
    const examined = await examineRedis(config, clock);
    if (examined === null) return [embedded(name, config)];
    const addresses = examined.servers.map(({ address }) => address).join(', ');
    const answers = addresses === '' ? [] : [ok(name, `${addresses} answers`)];
    return [...answers, ...redisFindings(examined, { isCluster })];
  } catch (error) {
    const advice = `Start it, or correct ${setting}, its password and the network between: \`redis-cli -u URL ping\`.`;
    return [fail(name, reasonOf(error), advice)];
  }
}

async function cassandra(config: Config, which: 'local' | 'remote'): Promise<Finding[]> {
  const name = which === 'local' ? 'cassandra' : 'remote cassandra';
  const prefix = which === 'local' ? 'CASSANDRA' : 'CASSANDRA_REMOTE';
  try {
    const examined = await examineCassandra(config, which);
    if (examined === null) return which === 'local' ? [embedded(name, config)] : [];
    const { CASSANDRA_KEYSPACE: keyspace, CASSANDRA_REPLICATION: replication } = config;
    const answers = ok(name, `${examined.dataCentre} answers`);
    return [answers, ...cassandraFindings(examined, { keyspace, replication, name })];
  } catch (error) {
    const dataCentre = which === 'local' ? 'CASSANDRA_LOCAL_DC' : 'CASSANDRA_REMOTE_DC';
    const advice = `Start it, or correct ${prefix}_CONTACT_POINTS, ${dataCentre} (\`nodetool status\` names it) and the login.`;
    return [fail(name, reasonOf(error), advice)];
  }
}

function embedded(name: string, { NODE_ENV: mode }: Config): Finding {
  const found = 'not configured: embedded';
  if (mode !== 'production') return ok(name, found);
  const advice =
    'One process on one machine works so. For more set REDIS_URL and CASSANDRA_CONTACT_POINTS.';
  return warn(name, found, advice);
}
