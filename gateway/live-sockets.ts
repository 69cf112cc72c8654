import type { IncomingMessage, Server } from 'node:http';
import { type GatewayRuntime, getGraphQLWSOptions } from '@graphql-hive/gateway-runtime';
import type { GraphQLError } from 'graphql';
import type { Extra } from 'graphql-ws/use/ws';
import type { Logger } from '../runtime/log.ts';
import {
  openSocketEndpoint,
  type SocketEndpoint,
  type SocketGate,
} from '../runtime/socket-endpoint.ts';
import type { FastLane } from './fast-lane.ts';
import { authorizationOfSocket } from './identity.ts';
import { dropInternalHeaders } from './internal-headers.ts';
import { LaneSockets, type SocketContext } from './lane-socket.ts';
import type { SocketLimits } from './socket-limits.ts';
import { type TokenWatch, watchToken } from './token-watch.ts';

/** graphql-ws clients may get a new token and connect again; they never do so after 4401. */
const tokenExpiredCode = 4403;
/** Service restart, as IANA registers it: clients connect again. */
const restartCode = 1012;

export interface LiveClients extends SocketEndpoint {
  /** Closes each socket with a live subscription, so that its client comes back and subscribes anew. */
  sendSubscribersAway(): void;
}

interface Admission extends TokenWatch {
  limits: SocketLimits;
  log: Logger;
  /** @default none: graphql-ws and the normal lane answer everything. */
  lane?: FastLane | undefined;
}

/**
 * Accepts graphql-ws clients on /graphql of this server: subscriptions, queries and mutations, as much
 * of them as `limits` allows. A socket is closed with 4403 when the token it was opened with expires, or
 * its key is removed.
 */
export function acceptLiveClients(
  server: Server,
  gateway: GatewayRuntime,
  admission: Admission,
): LiveClients {
  const { limits } = admission;
  const lane = laneOf(admission);
  const runtimeOptions = getGraphQLWSOptions<Record<string, unknown>, Extra>(gateway, (context) =>
    operationContext(context, { gateway, countedAs: lane?.countedAs(context) }),
  );
  const connected = new Set<SocketContext>();
  const endpoint = openSocketEndpoint(server, '/graphql', {
    ...runtimeOptions,
    gate: lane === undefined ? limits : gateOf(limits, lane),
    connectionInitWaitTimeout: limits.initTimeoutMs,
    onConnect: (context) => {
      connected.add(context);
      lane?.connect(context);
      return admit(context, admission);
    },
    onClose: (context) => void connected.delete(context),
    onPing: ({ extra }) => void limits.admitPing(extra.socket),
    onSubscribe: (context, id, payload) =>
      limits.refuseOperation(context) ?? runtimeOptions.onSubscribe?.(context, id, payload),
    onNext: (...[, , , , result]) => withoutHttpHints(result),
  });
  return Object.assign(endpoint, {
    sendSubscribersAway() {
      for (const { subscriptions, extra } of connected) {
        // Others have a single answer: it is given.
        if (Object.values(subscriptions).some(isLive)) {
          extra.socket.close(restartCode, 'The graph has changed');
        }
      }
    },
  });
}

function laneOf({ lane, limits, log }: Admission): LaneSockets | undefined {
  if (lane === undefined) return undefined;
  return new LaneSockets({ lane, log, isFull: (context) => limits.isFull(context) });
}

/** The limits hear each message first, then the lane, then graphql-ws. */
function gateOf(limits: SocketLimits, lane: LaneSockets): SocketGate {
  return {
    refusal: (request) => limits.refusal(request),
    watch(client, request) {
      lane.watch(client, request);
      limits.watch(client, request);
    },
  };
}

function isLive(operation: object | null): boolean {
  return operation !== null && Symbol.asyncIterator in operation;
}

/** What an operation by socket knows of its sender, in the shape of one by HTTP. */
function operationContext(
  { extra, connectionParams }: SocketContext,
  { gateway, countedAs }: { gateway: GatewayRuntime; countedAs: object | undefined },
) {
  return {
    req: extra.request,
    socket: extra.socket,
    countedAs,
    // By GET, which an upgrade is, mutations are refused.
    request: new gateway.fetchAPI.Request(`http://${extra.request.headers.host}/graphql`, {
      method: 'POST',
      headers: plainHeaders(extra.request),
    }),
    connectionParams: authorizationOfSocket(connectionParams),
  };
}

function plainHeaders(request: IncomingMessage): Record<string, string> {
  dropInternalHeaders(request.headers);
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
}

/** A bad token is not refused here: each operation is, with a code that says why. */
async function admit(
  { extra: { socket, request }, connectionParams }: SocketContext,
  admission: Admission,
): Promise<void> {
  const authorization =
    authorizationOfSocket(connectionParams).authorization ?? request.headers.authorization;
  const viewer = await admission.verifier.verify(authorization).catch(() => null);
  if (viewer !== null && !admission.limits.admitViewer(socket, viewer)) return;
  const stop = await watchToken(admission, authorization, () =>
    socket.close(tokenExpiredCode, 'Token expired'),
  );
  if (socket.readyState === socket.OPEN) socket.once('close', stop);
  else stop();
}

/** Error extensions that the HTTP layer would have read and removed. */
function withoutHttpHints(result: { errors?: readonly GraphQLError[] | undefined }) {
  if (result.errors === undefined) return undefined;
  const errors = result.errors.map((error) => {
    const { extensions: { http: _http, ...extensions } = {}, ...rest } = error.toJSON();
    return { ...rest, extensions };
  });
  return { ...result, errors };
}
