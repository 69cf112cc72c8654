import type { LoadProcess } from './load.ts';
import type { LoadReport } from './load-client.ts';
import { idle, spreadOf } from './machine.ts';

/** Who takes part in a heartbeat; `store` is whatever is instead of Redis. */
export const parts = ['gateway', 'server', 'redis', 'store'] as const;
export type Part = (typeof parts)[number];

/** Processor time that somebody took so far, µs. */
export type Meter = () => number | Promise<number>;

export interface Contender {
  /** As the load client knows it. */
  name: string;
  heartbeatsPerRequest: number;
  meters: Partial<Record<Part, Meter>>;
  /** What it gave others to do is waited for before the next one's turn. */
  busyAfterwards?: () => number;
}

/** One contender's turn: what was answered, and what that cost each part. */
export interface Turn extends LoadReport {
  heartbeatsPerS: number;
  /** For each heartbeat; of a part that it does not have, 0. */
  cpuUs: Record<Part, number>;
}

/** Loads one contender for a while and measures what that costs everyone. */
async function takeTurn(
  load: LoadProcess,
  contender: Contender,
  { roundMs: durationMs, requestsMin }: TurnScale,
): Promise<Turn> {
  const { name: candidate, heartbeatsPerRequest, meters } = contender;
  await load.tell({ kind: 'open', candidate }, 'opened');
  const before = await readAll(meters);
  const { report } = await load.tell(
    { kind: 'load', candidate, durationMs, requestsMin },
    'loaded',
  );
  const after = await readAll(meters);
  const heartbeats = report.requests * heartbeatsPerRequest;
  const costOf = (part: Part) => (after[part] - before[part]) / heartbeats;
  const cpuUs = Object.fromEntries(parts.map((part) => [part, costOf(part)])) as Turn['cpuUs'];
  return { ...report, cpuUs, heartbeatsPerS: heartbeats / (report.durationMs / 1_000) };
}

async function readAll(meters: Contender['meters']): Promise<Record<Part, number>> {
  const readings: Record<Part, number> = { gateway: 0, server: 0, redis: 0, store: 0 };
  for (const part of parts) readings[part] = (await meters[part]?.()) ?? 0;
  return readings;
}

export interface TurnScale {
  rounds: number;
  roundMs: number;
  /** A round of fewer goes on: processor time is counted in steps of 10 ms. */
  requestsMin: number;
}

/** A B C, A B C, …: what disturbs the machine disturbs them alike. */
export async function takeTurns(
  contenders: readonly Contender[],
  of: { load: LoadProcess; scale: TurnScale; say: (line: string) => void },
): Promise<Map<string, Turn[]>> {
  const turns = new Map(contenders.map(({ name }) => [name, [] as Turn[]]));
  for (let round = 1; round <= of.scale.rounds; round += 1) {
    for (const contender of contenders) {
      turns.get(contender.name)?.push(await takeTurn(of.load, contender, of.scale));
      if (contender.busyAfterwards !== undefined) await idle(contender.busyAfterwards);
    }
    of.say(`round ${round} of ${of.scale.rounds}`);
  }
  return turns;
}

/** Median of the rounds' own ratios: neighbours in time met the same machine. NaN where either has none. */
export function ratioOf<One>(
  left: readonly One[],
  right: readonly One[],
  figure: (round: One) => number,
): number {
  return ratioBetween(left.map(figure), right.map(figure));
}

/** The same of figures that are not alike. */
export function ratioBetween(left: readonly number[], right: readonly number[]): number {
  if (left.length !== right.length) return Number.NaN;
  return spreadOf(left.map((value, index) => value / (right[index] as number))).median;
}

export function wholeCpuUs({ cpuUs }: Turn): number {
  return parts.reduce((total, part) => total + cpuUs[part], 0);
}
