import type { Asked } from './breaking-proxy.ts';
import type { Planted } from './planted.ts';

const versionZero = '0'.repeat(24);
const never = { status: 'NOT_STARTED', positionMs: 0, resumePositionMs: 0, version: versionZero };

/** Servers that do what they should, and answer something else. */
export const plantedAnswers: readonly Planted[] = [
  answering(
    'gives a retry another version',
    'CLK-3',
    recorded((answer) => {
      if (isRepeated(answer)) answer.playhead.version = `${answer.playhead.version.slice(0, 23)}x`;
    }),
  ),
  answering(
    'says of a heartbeat that is too old only that it is bad',
    'CLK-5',
    recorded((answer) => {
      for (const problem of answer.problems) {
        if (problem.code === 'HEARTBEAT_TOO_OLD') problem.code = 'INVALID_INPUT';
      }
    }),
  ),
  answering(
    'wants every sequence',
    'SEQ-4',
    recorded((answer, { heartbeats }) => {
      const [first, second] = heartbeats;
      if (answer.outcome !== 'REFUSED' && second?.sequence > first.sequence + 2)
        answer.problems.push({ code: 'OUT_OF_ORDER' });
    }),
  ),
  answering(
    'does not say which heartbeat was bad',
    'SEQ-7',
    recorded((answer) => {
      for (const problem of answer.problems) problem.path = null;
    }),
  ),
  answering(
    'calls an unknown progress zero',
    'POS-3',
    recorded(({ playhead }) => {
      if (playhead !== null) playhead.progress ??= 0;
    }),
  ),
  answering(
    'does not know when a title is finished',
    'POS-4',
    recorded((answer, { heartbeats }) => {
      const isSaid = heartbeats.at(-1)?.event === 'FINISH';
      if (answer.playhead?.status === 'FINISHED' && !isSaid) answer.playhead.status = 'IN_PROGRESS';
    }),
  ),
  answering(
    'does not believe FINISH',
    'POS-5',
    recorded((answer, { heartbeats }) => {
      const isSaid = heartbeats.at(-1)?.event === 'FINISH';
      if (isSaid && answer.playhead !== null) answer.playhead.status = 'IN_PROGRESS';
    }),
  ),
  answering(
    'asks for the next heartbeat at once',
    'HB-3',
    recorded((answer) => {
      answer.nextHeartbeatInMs = 0;
    }),
  ),
  answering(
    'answers with the position before',
    'ACK-1',
    asked((playhead) => {
      if (playhead.positionMs === 12_345) playhead.positionMs = 0;
    }),
  ),
  answering(
    'calls a late heartbeat an error',
    'ACK-2',
    recorded((answer) => {
      if (answer.outcome === 'SUPERSEDED') answer.problems.push({ code: 'OUT_OF_ORDER' });
    }),
  ),
  answering(
    'loses the outcome of a duplicate',
    'ACK-3',
    recorded((answer) => {
      if (isRepeated(answer)) answer.outcome = 'ACCEPTED';
    }),
  ),
  answering(
    'answers zero instead of null',
    'ACK-4',
    recorded((answer) => {
      answer.playhead ??= never;
    }),
  ),
  answering(
    'answers a batch with the outcome of its worst heartbeat',
    'ACK-6',
    recorded((answer) => {
      if (answer.problems.length > 0) answer.outcome = 'REFUSED';
    }),
  ),
  answering(
    'acknowledges heartbeats that it has nowhere',
    'ACK-7',
    recorded((answer) => {
      if (answer.durability === 'HOT') answer.durability = 'NONE';
    }),
  ),
  answering(
    'acknowledges intents from memory',
    'ACK-8',
    recorded((answer) => {
      if (answer.durability === 'DURABLE') answer.durability = 'HOT';
    }),
  ),
  answering(
    'does not say what is wrong',
    'ERR-1',
    begun(({ problems }) => {
      for (const problem of problems) problem.message = '';
    }),
  ),
  answering('does not say whether to come back', 'ERR-3', (_asked, { errors }) => {
    for (const { extensions } of errors ?? []) delete extensions?.retryable;
  }),
  answering(
    'has no version for what was never started',
    'RES-2',
    asked((playhead) => {
      if (playhead.version === versionZero) playhead.version = '';
    }),
  ),
  answering(
    'rewinds nothing',
    'RES-4',
    asked((playhead) => {
      if (playhead.status !== 'FINISHED') playhead.resumePositionMs = playhead.positionMs;
    }),
  ),
  answering(
    'starts at its end what is finished',
    'RES-5',
    asked((playhead) => {
      if (playhead.status === 'FINISHED') playhead.resumePositionMs = playhead.positionMs;
    }),
  ),
  answering(
    'rewinds while somebody else plays',
    'RES-9',
    begun(({ playhead }) => {
      if (playhead?.activeSession) playhead.resumePositionMs -= 3_000;
    }),
  ),
  answering(
    'calls no session stale',
    'STL-1',
    begun((answer) => {
      answer.stale = false;
    }),
  ),
  answering(
    'drops the version of what is asked',
    'LIVE-2',
    asked((playhead) => {
      if (playhead.version !== versionZero) delete playhead.version;
    }),
  ),
  answering(
    'shows who has stopped',
    'LIVE-11',
    asked((playhead) => {
      if (playhead.version !== versionZero) playhead.activeSession ??= { id: 'gone' };
    }),
  ),
  answering(
    'hides the position as well',
    'CHG-3',
    changed((playhead) => {
      if (playhead.hidden) playhead.positionMs = 0;
    }),
  ),
  answering(
    'finishes below what is in force',
    'CHG-4',
    changed((playhead) => {
      if (playhead.status === 'FINISHED') playhead.version = versionZero;
    }),
  ),
  pushing('begins a stream as it goes on', ['LIVE-1'], () => (update) => [
    { ...update, kind: 'CHANGED' },
  ]),
  pushing(
    'pushes everything twice',
    ['LIVE-5'],
    () => (update) => (update.kind === 'CHANGED' ? [update, update] : [update]),
  ),
  pushing('pushes an older version once more', ['LIVE-4', 'LIVE-5'], () => {
    const before = new Map<string, object>();
    return (update) => {
      const older = update.playheads.map((one) => before.get(one.playableId) ?? one);
      for (const one of update.playheads) before.set(one.playableId, one);
      if (update.kind !== 'CHANGED') return [update];
      return [update, { ...update, playheads: older }, update];
    };
  }),
];

