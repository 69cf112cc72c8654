import type { GatewayPlugin } from '@graphql-hive/gateway-runtime';
import { codedError } from '../runtime/graphql-errors.ts';

/** The runtime's hooks name its own types: this is what they have in common here. */
type Context = { request: Request; socket?: unknown };

/**
 * Refuses a subscription by HTTP that could not read its events, before anything is opened for it.
 * The runtime subscribes first and answers 406 afterwards, and what it opened stays open for ever.
 */
export function refuseDeafSubscribers(): GatewayPlugin {
  return {
    onSubscribe({ args, setResultAndStopExecution }) {
      const { request, socket } = args.contextValue as Context;
      if (socket !== undefined || acceptsEvents(request)) return;
      const message = 'Subscribe with `accept: text/event-stream`, or by graphql-ws.';
      const extensions = { http: { status: 406 } };
      setResultAndStopExecution({
        errors: [codedError('BAD_USER_INPUT', message, { extensions })],
      });
    },
  };
}

/**
 * Refuses anything but a subscription to an EventSource: it connects again by itself whenever a stream
 * ends, and would run a query for ever.
 */
export function refuseQueriesAsEvents(): GatewayPlugin {
  return {
    onExecute({ args, setResultAndStopExecution }) {
      const { request, socket } = args.contextValue as Context;
      if (socket !== undefined || request.method !== 'GET') return;
      if (request.headers.get('accept') !== 'text/event-stream') return;
      const message = 'An event stream by GET is for subscriptions.';
      const extensions = { http: { status: 406 } };
      setResultAndStopExecution({
        errors: [codedError('BAD_USER_INPUT', message, { extensions })],
      });
    },
  };
}

// By its name: what accepts anything would be answered by events, and count nowhere as a live connection.
function acceptsEvents(request: Request): boolean {
  return request.headers.get('accept')?.includes('text/event-stream') ?? false;
}
