import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, policies } from 'cassandra-driver';
import { addressOf, type Region } from '../../stores/cassandra/connection.ts';
import { cassandraJars } from './cassandra-jars.ts';
import { javaArguments, moduleFlags } from './cassandra-java.ts';
import { endWith } from './end-with.ts';
import { FaultProxy } from './fault-proxy.ts';
import { removeFolder } from './remove-folder.ts';
import { until } from './until.ts';

const run = promisify(execFile);

/** One node of a cluster of our own. */
export interface CassandraNode {
  region: Region;
  /** Between it and all other nodes and regions, where that was wanted: what they send it, and ask of it. */
  readonly links: CassandraLinks | null;
  readonly pid: number;
  signal(name: NodeJS.Signals): void;
  /** SIGKILL; returns when the process is gone. */
  kill9(): Promise<void>;
  /** Starts it again on its port and its files; returns when it listens. */
  start(): Promise<void>;
  /** Returns when this node, since it started, has learnt last of every other one that it is in this state. */
  untilOthersAre(state: 'UP' | 'DOWN'): Promise<void>;
  /** Returns when this node knows every other one's share: one that is up may be of no data centre for it yet. */
  untilOthersHaveJoined(): Promise<void>;
  /** What an operator runs beside it, such as `rebuild -- eu`; answers what it printed. */
  nodetool(...argv: string[]): Promise<string>;
}

export interface CassandraLinks {
  /** What other nodes send it: writes, hints, gossip. Nodes open a connection for each direction. */
  nodes: FaultProxy;
  /** Where clients of other regions reach it. */
  clients: FaultProxy;
  /** The address that clients of other regions are told, as `host:port`. */
  contactPoint: string;
}

export interface CassandraCluster {
  nodes: CassandraNode[];
  /** Kills the nodes and removes their files. */
  stop(): Promise<void>;
}

/** The first node takes 8 s and each further one 7 s where nothing else runs. */
const startDeadlineMs = 150_000;

/**
 * Starts a real Cassandra: a node for each name of a data centre, on 127.0.0.1, 127.0.0.2, …
 *
 * `keeperPid`: the nodes end when this process has ended, however it did. Default: this one.
 * `parentDir`: where the files are until `stop`. Default: the system's.
 */
