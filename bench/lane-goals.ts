import type { LaneName } from './lane-candidates.ts';
import { type Goal, goal, shown } from './result.ts';
import { ratioBetween, type Turn, wholeCpuUs } from './turns.ts';

type Turns = ReadonlyMap<LaneName, readonly Turn[]>;
type Figure = (turn: Turn) => number;

/** One figure of one candidate ÷ one of another. */
interface Ratio {
  figure: string;
  of: [LaneName, Figure];
  to: [LaneName, Figure];
}

const rate: Figure = ({ heartbeatsPerS }) => heartbeatsPerS;
const gateway: Figure = ({ cpuUs }) => cpuUs.gateway;
const server: Figure = ({ cpuUs }) => cpuUs.server;

/** Promised and aimed at; rates say what a caller sees, CPU what an operator pays. */
const goals: readonly (Ratio & { limit: Goal['limit'] & { aim?: number } })[] = [
  {
    figure: 'heartbeats a second, lane by frames ÷ direct',
    ...{ of: ['lane, frames', rate], to: ['direct', rate], limit: { atLeast: 0.75, aim: 1 } },
  },
  {
    figure: "CPU, the lane's gateway by frames ÷ the subgraph asked directly",
    ...{ of: ['lane, frames', gateway], to: ['direct', server] },
    limit: { atMost: 0.85, aim: 0.5 },
  },
  {
    figure: 'CPU, gateway, subgraph and Redis by frames ÷ subgraph and Redis directly',
    ...{ of: ['lane, frames', wholeCpuUs], to: ['direct', wholeCpuUs] },
    limit: { atMost: 1.1, aim: 0.9 },
  },
  {
    figure: 'heartbeats a second, lane by HTTP ÷ direct',
    ...{ of: ['lane, HTTP', rate], to: ['direct', rate], limit: { atLeast: 0.5 } },
  },
  {
    figure: "CPU, the lane's gateway by HTTP ÷ the subgraph asked directly",
    ...{ of: ['lane, HTTP', gateway], to: ['direct', server], limit: { atMost: 1.15 } },
  },
  {
    figure: 'heartbeats a second, lane by frames ÷ normal lane',
    ...{ of: ['lane, frames', rate], to: ['normal lane', rate], limit: { atLeast: 5, aim: 10 } },
  },
  {
    figure: 'CPU of the whole process, embedded, lane ÷ normal lane',
    ...{ of: ['embedded, lane', server], to: ['embedded, normal lane', server] },
    limit: { atMost: 0.15 },
  },
  {
    figure: 'CPU of the gateway, WebSocket ÷ HTTP, lane by frames',
    ...{ of: ['lane, frames, WebSocket', gateway], to: ['lane, frames', gateway] },
    limit: { atMost: 0.75 },
  },
  {
    figure: 'heartbeats a second, direct ÷ raw',
    ...{ of: ['direct', rate], to: ['raw', rate], limit: { atLeast: 0.5, aim: 0.75 } },
  },
  {
    figure: 'heartbeats a second, direct ÷ stock Apollo',
    ...{ of: ['direct', rate], to: ['stock Apollo', rate], limit: { atLeast: 1.35, aim: 2 } },
  },
  {
    figure: 'heartbeats a second, direct ÷ Apollo to Cassandra',
    ...{ of: ['direct', rate], to: ['Apollo to Cassandra', rate], limit: { atLeast: 5, aim: 10 } },
  },
  {
    figure: 'heartbeats a second, direct ÷ PostGraphile',
    ...{ of: ['direct', rate], to: ['PostGraphile', rate], limit: { atLeast: 5, aim: 10 } },
  },
  {
    figure: 'heartbeats a second, direct, batches of 10 ÷ one by one',
    ...{ of: ['direct, batches of 10', rate], to: ['direct', rate] },
    limit: { atLeast: 2, aim: 3.5 },
  },
];

export function laneGoals(turns: Turns): Goal[] {
  return goals
    .map(({ figure, limit, ...ratio }) => goal(figure, limit, measured(turns, ratio)))
    .filter(({ measured: value }) => !Number.isNaN(value));
}

/** What a busy machine changes little: no rates, and room for a process that others interrupt. */
const limits: readonly (Ratio & { atMost: number })[] = [
  {
    figure: "CPU, the lane's gateway ÷ the normal lane's",
    ...{ of: ['lane, frames', gateway], to: ['normal lane', gateway], atMost: 0.6 },
  },
  {
    figure: 'CPU of the subgraph for each heartbeat, batches of 10 ÷ one by one',
    ...{ of: ['direct, batches of 10', server], to: ['direct', server], atMost: 0.9 },
  },
  {
    figure: 'CPU of server and Redis, direct ÷ stock Apollo',
    ...{ of: ['direct', wholeCpuUs], to: ['stock Apollo', wholeCpuUs], atMost: 1.3 },
  },
  {
    figure: 'CPU of the subgraph, direct ÷ raw',
    ...{ of: ['direct', server], to: ['raw', server], atMost: 5 },
  },
];

/** What was exceeded, by name and figure; nothing when all is well. */
export function laneLimits(turns: Turns): string[] {
  return limits.flatMap(({ figure, atMost, ...ratio }) => {
    const value = measured(turns, ratio);
    // Not measured is not kept.
    return value <= atMost ? [] : [`${figure}: ${shown(value)}, at most ${atMost}`];
  });
}

function measured(turns: Turns, { of, to }: Pick<Ratio, 'of' | 'to'>): number {
  const values = ([name, figure]: [LaneName, Figure]) => (turns.get(name) ?? []).map(figure);
  return ratioBetween(values(of), values(to));
}
