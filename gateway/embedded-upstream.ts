import type { Clock } from '../runtime/clock.ts';
import type { KnownOperation, KnownOperations } from '../runtime/known-operations.ts';
import type { Logger } from '../runtime/log.ts';
import type { Subgraph, SubgraphContext } from '../runtime/subgraph.ts';
import {
  type LaneAnswer,
  type LaneRequest,
  type LaneUpstream,
  upstreamTimeoutDefaultMs,
} from './lane-upstream.ts';

interface Parts {
  clock: Clock;
  log: Logger;
  /** @default 4_000: what the normal lane waits. */
  timeoutMs?: number | undefined;
}

/** What of a subgraph the lane needs. */
export interface LaneSubgraph<Context extends SubgraphContext>
  extends Pick<Subgraph<Context>, 'name' | 'contextFor'> {
  known: Pick<KnownOperations<Context>, 'prepare' | 'run'>;
}

/** A subgraph in this process: one call, and no network. Its schema never changes. */
export function embeddedUpstream<Context extends SubgraphContext>(
  subgraph: LaneSubgraph<Context>,
  { clock, log, timeoutMs = upstreamTimeoutDefaultMs }: Parts,
): LaneUpstream {
  let isClosed = false;
  const run = async (operation: KnownOperation, request: LaneRequest): Promise<LaneAnswer> => {
    const { authorization, variables } = request;
    let context: Context;
    try {
      context = await subgraph.contextFor({ authorization });
    } catch {
      return { kind: 'unsent' };
    }
    try {
      const result = await subgraph.known.run(operation, variables, context);
      if (result === null) return { kind: 'unsent' };
      return { kind: 'answered', body: JSON.stringify(result) };
    } catch (error) {
      log.error({ err: error, subgraph: subgraph.name }, 'subgraph gave no answer');
      return { kind: 'unanswered', why: 'lost' };
    }
  };
  return {
    generation: 1,
    get isReady() {
      return !isClosed;
    },
    async ask(request) {
      const operation = subgraph.known.prepare(request.text);
      if (operation === undefined) return { kind: 'unsent' };
      return new Promise((resolve) => {
        const cancel = clock.after(timeoutMs, () =>
          resolve({ kind: 'unanswered', why: 'timeout' }),
        );
        void run(operation, request).then((answer) => {
          cancel();
          resolve(answer);
        });
      });
    },
    async close() {
      isClosed = true;
    },
  };
}
