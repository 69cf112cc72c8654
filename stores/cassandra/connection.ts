import { Client, policies, types } from 'cassandra-driver';
import { StoreUnreachable } from '../faults.ts';
import type { TlsOptions } from '../tls.ts';
import { oneRefreshAtATime } from './control-connection.ts';
import { isInvalid, retryAfterMs, SchemaMismatch, translated } from './faults.ts';

/**
 * One region of the cluster: its name for the data centre, and some of its nodes as `host` or
 * `host:port`; all of its nodes listen on the first one's port.
 */
export interface Region {
  dataCentre: string;
  contactPoints: readonly string[];
}

export interface Login {
  username: string;
  password: string;
}

export interface ConnectionOptions {
  region: Region;
  keyspace: string;
  /** Null for a cluster that asks for no password. */
  login: Login | null;
  /** Default: the link is not encrypted. */
  tls?: TlsOptions | undefined;
  patience: Patience;
}

/** How long a hung cluster may keep a caller waiting. */
export interface Patience {
  /** For a connection. */
  connectMs: number;
  /** For one answer of one node. */
  answerMs: number;
  /** For all attempts of one operation together. */
  operationMs: number;
}

/** A cluster's client that connects when it is first used, and again after every failed attempt. */
export interface Connection {
  /**
   * Runs `work` with the connected client.
   *
   * Errors: as `translated` says; SchemaMismatch while `check` finds another keyspace than it wants.
   * Cost: at most `patience.operationMs`, and as long again for connecting first, whatever the cluster does.
   */
  use<Result>(what: string, work: (client: Client) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/**
 * What a viewer waits. A TCP handshake: the longest round trip on Earth is some 300 ms. A healthy node answers within 1 to 50 ms; the driver's own 12 s would keep every
 * viewer of a hung node waiting for as long. All attempts together: two nodes, and some slack.
 */
export const viewersPatience: Patience = { connectMs: 500, answerMs: 800, operationMs: 2_000 };
/** After a failed attempt to connect, others fail at once for as long, instead of piling up. */
const reconnectAfterMs = 500;
/** First and longest pause before the driver tries a lost node again (jittered). */
const reconnectionMs = { first: 100, longest: 2_000 };
/** A connection that was idle for as long is probed, so that a hung node is noticed between reads. */
const heartbeatMs = 5_000;
/** A read that a healthy node would have answered by now is asked of a second one. */
const speculateAfterMs = 50;

/**
 * Opens a connection to the nodes of one data centre. Nothing waits here: a cluster that is down
 * when the process starts must not keep the process down.
 *
 * Shape: `check` is asked once per connected client, before anything else may use it; while it
 * rejects, nothing may.
 */
export function openConnection(
  options: ConnectionOptions,
  check: (client: Client) => Promise<void> = async () => {},
): Connection {
  let connected: Promise<Client> | null = null;
  const { operationMs } = options.patience;
  let isClosed = false;

  function client(): Promise<Client> {
    if (isClosed) return Promise.reject(new Error('The connection was closed.'));
    if (connected !== null) return connected;
    const attempt = connect(options, check);
    connected = attempt;
    attempt.catch(() => {
      setTimeout(() => {
        if (connected === attempt) connected = null;
      }, reconnectAfterMs).unref();
    });
    return attempt;
  }

  return {
    async use(what, work) {
      const open = await within(operationMs, client()).catch(unreachable);
      return translated(what, () => within(operationMs, work(open)));
    },
    async close() {
      isClosed = true;
      const open = await connected?.catch(() => null);
      await open?.shutdown();
    },
  };
}

async function connect(
  options: ConnectionOptions,
  check: (client: Client) => Promise<void>,
): Promise<Client> {
  const client = createClient(options);
  oneRefreshAtATime(client);
  try {
    await client.connect();
    await check(client);
    return client;
  } catch (error) {
    await client.shutdown();
    if (!isInvalid(error)) throw error;
    throw new SchemaMismatch(
      `Keyspace ${options.keyspace} is not usable: \`npm run migrate\` makes it.`,
      { cause: error },
    );
  }
}

function createClient(options: ConnectionOptions): Client {
  const { region, keyspace, login, tls, patience } = options;
  return new Client({
    applicationName: 'playhead',
    ...addressOf(region),
    keyspace,
    ...(login === null ? {} : { credentials: login }),
    ...(tls === undefined ? {} : { sslOptions: tls }),
    // A version's first 16 digits are beyond the numbers that JavaScript counts exactly.
    encoding: { useBigIntAsLong: true },
    queryOptions: {
      prepare: true,
      // True of every statement here: a register's write time is its version's, so nothing is newer
      // for being repeated.
      isIdempotent: true,
      consistency: types.consistencies.localQuorum,
    },
    policies: {
      reconnection: new policies.reconnection.ExponentialReconnectionPolicy(
        reconnectionMs.first,
        reconnectionMs.longest,
        true,
      ),
      retry: new OneMoreNode(),
      speculativeExecution: readsTwice,
    },
    pooling: { heartBeatInterval: heartbeatMs },
    socketOptions: { readTimeout: patience.answerMs, connectTimeout: patience.connectMs },
    monitorReporting: { enabled: false },
  });
}

/** Cassandra's own. */
const defaultPort = 9_042;

/**
 * Where the driver finds a region. It learns the other nodes' addresses from the first one, and takes
 * for granted that they all listen on one port: without it, a contact point's own would be the only
 * node that it ever reaches.
 */
export function addressOf({ contactPoints, dataCentre }: Region) {
  const port = /^(?:[^:]+|\[.+\]):(\d+)$/.exec(contactPoints[0] ?? '')?.[1];
  return {
    contactPoints: [...contactPoints],
    localDataCenter: dataCentre,
    protocolOptions: { port: port === undefined ? defaultPort : Number(port) },
  };
}

/** The driver would ask every node in turn: in a hung data centre each costs `answerMs`. */
class OneMoreNode extends policies.retry.RetryPolicy {
  override onRequestError(
    info: policies.retry.OperationInfo,
    consistency: types.consistencies,
  ): policies.retry.DecisionInfo {
    return info.nbRetry > 0 ? this.rethrowResult() : this.retryResult(consistency, false);
  }
}

/**
 * A slow read is asked of one more node; a slow write is not, because a node that is slow under load
 * would get twice the load. All writes are batches: the driver hands those over as a list.
 */
const readsTwice: policies.speculativeExecution.SpeculativeExecutionPolicy = {
  init() {},
  shutdown() {},
  getOptions: () => new Map(),
  newPlan(_keyspace, request) {
    const delaysMs = typeof request === 'string' ? [speculateAfterMs] : [];
    return { nextExecution: () => delaysMs.shift() ?? -1 };
  },
};

/** Whatever keeps a client from connecting, it is not the fault of the values that wait for it. */
function unreachable(cause: unknown): never {
  if (cause instanceof SchemaMismatch) throw cause;
  throw new StoreUnreachable('Cassandra is not reachable.', { cause, retryAfterMs });
}

async function within<Result>(limitMs: number, work: Promise<Result>): Promise<Result> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`No answer within ${limitMs} ms.`)), limitMs);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
