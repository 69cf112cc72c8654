import { environment } from './machine.ts';
import {
  type HeartbeatFigure,
  measureRedisScript,
  type RedisScriptFigures,
  type RedisScriptScale,
  type Scene,
} from './redis-script.ts';
import {
  type BenchOptions,
  type BenchResult,
  type Goal,
  goal,
  shown,
  spreadText,
  type Table,
} from './result.ts';

const wholeScale: RedisScriptScale = { viewers: 3_000, rounds: 60 };
/** A smoke test: whether every heartbeat is merged, not how fast it is. */
const quickScale: RedisScriptScale = { viewers: 200, rounds: 4 };
const emptyCallsMax = 4.5;
const bytesPerTitleMax = 130;

/** What a heartbeat costs Redis, beside a call of a script that does nothing. */
export async function redisScriptBench({ isQuick, say }: BenchOptions): Promise<BenchResult> {
  const scale = isQuick ? quickScale : wholeScale;
  say(`redis-script: ${scale.rounds} rounds in each scene`);
  const figures = await measureRedisScript(scale);
  return {
    bench: 'redis-script',
    mode: isQuick ? 'quick' : 'whole',
    environment: environment(),
    goals: goalsOf(figures),
    tables: [costTable(figures)],
    failures: failuresOf(figures),
  };
}

function goalsOf({ heartbeats, memory }: RedisScriptFigures): Goal[] {
  const inRhythm = heartbeats.filter(({ scene }) => scene === 'five seconds');
  return [
    ...inRhythm.map(({ heartbeatsPerCall, ratio }) =>
      goal(
        `CPU of Redis for a heartbeat ÷ for an empty call, pipelined, ${heartbeatsPerCall} to a call`,
        { atMost: emptyCallsMax },
        ratio.median,
      ),
    ),
    goal('bytes in Redis for each title of 20', { atMost: bytesPerTitleMax }, memory.bytesPerTitle),
  ];
}

function costTable({ noopUs, heartbeats, memory }: RedisScriptFigures): Table {
  const cells = ({ scene, heartbeatsPerCall, redisUs, ratio }: HeartbeatFigure) => [
    scene,
    String(heartbeatsPerCall),
    ...[redisUs, ratio, noopUs[scene as Scene]].map(spreadText),
  ];
  return {
    title: 'What a plain heartbeat costs Redis',
    notes: [
      'merge.lua with what the playback subgraph makes of heartbeats, beside an EVALSHA of `return 1`, in turns of some milliseconds on one connection without a driver, 16 commands to a write. Figures are min / median / max of the turns; CPU in µs, as Redis counts its own.',
      '`between events`: the same title again, still dirty, nothing to tell the event stream. `five seconds`: the rhythm of players, so that every third is a progress event. `drained`: the same under write-behind, so that every sixth makes its title dirty anew.',
      `A profile of 20 titles is a ${memory.profile}, its sessions a ${memory.sessions}.`,
    ],
    header: ['scene', 'heartbeats a call', 'Redis CPU µs each', '÷ empty call', 'empty call µs'],
    plot: {
      ...{ kind: 'bars', name: 'cpu', unit: 'µs of CPU for a heartbeat' },
      columns: ['Redis CPU µs each', 'empty call µs'],
    },
    rows: heartbeats.map(cells),
  };
}

function failuresOf({ heartbeats, memory }: RedisScriptFigures): string[] {
  const lost = heartbeats
    .filter(({ accepted }) => accepted < 1)
    .map(({ scene, heartbeatsPerCall, accepted }) => {
      const share = shown(100 * accepted);
      return `${scene}, ${heartbeatsPerCall} to a call: ${share} % of the heartbeats moved a playhead`;
    });
  const isCompact = memory.profile === 'listpack' && memory.sessions === 'listpack';
  return isCompact ? lost : [...lost, `Hashes are ${memory.profile} and ${memory.sessions}.`];
}
