import { HttpConnection } from './connection.ts';
import { type Outcome, type Play, Plays } from './plays.ts';
import { createRequests, type Dialect, type Requests } from './requests.ts';
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
    }
  /** Until so many requests were answered, or so long; what is under way then is waited for. */
  | { kind: 'load'; candidate: string; requests?: number; durationMs?: number }
  | { kind: 'model'; candidate: string };

export interface LoadReport {
  requests: number;
  durationMs: number;
  outcomes: Record<Outcome, number>;
  /** Answers that a right merge would not have given. */
  wrongOutcomes: number;
  latencyMsP50: number;
  latencyMsP99: number;
  /** Of this process, for each request: what the machine spent on asking. */
  clientCpuUs: number;
}

export type LoadAnswer =
  | { kind: 'connected' }
  | { kind: 'loaded'; report: LoadReport }
  | { kind: 'model'; inForce: Beat[] }
  | { kind: 'failed'; message: string };

interface Target {
  at: { host: string; port: number };
  requests: Requests;
  /** One for each connection: the profiles that it alone writes to. */
  lanes: Plays[];
  /** Outcomes of a store that does not compare say nothing. */
  isJudged: boolean;
}

interface Round {
  target: Target;
  left: number;
  endMs: number;
  latenciesMs: number[];
  outcomes: Record<Outcome, number>;
  wrongOutcomes: number;
}

const targets = new Map<string, Target>();

async function connectTo(order: LoadOrder & { kind: 'connect' }): Promise<LoadAnswer> {
  const { candidate, dialect, connections, dataDir } = order;
  const { host, hostname, port } = new URL(order.url);
  const profiles = benchProfiles(order.range);
  const requests = await createRequests(dialect, { host, profiles, dataDir });
  const lanes = Array.from(
    { length: connections },
    (_, lane) => new Plays(profiles.filter((__, index) => index % connections === lane)),
  );
  const at = { host: hostname, port: Number(port) };
  targets.set(candidate, { at, requests, lanes, isJudged: dialect !== 'naive' });
  return { kind: 'connected' };
}

async function load(order: LoadOrder & { kind: 'load' }): Promise<LoadAnswer> {
  const target = targetOf(order.candidate);
  // Anew for each turn: a server closes connections that are idle while others have theirs.
  const connections = await Promise.all(target.lanes.map(() => HttpConnection.open(target.at)));
  const startMs = performance.now();
  const cpu = process.cpuUsage();
  const round: Round = {
    target,
    left: order.requests ?? Number.POSITIVE_INFINITY,
    endMs: startMs + (order.durationMs ?? Number.POSITIVE_INFINITY),
    latenciesMs: [],
    outcomes: { ACCEPTED: 0, SUPERSEDED: 0, DUPLICATE: 0 },
    wrongOutcomes: 0,
  };
  await Promise.all(
    target.lanes.map((plays, lane) => drive(round, connections[lane] as HttpConnection, plays)),
  );
  const { user, system } = process.cpuUsage(cpu);
  for (const connection of connections) connection.close();
  const sorted = Float64Array.from(round.latenciesMs).sort();
  const requests = sorted.length;
  const report = {
    requests,
    durationMs: performance.now() - startMs,
    outcomes: round.outcomes,
    wrongOutcomes: round.wrongOutcomes,
    latencyMsP50: sorted[Math.floor(requests * 0.5)] ?? 0,
    latencyMsP99: sorted[Math.floor(requests * 0.99)] ?? 0,
    clientCpuUs: (user + system) / requests,
  };
  return { kind: 'loaded', report };
}

/** One request after the other, as a device does. */
async function drive(round: Round, connection: HttpConnection, plays: Plays): Promise<void> {
  const { requests, isJudged } = round.target;
  while (round.left > 0) {
    const sentMs = performance.now();
    if (sentMs >= round.endMs) return;
    round.left -= 1;
    const play: Play = plays.next();
    const answer = await connection.ask(requests.of(play.beat));
    if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.body}`);
    const outcome = requests.outcomeIn(answer.body);
    round.latenciesMs.push(performance.now() - sentMs);
    round.outcomes[outcome] += 1;
    if (isJudged && outcome !== play.expected) round.wrongOutcomes += 1;
    plays.acknowledge(play);
  }
}

function targetOf(candidate: string): Target {
  const target = targets.get(candidate);
  if (target === undefined) throw new Error(`Not connected to ${candidate}.`);
  return target;
}

async function obey(order: LoadOrder): Promise<LoadAnswer> {
  if (order.kind === 'connect') return connectTo(order);
  if (order.kind === 'load') return load(order);
  const { lanes } = targetOf(order.candidate);
  return { kind: 'model', inForce: lanes.flatMap((plays) => plays.inForce()) };
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
