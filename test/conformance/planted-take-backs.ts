import type { Asked, Breakage } from './breaking-proxy.ts';
import type { Planted } from './planted.ts';

// biome-ignore lint/suspicious/noExplicitAny: a breakage reads whatever it breaks.
type Any = any;

/** Servers that break a rule of taking back or of giving away. */
export const plantedTakeBacks: readonly Planted[] = [
  breaking('leaves a title where the session that is taken back left it', 'UNDO-1', () => ({
    answered: undone((answer) => {
      for (const playhead of answer.playheads) playhead.positionMs = 5_000;
    }),
  })),
  breaking('counts again what comes late from a session that was taken back', 'UNDO-2', () => {
    const takenBack = new Set<string>();
    return {
      answered({ operationName, variables }, { data }) {
        if (operationName === 'UndoSession') takenBack.add(variables.input.sessionId);
        const answer = data?.recordHeartbeats;
        if (answer?.outcome !== 'SUPERSEDED') return;
        if (takenBack.has(sessionIdOf(variables.input.session))) answer.outcome = 'ACCEPTED';
      },
    };
  }),
  breaking('calls a session that it does not know bad input', 'UNDO-3', () =>
    problem('NOT_FOUND', (one) => ({ ...one, code: 'INVALID_INPUT' })),
  ),
  breaking('takes back what is playing', 'UNDO-4', () => problem('SESSION_ACTIVE', () => null)),
  breaking('takes back twice', 'UNDO-5', () => problem('ALREADY_UNDONE', () => null)),
  breaking('shows what it does not know as nothing', 'UNDO-6', () => ({
    answered(_asked, { data }) {
      if (data?.viewer?.watchSessions) data.viewer.watchSessions.edges = [];
    },
  })),
  breaking('says which profiles there are', 'GIVE-4', () => ({
    answered({ operationName }, answer: Any) {
      if (operationName !== 'ReassignSession') return;
      for (const { extensions } of answer.errors ?? []) extensions.code = 'BAD_USER_INPUT';
    },
  })),
];

function breaking(what: string, rule: string, open: () => Breakage): Planted {
  return { what, rules: [rule], open };
}

function undone(change: (answer: Any) => void) {
  return (_asked: Asked, { data }: { data: Any }) => {
    if (data?.undoSession) change(data.undoSession);
  };
}

/** Tells another problem than this one, or none. */
function problem(code: string, instead: (one: Any) => Any): Breakage {
  return {
    answered: undone((answer) => {
      const change = (one: Any) => (one.code === code ? instead(one) : one);
      answer.problems = answer.problems.map(change).filter((one: Any) => one !== null);
    }),
  };
}

/** What only a server should look into: a breakage sits in its place. */
function sessionIdOf(session: string): string {
  const [payload = ''] = session.split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString())[6];
}
