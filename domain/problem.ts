/** What an app or a user did that was expected to happen; never thrown. */
export type ProblemCode =
  | 'INVALID_INPUT'
  | 'POSITION_OUT_OF_RANGE'
  | 'TOO_MANY_HEARTBEATS'
  | 'HEARTBEAT_TOO_OLD'
  | 'SESSION_INVALID'
  | 'OUT_OF_ORDER'
  | 'NOT_FOUND'
  | 'SESSION_ACTIVE'
  | 'ALREADY_UNDONE'
  | 'ALREADY_REASSIGNED';

export interface Problem {
  code: ProblemCode;
  /** For developers: what was wrong and what to do. */
  message: string;
  /** Input path, such as `heartbeats`, `0`, `positionMs`. */
  path: string[];
}

/** Ids become parts of keys: no separators, and short enough for every store. */
const idPattern = /^[A-Za-z0-9_-]{1,64}$/;

/** A problem with an id, or none. */
export function idProblem(id: string, path: readonly string[]): Problem[] {
  if (idPattern.test(id)) return [];
  return [
    {
      code: 'INVALID_INPUT',
      message: 'An id is 1 to 64 characters of [A-Za-z0-9_-].',
      path: [...path],
    },
  ];
}
