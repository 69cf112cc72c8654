import type { GatewayPlugin } from '@graphql-hive/gateway-runtime';
import type { ExecutionResult } from 'graphql';
import { codedError } from '../runtime/graphql-errors.ts';
import type { Authenticated } from './identity.ts';
import { type TokenWatch, watchToken } from './token-watch.ts';

/**
 * Ends event streams when the token they were opened with expires, or its key is removed: the runtime
 * looks at it only when they begin. The last event says UNAUTHENTICATED. (A socket is closed as a whole:
 * live-sockets.ts.)
 */
export function endAtTokenExpiry(identity: TokenWatch): GatewayPlugin {
  return {
    onSubscribe({ args }) {
      const { currentUser: viewer, headers, socket } = args.contextValue as Subscribing;
      if (!viewer || socket !== undefined) return undefined;
      return {
        onSubscribeResult({ result, setResult }) {
          if (!(Symbol.asyncIterator in result)) return;
          setResult(endingWith(result, (end) => watched(identity, headers.authorization, end)));
        },
      };
    },
  };
}

interface Subscribing extends Authenticated {
  headers: { authorization?: string };
  socket?: unknown;
}

function watched(identity: TokenWatch, authorization: string | undefined, end: () => void) {
  const watching = watchToken(identity, authorization, end);
  return () => void watching.then((stop) => stop());
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
        const settle = () => {
          answerPending = undefined;
        };
        events.next().then(
          (step) => {
            settle();
            // Over by itself: nobody calls `return()` then.
            if (step.done) cancel();
            resolve(step);
          },
          (error) => {
            settle();
            cancel();
            reject(error);
          },
        );
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
