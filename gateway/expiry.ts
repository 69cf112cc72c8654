import type { GatewayPlugin } from '@graphql-hive/gateway-runtime';
import type { ExecutionResult } from 'graphql';
import type { Clock } from '../runtime/clock.ts';
import { codedError } from '../runtime/graphql-errors.ts';
import type { Viewer } from '../runtime/identity.ts';

/**
 * Ends event streams when the token they were opened with expires: the runtime looks at it only when
 * they begin. The last event says UNAUTHENTICATED. (A socket is closed as a whole: live-sockets.ts.)
 */
export function endAtTokenExpiry(clock: Clock): GatewayPlugin {
  return {
    onSubscribe({ args }) {
      const { currentUser: viewer, socket } = args.contextValue as {
        currentUser?: Viewer | null;
        socket?: unknown;
      };
      if (!viewer || socket !== undefined) return undefined;
      return {
        onSubscribeResult({ result, setResult }) {
          if (!(Symbol.asyncIterator in result)) return;
          const leftMs = viewer.expiresAtMs - clock.nowMs();
          setResult(endingWith(result, (expire) => clock.after(leftMs, expire)));
        },
      };
    },
  };
}

type Step = IteratorResult<ExecutionResult, undefined>;

const done: Step = { done: true, value: undefined };
const expired: Step = {
  done: false,
  value: {
    errors: [codedError('UNAUTHENTICATED', 'The access token has expired: subscribe again.')],
  },
};

/**
 * The same events until `schedule` calls back, then `expired` and the end. Hand-made, because
 * `return()` must settle while an event is awaited, and without `Promise.race`, which would hold on to
 * every event for as long as the stream lives.
 */
function endingWith(
  source: AsyncIterable<ExecutionResult>,
  schedule: (expire: () => void) => () => void,
): AsyncIterableIterator<ExecutionResult, undefined, undefined> {
  const events = source[Symbol.asyncIterator]() as AsyncIterator<ExecutionResult, undefined>;
  /** Steps to answer instead of the source's, once it is over. */
  let last: Step[] | undefined;
  let answerPending: ((step: Step) => void) | undefined;
  const end = async (steps: Step[]) => {
    cancel();
    last = steps;
    answerPending?.(last.shift() ?? done);
    await events.return?.();
    return done;
  };
  const cancel = schedule(() => void end([expired]));
  return {
    next() {
      if (last !== undefined) return Promise.resolve(last.shift() ?? done);
      return new Promise((resolve, reject) => {
        answerPending = resolve;
        events
          .next()
          .then(resolve, reject)
          .finally(() => {
            answerPending = undefined;
          });
      });
    },
    return: () => end([]),
    async throw(error) {
      await end([]);
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
