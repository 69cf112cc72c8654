import { setTimeout as delay } from 'node:timers/promises';
import { HttpConnection } from './connection.ts';
import { type Outcome, type Play, Plays } from './plays.ts';
import { createRequests, type Dialect, type Requests } from './requests.ts';
import { SocketConnection } from './socket-connection.ts';
import { type Beat, benchProfiles, type ProfileRange } from './workload.ts';

/** What the benchmark tells this process to do; each is answered by one message. */
export type LoadOrder =
  | {
      kind: 'connect';
      candidate: string;
      dialect: Dialect;
      url: string;
      connections: number;
      range: ProfileRange;
      dataDir: string;
      /** @default HTTP */
      onSocket?: { everyMs: number };
      /** @default 1: heartbeats in each request. */
      batch?: number;
    }
  /** Before a load that is measured: opening connections is not what is measured. */
  | { kind: 'open'; candidate: string }
  /**
   * Until so many requests were answered, or so long and `requestsMin` were; what is under way then is waited
   * for.
   */
  | {
      kind: 'load';
      candidate: string;
      requests?: number;
      durationMs?: number;
      requestsMin?: number;
    }
  | { kind: 'model'; candidate: string };

export interface LoadReport {
  requests: number;
  durationMs: number;
  outcomes: Record<Outcome, number>;
  /** Requests that were asked again because the server said so. */
  retries: number;
  /** Answers that a right merge would not have given. */
  wrongOutcomes: number;
  latencyMsP50: number;
  latencyMsP99: number;
  /** Of this process, for each request: what the machine spent on asking. */
  clientCpuUs: number;
}

export type LoadAnswer =
  | { kind: 'connected' }
  | { kind: 'opened' }
  | { kind: 'loaded'; report: LoadReport }
  | { kind: 'model'; inForce: Beat[] }
  | { kind: 'failed'; message: string };

interface Target {
  at: { host: string; port: number };
  requests: Requests;
  /** One for each connection: the profiles that it alone writes to. */
  lanes: Lane[];
  /** Outcomes of a store that does not compare say nothing. */
  isJudged: boolean;
  batch: number;
  onSocket: { everyMs: number } | undefined;
  /** Those of the load to come; its end closes them. */
  opened: Connection[];
}

interface Lane {
  /** A socket is of one profile: one of these at a time, by turns. A request names its own: one with all. */
  plays: Plays[];
  profileIds: string[];
  turn: number;
}

interface Connection {
  ask(request: string): Promise<{ status: number; body: string }>;
  close(): void;
}

interface Round {
  target: Target;
  left: number;
  sent: number;
  sentMin: number;
  endMs: number;
  latenciesMs: number[];
  retries: number;
  outcomes: Record<Outcome, number>;
  wrongOutcomes: number;
}

const triesMax = 5;

const targets = new Map<string, Target>();

async function connectTo(order: LoadOrder & { kind: 'connect' }): Promise<LoadAnswer> {
  const { candidate, dialect, connections, dataDir, onSocket, batch = 1 } = order;
  const { host, hostname, port } = new URL(order.url);
  const profiles = benchProfiles(order.range);
  const requests = await createRequests(dialect, { host, profiles, dataDir });
  const lanes = Array.from({ length: connections }, (_, lane): Lane => {
    const own = profiles.filter((__, index) => index % connections === lane);
    const plays = onSocket === undefined ? [new Plays(own)] : own.map((one) => new Plays([one]));
    return { plays, profileIds: own.map(({ profileId }) => profileId), turn: 0 };
  });
  const at = { host: hostname, port: Number(port) };
  const isJudged = dialect !== 'naive';
  targets.set(candidate, { at, requests, lanes, isJudged, batch, onSocket, opened: [] });
  return { kind: 'connected' };
}

/** Anew for each turn: a server closes connections that are idle while others have theirs. */
async function open(target: Target): Promise<void> {
  target.opened = await Promise.all(
    target.lanes.map((lane): Promise<Connection> => {
      if (target.onSocket === undefined) return HttpConnection.open(target.at);
      lane.turn = (lane.turn + 1) % lane.plays.length;
      const profileId = lane.profileIds[lane.turn] as string;
      const token = target.requests.onSocket?.tokenOf(profileId) as string;
      return SocketConnection.open({ ...target.at, token });
    }),
  );
}

