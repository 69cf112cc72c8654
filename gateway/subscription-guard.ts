import type { GatewayPlugin } from '@graphql-hive/gateway-runtime';
import { codedError } from '../runtime/graphql-errors.ts';

/**
 * Refuses a subscription by HTTP that could not read its events, before anything is opened for it.
 * The runtime subscribes first and answers 406 afterwards, and what it opened stays open for ever.
 */
export function refuseDeafSubscribers(): GatewayPlugin {
  return {
    onSubscribe({ args, setResultAndStopExecution }) {
      const { request, socket } = args.contextValue as { request: Request; socket?: unknown };
      if (socket !== undefined || acceptsEvents(request)) return;
      const message = 'Subscribe with `accept: text/event-stream`, or by graphql-ws.';
      const extensions = { http: { status: 406 } };
      setResultAndStopExecution({
        errors: [codedError('BAD_USER_INPUT', message, { extensions })],
      });
    },
  };
}

function acceptsEvents(request: Request): boolean {
  const accept = request.headers.get('accept') ?? '*/*';
  return accept.includes('text/event-stream') || accept.includes('*/*');
}