export async function startCassandra(options: {
  dataCentres: readonly string[];
  /** Of these, the ones whose node joins later, once it is told to start. Default: none. */
  late?: readonly string[];
  keeperPid?: number;
  parentDir?: string;
  /** Of cassandra.yaml, on top of ours. */
  settings?: string;
  /** What is acknowledged is on disk: a node that is killed comes back with it. Default: but for the last 10 s. */
  isSyncedAtOnce?: boolean;
  /** Each node tells the others another address than its own, and behind that is a proxy. */
  isProxied?: boolean;
  /** Its code is optimised as in production, for which it takes up to twice the processor time to start. */
  isMeasured?: boolean;
}): Promise<CassandraCluster> {
  const jars = await cassandraJars();
  const folder = await mkdtemp(join(options.parentDir ?? tmpdir(), 'playhead-cassandra-'));
  const { isProxied = false, isSyncedAtOnce = false, isMeasured = false } = options;
  const { late = [], keeperPid, settings } = options;
  const addresses = options.dataCentres.map((_, index) => `127.0.0.${index + 1}`);
  const told = isProxied
    ? addresses.map((address) => address.replace('.0.0.', '.0.1.'))
    : addresses;
  const [native, storage] = await freePorts([...new Set([...addresses, ...told])], 2);
  const ports = { native, storage } as Ports;
  const nodes: NodeProcess[] = [];
  const stop = async () => {
    for (const node of nodes) await node.close();
    await removeFolder(folder);
  };
  try {
    for (const [index, name] of options.dataCentres.entries()) {
      const place = { address: addresses[index]!, told: told[index]!, ports };
      const links = isProxied ? await openLinks(place) : null;
      const node = new NodeProcess({
        ...{ ...place, links, jars, name, keeperPid, isSyncedAtOnce, isMeasured, settings },
        folder: join(folder, String(index)),
        others: told.filter((other) => other !== place.told),
        // Any of them may have to start while it sees no other one.
        seeds: isProxied ? told : told.slice(0, 1),
      });
      nodes.push(node);
      await node.open({ isLate: late.includes(name) });
    }
    for (const node of late.length === 0 ? nodes : []) {
      await node.untilOthersAre('UP');
      await node.untilOthersHaveJoined();
    }
    return { nodes, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Ports {
  native: number;
  storage: number;
}

/** Where a node listens, and where the others find it. */
interface NodePlace {
  address: string;
  told: string;
  ports: Ports;
}

interface NodeOptions extends NodePlace {
  folder: string;
  jars: string;
  name: string;
  links: CassandraLinks | null;
  others: readonly string[];
  seeds: readonly string[];
  keeperPid: number | undefined;
  isSyncedAtOnce: boolean;
  isMeasured: boolean;
  settings: string | undefined;
}

async function openLinks({ address, told, ports }: NodePlace): Promise<CassandraLinks> {
  const open = (port: number) => FaultProxy.open({ host: address, port }, { host: told, port });
  const nodes = await open(ports.storage);
  const clients = await open(ports.native);
  return { nodes, clients, contactPoint: `${told}:${ports.native}` };
}

class NodeProcess implements CassandraNode {
  readonly region: Region;
  readonly links: CassandraLinks | null;
  readonly #options: NodeOptions;
  readonly #logFile: string;
  #child: ChildProcess | undefined;
  #jmxPort = 0;

  constructor(options: NodeOptions) {
    const { folder, name, address, ports, links } = options;
    this.#options = options;
    this.links = links;
    this.region = { dataCentre: name, contactPoints: [`${address}:${ports.native}`] };
    this.#logFile = join(folder, 'log');
  }

  get pid(): number {
    return this.#child!.pid!;
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  async kill9(): Promise<void> {
    const child = this.#child;
    if (child === undefined || hasEnded(child)) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    child.ref();
    await ended;
  }

  async open({ isLate }: { isLate: boolean }): Promise<void> {
    await writeConfiguration(this.#options);
    if (!isLate) await this.start();
  }

  async close(): Promise<void> {
    await this.kill9();
    await this.links?.nodes.close();
    await this.links?.clients.close();
  }

  async start(): Promise<void> {
    const { folder, jars, name, keeperPid, isMeasured } = this.#options;
    const [jmxPort] = await freePorts(['127.0.0.1'], 1);
    this.#jmxPort = jmxPort!;
    const log = openSync(this.#logFile, 'w');
    const child = spawn('java', javaArguments({ folder, jars, jmxPort: jmxPort!, isMeasured }), {
      cwd: folder,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#child = child;
    child.unref();
    await once(child, 'spawn');
    endWith(keeperPid ?? process.pid, child.pid!);
    try {
      await until(() => this.#listens(child), {
        what: `Cassandra in ${name} listens`,
        deadlineMs: startDeadlineMs,
      });
    } catch (cause) {
      await this.kill9();
      const told = whatMatters(await this.#log());
      throw new Error(`Cassandra in ${name} did not start; it wrote:\n${told}`, { cause });
    }
  }

  async untilOthersAre(state: 'UP' | 'DOWN'): Promise<void> {
    const { told, others, ports } = this.#options;
    await until(
      async () => {
        const log = await this.#log();
        return others.every((other) => {
          const news = log.split(`InetAddress /${other}:${ports.storage} is now `);
          return news.length > 1 && news.at(-1)!.startsWith(state);
        });
      },
      { what: `Cassandra at ${told} has the others ${state}`, deadlineMs: startDeadlineMs },
    );
  }

  async untilOthersHaveJoined(): Promise<void> {
    const { told, others } = this.#options;
    if (others.length === 0) return;
    const { RoundRobinPolicy, AllowListPolicy } = policies.loadBalancing;
    // This node alone: each has its own picture of the others.
    const alone = new AllowListPolicy(new RoundRobinPolicy(), [...this.region.contactPoints]);
    const client = new Client({ ...addressOf(this.region), policies: { loadBalancing: alone } });
    try {
      await until(
        async () => {
          const { rows } = await client.execute('SELECT tokens FROM system.peers_v2');
          return rows.filter(({ tokens }) => tokens?.length > 0).length === others.length;
        },
        { what: `Cassandra at ${told} knows what the others have`, deadlineMs: startDeadlineMs },
      );
    } finally {
      await client.shutdown();
    }
  }

  async nodetool(...argv: string[]): Promise<string> {
    const { folder, jars } = this.#options;
    // It keeps a history of its commands at home.
    const java = [...moduleFlags(), `-Duser.home=${folder}`, '-cp', `${folder}/conf:${jars}/*`];
    const tool = ['org.apache.cassandra.tools.NodeTool', '-p', String(this.#jmxPort)];
    const { stdout } = await run('java', [...java, ...tool, ...argv], { cwd: folder });
    return stdout;
  }

  async #listens(child: ChildProcess): Promise<boolean> {
    if (hasEnded(child)) throw new Error('The process ended.');
    const { address, ports } = this.#options;
    const isAnnounced = (await this.#log()).includes('listening for CQL clients');
    return isAnnounced && (await isListening({ host: address, port: ports.native }));
  }

  #log(): Promise<string> {
    return readFile(this.#logFile, 'utf8');
  }
}

/** The first error with what follows it, and the end. */
function whatMatters(log: string): string {
  const error = log.search(/^ERROR |^Exception|Exception: /m);
  const first = error < 0 ? '' : `${log.slice(error, error + 3_000)}\n[…]\n`;
  return `${first}${log.slice(-1_000)}`;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Ports that are free on all of the addresses. */
async function freePorts(addresses: readonly string[], count: number): Promise<number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const [first, ...others] = addresses;
    const port = await listenOnce(first!, 0);
    const ports = await Promise.all(others.map((host) => listenOnce(host, port).catch(() => null)));
    if (ports.every((one) => one === port)) found.add(port);
  }
  return [...found];
}

async function listenOnce(host: string, port: number): Promise<number> {
  const server = createServer();
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return address.port;
}

/** The log announces the port shortly before it opens. */
async function isListening(address: { host: string; port: number }): Promise<boolean> {
  const socket = connect(address);
  const isOpen = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return isOpen;
}

async function writeConfiguration(options: NodeOptions): Promise<void> {
  const { folder, name } = options;
  await mkdir(join(folder, 'conf'), { recursive: true });
  const write = (file: string, text: string) => writeFile(join(folder, 'conf', file), text);
  await write('cassandra.yaml', settingsOf(options));
  await write('cassandra-rackdc.properties', `dc=${name}\nrack=r1\n`);
  await write(
    'logback.xml',
    `<configuration>
       <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
         <encoder><pattern>%-5level %date{HH:mm:ss,SSS} %logger{0} %msg%n</pattern></encoder>
       </appender>
       <root level="INFO"><appender-ref ref="OUT"/></root>
     </configuration>`,
  );
}

function settingsOf(options: NodeOptions): string {
  const { folder, address, told, ports, settings = '' } = options;
  const seeds = options.seeds.map((seed) => `${seed}:${ports.storage}`).join(',');
  const commitLog = options.isSyncedAtOnce
    ? 'commitlog_sync: batch'
    : 'commitlog_sync: periodic\ncommitlog_sync_period: 10000ms';
  return `
cluster_name: playhead-test
num_tokens: 8
partitioner: org.apache.cassandra.dht.Murmur3Partitioner
listen_address: ${address}
broadcast_address: ${told}
rpc_address: ${address}
broadcast_rpc_address: ${told}
native_transport_port: ${ports.native}
storage_port: ${ports.storage}
endpoint_snitch: GossipingPropertyFileSnitch
# Nobody has data yet to give to a node that joins; and one that asks for some while it does not see the
# others yet ends with an error.
auto_bootstrap: false
${commitLog}
auto_snapshot: false
memtable_heap_space: 64MiB
concurrent_reads: 8
concurrent_writes: 8
data_file_directories: ['${folder}/data']
commitlog_directory: ${folder}/commitlog
cdc_raw_directory: ${folder}/cdc
hints_directory: ${folder}/hints
saved_caches_directory: ${folder}/caches
seed_provider:
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters: [{ seeds: '${seeds}' }]
${settings}`;
}