async function load(order: LoadOrder & { kind: 'load' }): Promise<LoadAnswer> {
  const target = targetOf(order.candidate);
  if (target.opened.length === 0) await open(target);
  const connections = target.opened;
  target.opened = [];
  const startMs = performance.now();
  const cpu = process.cpuUsage();
  const round: Round = {
    target,
    left: order.requests ?? Number.POSITIVE_INFINITY,
    sent: 0,
    sentMin: order.requestsMin ?? 0,
    endMs: startMs + (order.durationMs ?? Number.POSITIVE_INFINITY),
    latenciesMs: [],
    retries: 0,
    outcomes: { ACCEPTED: 0, SUPERSEDED: 0, DUPLICATE: 0 },
    wrongOutcomes: 0,
  };
  await Promise.all(
    target.lanes.map((lane, index) => drive(round, connections[index] as Connection, lane)),
  );
  const { user, system } = process.cpuUsage(cpu);
  for (const connection of connections) connection.close();
  const sorted = Float64Array.from(round.latenciesMs).sort();
  const requests = sorted.length;
  const report = {
    requests,
    durationMs: performance.now() - startMs,
    outcomes: round.outcomes,
    retries: round.retries,
    wrongOutcomes: round.wrongOutcomes,
    latencyMsP50: sorted[Math.floor(requests * 0.5)] ?? 0,
    latencyMsP99: sorted[Math.floor(requests * 0.99)] ?? 0,
    clientCpuUs: (user + system) / requests,
  };
  return { kind: 'loaded', report };
}

/** One request after the other, as a device does. */
async function drive(round: Round, connection: Connection, lane: Lane): Promise<void> {
  const { batch, onSocket } = round.target;
  const plays = lane.plays[lane.turn] as Plays;
  const textOf = textsOf(round.target);
  while (round.left > 0) {
    const sentMs = performance.now();
    if (sentMs >= round.endMs && round.sent >= round.sentMin) return;
    round.left -= 1;
    round.sent += 1;
    const play: Play = batch === 1 ? plays.next() : plays.nextBatch(batch);
    const { answer, isFirst } = await askAgain(round, connection, textOf(play.batch));
    const outcome = judge(round, { ...play, isFirst }, answer);
    const tookMs = performance.now() - sentMs;
    round.latenciesMs.push(tookMs);
    round.outcomes[outcome] += 1;
    plays.acknowledge(play);
    if (onSocket !== undefined && tookMs < onSocket.everyMs) await delay(onSocket.everyMs - tookMs);
  }
}

function textsOf({ onSocket, requests }: Target): Requests['of'] {
  const textOf = onSocket === undefined ? requests.of : requests.onSocket?.payloadOf;
  if (textOf === undefined) throw new Error('It takes no sockets.');
  return textOf;
}

/** As the SDK does when a server says that it may: one that is cold, on a machine that has no time, is late. */
async function askAgain(round: Round, connection: Connection, text: string) {
  for (let tries = 1; ; tries += 1) {
    const answer = await connection.ask(text);
    if (tries === triesMax || !answer.body.includes('"retryable":true')) {
      return { answer, isFirst: tries === 1 };
    }
    round.retries += 1;
  }
}

function judge(
  round: Round,
  play: Play & { isFirst: boolean },
  answer: { status: number; body: string },
): Outcome {
  const { requests, isJudged } = round.target;
  if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.body}`);
  const outcome = requests.outcomeIn(answer.body);
  // What was asked twice may have been done the first time.
  if (isJudged && play.isFirst && outcome !== play.expected) round.wrongOutcomes += 1;
  return outcome;
}

function targetOf(candidate: string): Target {
  const target = targets.get(candidate);
  if (target === undefined) throw new Error(`Not connected to ${candidate}.`);
  return target;
}

async function obey(order: LoadOrder): Promise<LoadAnswer> {
  if (order.kind === 'connect') return connectTo(order);
  if (order.kind === 'load') return load(order);
  const target = targetOf(order.candidate);
  if (order.kind === 'open') {
    await open(target);
    return { kind: 'opened' };
  }
  const plays = target.lanes.flatMap((lane) => lane.plays);
  return { kind: 'model', inForce: plays.flatMap((each) => each.inForce()) };
}

if (import.meta.main) {
  process.on('message', (order: LoadOrder) => {
    void obey(order)
      .catch((error: Error) => ({ kind: 'failed', message: String(error.stack) }) as const)
      .then((answer) => process.send?.(answer));
  });
  // Whoever started this is gone: so is the reason to run.
  process.on('disconnect', () => process.exit());
}
