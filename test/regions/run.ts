import { execFile } from 'node:child_process';
import { createInterface } from 'node:readline';
import { parseArgs, promisify } from 'node:util';
import { hasCassandraJars } from '../support/cassandra-jars.ts';
import { openRegions, type Regions } from '../support/regions.ts';
import { beatsMeasured, help, measure, obey } from './commands.ts';
import { Traveller } from './freshness.ts';

const run = promisify(execFile);

/** What the rig starts, and what brings it. */
const programs = [
  { name: 'redis-server', needs: 'Redis 7 or later (Debian: apt-get install redis-server)' },
  { name: 'redis-cli', needs: 'the tools of Redis (Debian: apt-get install redis-tools)' },
  { name: 'java', needs: 'Java 17 (Debian: apt-get install openjdk-17-jre-headless)' },
];
/** Fetches Cassandra, once. */
const fetcher = { name: 'mvn', needs: 'Maven (Debian: apt-get install maven)' };

/**
 * `npm run regions`: two regions of real servers on this machine, and lines to break them with, typed or
 * piped. `--once`: one heartbeat goes from one region to the other. `--measure`: 300 do. `--delay-ms N`:
 * the way between the regions takes so long.
 *
 * Exit codes: 0 it ended as it was told, 1 something failed, 2 it could not begin.
 */
async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      once: { type: 'boolean', default: false },
      measure: { type: 'boolean', default: false },
      'delay-ms': { type: 'string', default: '0' },
    },
  });
  const delayMs = Number(values['delay-ms']);
  if (!Number.isInteger(delayMs) || delayMs < 0) {
    return refuse('--delay-ms: whole milliseconds, 0 or more.');
  }
  const missing = await missingPrograms();
  if (missing.length > 0) return refuse(`Not here, and needed:\n${missing.join('\n')}`);
  print('Starting two Redis, two data centres of a Cassandra, two gateways: half a minute or so.');
  const regions = await openRegions({ playbackLength: 0, hasGateway: true, delayMs });
  try {
    await introduce(regions, delayMs);
    if (values.once) print(await once(regions));
    if (values.measure) print(await measure(regions, beatsMeasured));
    if (!values.once && !values.measure) await converse(regions);
    return 0;
  } finally {
    await regions.close();
  }
}

async function missingPrograms(): Promise<string[]> {
  const wanted = hasCassandraJars() ? programs : [...programs, fetcher];
  const missing: string[] = [];
  for (const { name, needs } of wanted) {
    const isThere = await run('sh', ['-c', `command -v ${name}`]).then(
      () => true,
      () => false,
    );
    if (!isThere) missing.push(`  ${name}: install ${needs}`);
  }
  return missing;
}

async function introduce(regions: Regions, delayMs: number): Promise<void> {
  for (const { name, url, redis, cassandra } of regions.all) {
    print(`\n${name}`);
    print(`  Demo       ${url}/demo/`);
    print(`  GraphQL    ${url}/graphql`);
    print(`  Token      ${url}/demo/token?profile=demo`);
    print(`  Redis      ${redis.url}`);
    print(`  Cassandra  ${cassandra.region.contactPoints[0]}, keyspace ${regions.keyspace}`);
  }
  print(`\nThe way between them takes ${delayMs} ms.`);
}

/** One heartbeat from the first region to the second. */
async function once(regions: Regions): Promise<string> {
  const [from, to] = regions.all.map(({ name }) => name) as [string, string];
  const traveller = await Traveller.begin(regions, { from, to, profileId: 'traveller' });
  const tookMs = Math.round(await traveller.freshnessMs());
  return `A heartbeat sent in ${from} was read in ${to} after ${tookMs} ms.`;
}

/** Until `quit`, Ctrl-C, or the end of the input. */
async function converse(regions: Regions): Promise<void> {
  print(`\nType one of these:\n${help}\n`);
  const lines = createInterface({ input: process.stdin });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => lines.close());
  for await (const line of lines) {
    if (line.trim() === 'quit') break;
    if (line.trim() === '') continue;
    print(await obey(regions, line).catch((error: Error) => error.message));
  }
}

function refuse(message: string): number {
  process.stderr.write(`${message}\n`);
  return 2;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
