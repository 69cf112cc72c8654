import type { Asked, Breakage } from './breaking-proxy.ts';
import type { Planted } from './planted.ts';

// biome-ignore lint/suspicious/noExplicitAny: a breakage reads whatever it breaks.
type Any = any;

const byAct = new Set(['PLAY', 'SEEK']);

/** Servers that break a rule of hand-over. */
export const plantedHandOvers: readonly Planted[] = [
  breaking('does not say where to go on', 'HND-1', () => ({
    answered: taken((answer) => {
      answer.playhead = null;
    }),
  })),
  breaking('tells nobody that they were taken over', 'HND-2', () => ({
    answered: recorded((answer) => {
      if (answer.takenOverBy) answer.takenOverBy = null;
    }),
  })),
  breaking('goes on believing a player that was taken over', 'HND-3', () =>
    ofTaken((answer, { heartbeats }) => {
      if (!byAct.has(heartbeats.at(-1).event)) answer.outcome = 'ACCEPTED';
    }),
  ),
  breaking('never believes a player again that was taken over', 'HND-4', () =>
    ofTaken((answer) => {
      answer.outcome = 'SUPERSEDED';
    }),
  ),
  breaking('takes a repeated take-over for a mistake', 'HND-5', () => {
    const seen = new Set<string>();
    return {
      answered: taken((answer, input) => {
        const isAgain = seen.has(JSON.stringify(input));
        seen.add(JSON.stringify(input));
        if (isAgain) answer.problems.push({ code: 'NOT_FOUND', path: ['from'] });
      }),
    };
  }),
  breaking('calls every take-over that it refuses bad input', 'HND-6', () => ({
    answered: taken((answer) => {
      for (const problem of answer.problems) problem.code = 'INVALID_INPUT';
    }),
  })),
  breaking('tells everybody to pause who is not in force', 'HND-8', () => ({
    answered: recorded((answer) => {
      const isSilent = answer.outcome === 'SUPERSEDED' && answer.takenOverBy === null;
      if (isSilent) answer.takenOverBy = { sessionId: 'somebody' };
    }),
  })),
  breaking('lets the last that is closed win', 'STL-6', () => {
    const takenOver = new Set<string>();
    return {
      answered(asked, answer) {
        noteTaken(asked, takenOver);
        recorded((given, { session, heartbeats }) => {
          const isClosing = heartbeats.at(-1).event === 'STOP' && given.outcome === 'SUPERSEDED';
          if (isClosing && !takenOver.has(sessionIdOf(session))) given.outcome = 'ACCEPTED';
        })(asked, answer);
      },
    };
  }),
  breaking('guesses where the other device is', 'RES-11', () => ({
    answered(_asked, { data }) {
      const alternative = data?.viewer?.playhead?.alternative;
      if (alternative) alternative.positionMs = 0;
    },
  })),
];

function breaking(what: string, rule: string, open: () => Breakage): Planted {
  return { what, rules: [rule], open };
}

function taken(change: (answer: Any, input: Any) => void) {
  return ({ variables }: Asked, { data }: { data: Any }) => {
    if (data?.takeOver) change(data.takeOver, variables.input);
  };
}

function recorded(change: (answer: Any, input: Any) => void) {
  return ({ variables }: Asked, { data }: { data: Any }) => {
    const answer = data?.recordHeartbeats;
    if (answer && answer.outcome !== 'REFUSED') change(answer, variables.input);
  };
}

/** Changes what sessions are answered that were taken over. */
function ofTaken(change: (answer: Any, input: Any) => void): Breakage {
  const takenOver = new Set<string>();
  return {
    answered(asked, answer) {
      noteTaken(asked, takenOver);
      recorded((given, input) => {
        if (takenOver.has(sessionIdOf(input.session))) change(given, input);
      })(asked, answer);
    },
  };
}

function noteTaken({ operationName, variables }: Asked, takenOver: Set<string>): void {
  if (operationName === 'TakeOver') takenOver.add(variables.input.from);
}

/** What only a server should look into: a breakage sits in its place. */
function sessionIdOf(session: string): string {
  const [payload = ''] = session.split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString())[6];
}
