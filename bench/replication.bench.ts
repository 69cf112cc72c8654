import { environment } from './machine.ts';
import { titlesPerProfile } from './redis-script.ts';
import {
  busyLoad,
  measureReplication,
  type ReplicationFigure,
  type ReplicationFigures,
  type ReplicationScale,
} from './replication.ts';
import {
  type BenchOptions,
  type BenchResult,
  type Goal,
  goal,
  spreadText,
  type Table,
} from './result.ts';

const wholeScale: ReplicationScale = { viewers: 2_000, rounds: 15 };
/** A smoke test: whether both regions hold the same in the end, not how cheap that was. */
const quickScale: ReplicationScale = { viewers: 200, rounds: 3 };
const shareMax = 0.5;

/** What another region costs Redis, beside what the heartbeats cost it. */
export async function replicationBench({ isQuick, say }: BenchOptions): Promise<BenchResult> {
  const scale = isQuick ? quickScale : wholeScale;
  say(`replication: ${scale.viewers} viewers, ${scale.rounds} rounds of each load`);
  const figures = await measureReplication(scale);
  return {
    bench: 'replication',
    mode: isQuick ? 'quick' : 'whole',
    environment: environment(),
    goals: goalsOf(figures),
    tables: [costTable(figures)],
    failures: failuresOf(figures),
  };
}

function goalsOf({ figures }: ReplicationFigures): Goal[] {
  const busy = figures.filter(({ load }) => load === busyLoad);
  const figure =
    'CPU of Redis that another region costs, on both sides ÷ of the write, one heartbeat every 10 s';
  return busy.map(({ share }) => goal(figure, { atMost: shareMax }, share.median));
}

function costTable({ figures }: ReplicationFigures): Table {
  return {
    title: 'What one more region costs Redis',
    notes: [
      `The requests of \`recordHeartbeats\`, one every 10 s from each viewer, through the product's adapter: into a Redis without regions, into one that keeps what it accepts for others, and from there in batches into a third. Profiles of ${titlesPerProfile} titles, drained when dirty for 30 s. Figures are min / median / max of the rounds; CPU in µs for each heartbeat, as Redis counts its own.`,
      '`keep` is what the second takes more than the first, `read` what it takes to be read, `take in` what the third takes. The share is all three ÷ `write`; the goal is that of a busy partition. With few heartbeats in 100 ms the looks are what it costs, and in calls of several a write costs less.',
    ],
    header: ['heartbeats a call', 'in 100 ms', 'write', 'keep', 'read', 'take in', 'share'],
    plot: {
      ...{ kind: 'stacked-bars', name: 'cpu', unit: 'µs of CPU for a heartbeat' },
      columns: ['write', 'keep', 'read', 'take in'],
    },
    rows: figures.map(cellsOf),
  };
}

function cellsOf({ load, ...us }: ReplicationFigure): string[] {
  const spreads = [us.writeUs, us.keepUs, us.readUs, us.takeInUs, us.share];
  return [String(load.atOnce), String(load.betweenLooks), ...spreads.map(spreadText)];
}

function failuresOf({ profiles, different }: ReplicationFigures): string[] {
  if (different === 0) return [];
  return [`${different} of ${profiles} profiles are not the same in every region`];
}
