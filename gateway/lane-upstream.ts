import type { Viewer } from '../runtime/identity.ts';

/** One operation for one subgraph: known to be valid there, with variables that nobody has checked yet. */
export interface LaneRequest {
  /** As `forwardable.ts` printed it: one operation, and the fragments it reaches. */
  readonly text: string;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  readonly viewer: Viewer | null;
  /** The client's own header, which counts only within one process; others are told what is signed. */
  readonly authorization: string | undefined;
  /** As W3C writes it. */
  readonly traceparent: string | undefined;
}

/**
 * `answered`: a GraphQL result as JSON. `unsent`: the subgraph has not heard of it, so anybody may ask again.
 * `unanswered`: it may have run; asking again is for whoever knows that it may run twice.
 */
export type LaneAnswer =
  | { kind: 'answered'; body: Buffer | string }
  | { kind: 'unsent' }
  | { kind: 'unanswered'; why: 'timeout' | 'lost' };

/** A subgraph that takes longer has not answered, in either lane: no page waits for one row. */
export const upstreamTimeoutDefaultMs = 4_000;

/** How the lane reaches one subgraph: by HTTP, by frames, or by a call within the process. */
export interface LaneUpstream {
  /** Errors: never rejects; it has a time-out of its own, and a limit of requests under way. */
  ask(request: LaneRequest): Promise<LaneAnswer>;
  /**
   * Another number whenever the subgraph on the other side may be another release: what was decided by its
   * schema is decided anew.
   */
  readonly generation: number;
  /** Whether it could be asked now; the lane takes the other way meanwhile. */
  readonly isReady: boolean;
  /** What is under way is answered or given up; idempotent. */
  close(): Promise<void>;
}

/** Variables as JSON, empty for none; undefined: nested deeper than can be written, though they were read. */
export function writeVariables(variables: LaneRequest['variables']): string | undefined {
  if (variables === undefined) return '';
  try {
    return JSON.stringify(variables);
  } catch {
    // What JSON.parse made has no other way to fail. Nothing is sent, and the normal lane answers.
    return undefined;
  }
}