// biome-ignore lint/suspicious/noExplicitAny: a breakage reads whatever it breaks.
type Any = any;

function answering(
  what: string,
  rule: string,
  answered: (asked: Asked, answer: { data: Any; errors?: Any[] }) => void,
): Planted {
  return { what, rules: [rule], open: () => ({ answered }) };
}

function pushing(
  what: string,
  rules: readonly string[],
  open: () => (update: { kind: string; playheads: { playableId: string }[] }) => object[],
): Planted {
  return { what, rules, open: () => ({ pushed: open }) };
}

function recorded(change: (answer: Any, input: Any) => void) {
  return ({ variables }: Asked, { data }: { data: Any }) => {
    if (data?.recordHeartbeats) change(data.recordHeartbeats, variables.input);
  };
}

function begun(change: (answer: Any) => void) {
  return (_asked: Asked, { data }: { data: Any }) => {
    if (data?.beginSession) change(data.beginSession);
  };
}

function asked(change: (playhead: Any) => void) {
  return (_asked: Asked, { data }: { data: Any }) => {
    if (data?.viewer?.playhead) change(data.viewer.playhead);
  };
}

function changed(change: (playhead: Any) => void) {
  return ({ operationName }: Asked, { data }: { data: Any }) => {
    const [payload] = Object.values(data ?? {}) as Any[];
    if (operationName === 'ChangeByHand' && payload?.playhead) change(payload.playhead);
  };
}

/** A PING is answered DUPLICATE too, and stores nothing. */
function isRepeated(answer: { outcome: string; durability: string }): boolean {
  return answer.outcome === 'DUPLICATE' && answer.durability !== 'NONE';
}
