import type { Asked } from './breaking-proxy.ts';
import type { Planted } from './planted.ts';

/** Servers that take what they are asked for something else. */
export const plantedRequests: readonly Planted[] = [
  {
    what: 'takes forms and text for JSON',
    rules: ['NET-1'],
    open: () => ({
      body(body, headers) {
        headers['content-type'] = 'application/json';
        return body;
      },
    }),
  },
  {
    what: 'lets anybody in',
    rules: ['NET-2'],
    open: (token) => ({
      asked: ({ headers }) => {
        headers.authorization ??= `Bearer ${token}`;
      },
    }),
  },
  {
    what: 'reads only the beginning of a large body',
    rules: ['LIM-1'],
    open: () => ({
      body: (body) => (body.length > 256 * 1024 ? '{"query":"{viewer{id}}"}' : body),
    }),
  },
  {
    what: 'does not look at the signature of a session',
    rules: ['SES-3'],
    open: () => {
      const sessions: string[] = [];
      return {
        answered: ({ operationName }, { data }) => {
          if (operationName === 'BeginSession') sessions.push(data?.beginSession?.session ?? '');
        },
        asked: onRecord((input) => {
          const forged = input.session;
          input.session = sessions.find((one) => differsInOne(one, forged)) ?? forged;
        }),
      };
    },
  },
  {
    what: 'does not look at whose session it is',
    rules: ['SES-4'],
    open: (token) => ({
      asked: ({ headers }) => {
        if (headers.authorization !== undefined) headers.authorization = `Bearer ${token}`;
      },
    }),
  },
  {
    what: 'mends ids',
    rules: ['SES-11'],
    open: () => ({
      asked: onBegin((input) => {
        input.deviceId = input.deviceId.replaceAll(/[^\w-]/g, '_').slice(0, 64) || 'unnamed';
      }),
    }),
  },
  {
    what: 'accepts future time: it clamps a clock that is ahead',
    rules: ['CLK-4'],
    open: () => {
      const anchors = new Map<string, number>();
      return {
        answered: ({ operationName, variables }, { data }) => {
          if (operationName !== 'BeginSession' || !data?.beginSession?.session) return;
          anchors.set(data.beginSession.session, performance.now() - variables.input.elapsedMs);
        },
        asked: onRecord(({ session, heartbeats }) => {
          const latestMs = performance.now() - (anchors.get(session) ?? 0) + 4_000;
          for (const each of heartbeats) each.elapsedMs = Math.min(each.elapsedMs, latestMs);
        }),
      };
    },
  },
  {
    what: 'does not lift a session above what its player started from',
    rules: ['CLK-7'],
    open: () => ({
      asked: onBegin((input) => {
        if (input.basedOn && input.elapsedMs > 0) input.elapsedMs += 5_000;
      }),
    }),
  },
  {
    what: 'takes what was watched offline for watched now',
    rules: ['CLK-8'],
    open: () => ({
      asked: onBegin((input) => {
        if (input.elapsedMs > 3_600_000 && input.elapsedMs < 86_400_000) input.elapsedMs = 0;
      }),
    }),
  },
  {
    what: 'numbers a batch anew that is out of order',
    rules: ['SEQ-2'],
    open: () => ({
      asked: onPairs((before, after) => {
        if (after.sequence !== before.sequence) return;
        after.sequence += 1;
        after.elapsedMs = Math.max(after.elapsedMs, before.elapsedMs + 1);
      }),
    }),
  },
  {
    what: 'winds on a clock that stands still',
    rules: ['SEQ-3'],
    open: () => ({
      asked: onPairs((before, after) => {
        const steps = after.sequence - before.sequence;
        after.elapsedMs = Math.max(after.elapsedMs, before.elapsedMs + steps);
      }),
    }),
  },
  {
    what: 'cuts a batch that is too long',
    rules: ['SEQ-5'],
    open: () => ({
      asked: onRecord((input) => {
        input.heartbeats = input.heartbeats.slice(0, 100);
      }),
    }),
  },
  {
    what: 'clamps a position behind the end',
    rules: ['POS-1'],
    open: () => {
      const durations = new Map<string, number>();
      return {
        answered: ({ operationName, variables }, { data }) => {
          const { durationMs } = variables.input ?? {};
          if (operationName !== 'BeginSession' || durationMs === undefined) return;
          durations.set(data?.beginSession?.session, durationMs);
        },
        asked: onRecord(({ session, heartbeats }) => {
          const lastMs = (durations.get(session) ?? Number.POSITIVE_INFINITY) + 5_000;
          for (const each of heartbeats) each.positionMs = Math.min(each.positionMs, lastMs);
        }),
      };
    },
  },
  {
    what: 'takes a duration of 0 for none',
    rules: ['POS-2'],
    open: () => ({
      asked: onRecord(({ heartbeats }) => {
        for (const each of heartbeats) if (each.durationMs === 0) each.durationMs = null;
      }),
    }),
  },
  {
    what: 'takes a PING for a heartbeat',
    rules: ['HB-6'],
    open: () => ({
      asked: onRecord(({ heartbeats }) => {
        for (const each of heartbeats) if (each.event === 'PING') each.event = 'HEARTBEAT';
      }),
    }),
  },
  {
    what: 'keeps the furthest position',
    rules: ['ACK-9'],
    open: () => {
      const furthest = new Map<string, number>();
      return {
        asked: onRecord(({ session, heartbeats }) => {
          for (const each of heartbeats) {
            const furthestMs = Math.max(furthest.get(session) ?? 0, each.positionMs);
            furthest.set(session, furthestMs);
            if (each.event === 'HEARTBEAT' && each.positionMs >= 0) each.positionMs = furthestMs;
          }
        }),
      };
    },
  },
  {
    what: 'lets a forgotten tab move the playhead',
    rules: ['STL-2'],
    open: () => ({
      asked: onBegin((input) => {
        if (input.elapsedMs > 0 || !input.basedOn) return;
        input.basedOn = undefined;
        input.deviceName = 'was stale';
      }),
      answered: ({ operationName, variables }, { data }) => {
        const wasStale = variables.input?.deviceName === 'was stale';
        if (operationName === 'BeginSession' && wasStale) data.beginSession.stale = true;
      },
    }),
  },
  {
    what: 'does not know that a session is stale',
    rules: ['STL-1', 'STL-2'],
    open: () => ({
      asked: onBegin((input) => {
        if (input.elapsedMs === 0) input.basedOn = undefined;
      }),
    }),
  },
  {
    what: 'applies a change by hand to whatever is in force',
    rules: ['CHG-1'],
    open: () => ({
      asked: ({ operationName, variables }) => {
        if (operationName === 'ChangeByHand') variables.input.basedOn = null;
      },
    }),
  },
  {
    what: 'takes any kind of device for OTHER',
    rules: ['LIM-4'],
    open: () => ({
      asked: onBegin((input) => {
        if (input.deviceKind === 'TOASTER') input.deviceKind = 'OTHER';
      }),
    }),
  },
];

// biome-ignore lint/suspicious/noExplicitAny: a breakage reads whatever it breaks.
type Change = (input: any) => void;

function onBegin(change: Change) {
  return onOperation('BeginSession', change);
}

function onRecord(change: Change) {
  return onOperation('RecordHeartbeats', change);
}

function onOperation(name: string, change: Change) {
  return ({ operationName, variables }: Asked) => {
    if (operationName !== name) return;
    // One case asks with next to nothing.
    const { deviceId, session } = variables.input;
    if (typeof (deviceId ?? session) === 'string') change(variables.input);
  };
}

/** Neighbours of a batch, in order. */
function onPairs(
  change: (
    before: { sequence: number; elapsedMs: number },
    after: { sequence: number; elapsedMs: number },
  ) => void,
) {
  return onRecord(({ heartbeats }) => {
    for (let index = 1; index < heartbeats.length; index += 1) {
      change(heartbeats[index - 1], heartbeats[index]);
    }
  });
}

function differsInOne(left: string, right: string): boolean {
  if (left.length !== right.length) return false;
  return [...left].filter((char, index) => char !== right[index]).length === 1;
}
