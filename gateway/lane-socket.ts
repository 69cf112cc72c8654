import type { IncomingMessage } from 'node:http';
import type { Context } from 'graphql-ws';
import type { Extra } from 'graphql-ws/use/ws';
import type { RawData, WebSocket } from 'ws';
import type { Logger } from '../runtime/log.ts';
import { isRecord } from '../runtime/parsed-json.ts';
import type { FastLane, LaneDocument } from './fast-lane.ts';
import { authorizationOfSocket } from './identity.ts';
import { checkParameters, isAmbiguous, type LaneParameters, parseJson } from './lane-route.ts';
import { answerFrames } from './socket-answer.ts';

/** As graphql-ws closes a socket whose message it fails at. */
const internalErrorCode = 4500;

/** What graphql-ws knows of one socket, from `connection_init` on. */
export type SocketContext = Context<Record<string, unknown> | undefined, Extra>;

interface LaneParts {
  lane: FastLane;
  log: Logger;
  /** Whether a socket has as many operations as it may. */
  isFull(context: SocketContext): boolean;
}

/**
 * Opens the fast lane to clients on sockets: it stands before graphql-ws, on the same sockets, and takes the
 * operations that the lane knows. Everything else, and whatever is wrong in any way, graphql-ws hears as it
 * was sent: the rules of the protocol stand in one place.
 *
 * Shape: an operation of the lane holds its id in graphql-ws's own record of the socket. So an id is in use
 * for both or for neither, both count as operations under way, and a `complete` or the end of the socket
 * takes the id away: the answer is dropped then.
 * Cost: a message is parsed once for the lane, and once more if it goes on to graphql-ws.
 */
export class LaneSockets {
  readonly #parts: LaneParts;
  readonly #sockets = new WeakMap<WebSocket, LaneSocket>();

  constructor(parts: LaneParts) {
    this.#parts = parts;
  }

  /** After graphql-ws has begun to listen, and before the first message. */
  watch(client: WebSocket, request: IncomingMessage): void {
    this.#sockets.set(client, new LaneSocket(this.#parts, { client, request }));
  }

  /** At `connection_init`: until then everything is for graphql-ws. */
  connect(context: SocketContext): void {
    this.#sockets.get(context.extra.socket)?.connect(context);
  }

  /**
   * What the operation that graphql-ws hears of at this moment was counted as; undefined: the lane has not
   * had it.
   */
  countedAs({ extra }: SocketContext): object | undefined {
    return this.#sockets.get(extra.socket)?.handedOver;
  }
}

interface Opened {
  client: WebSocket;
  /** The upgrade. */
  request: IncomingMessage;
}

type Heard = [message: RawData, isBinary: boolean];

class LaneSocket {
  /** The place of an operation, while graphql-ws hears of it after the lane. */
  handedOver: object | undefined;
  readonly #parts: LaneParts;
  readonly #opened: Opened;
  readonly #listeners: ((...heard: Heard) => void)[];
  #context: SocketContext | undefined;
  #authorization: string | undefined;

  constructor(parts: LaneParts, opened: Opened) {
    this.#parts = parts;
    this.#opened = opened;
    const { client } = opened;
    this.#listeners = client.listeners('message') as ((...heard: Heard) => void)[];
    client.removeAllListeners('message');
    client.on('message', (...heard) => {
      if (!this.#take(heard)) this.#passOn(heard);
    });
  }

  connect(context: SocketContext): void {
    const { authorization } = this.#opened.request.headers;
    this.#authorization =
      authorizationOfSocket(context.connectionParams).authorization ?? authorization;
    this.#context = context;
  }

  #passOn(heard: Heard): void {
    for (const listener of this.#listeners) listener.apply(this.#opened.client, heard);
  }

  /** Whether the lane answers it. */
  #take(heard: Heard): boolean {
    const context = this.#context;
    const { lane, isFull } = this.#parts;
    if (context === undefined || !context.acknowledged) return false;
    const asked = this.#read(heard[0]);
    if (asked === undefined || asked.id in context.subscriptions) return false;
    const document = lane.find(asked.parameters);
    if (document === undefined || isFull(context)) return false;
    this.#answer(context, { document, asked, heard }).catch((error: unknown) => {
      this.#parts.log.error({ err: error }, 'operation in the fast lane failed');
      this.#opened.client.close(internalErrorCode, 'Internal server error');
    });
    return true;
  }

  #read(message: RawData): Asked | undefined {
    const asked = read(message);
    return typeof asked === 'string' ? this.#parts.lane.refuse(asked) : asked;
  }

  async #answer(context: SocketContext, { document, asked, heard }: Taken): Promise<void> {
    const { id, parameters } = asked;
    const { client, request } = this.#opened;
    const place = {};
    placesOf(context)[id] = place;
    const result = await this.#parts.lane.answer({
      ...{ document, request, countedAs: place, transport: 'socket' },
      variables: parameters.variables ?? undefined,
      authorization: this.#authorization,
      traceparent: request.headers.traceparent as string | undefined,
    });
    // The record is another one once the socket is closed, and the id may be another operation's by now.
    const places = placesOf(context);
    if (places[id] !== place) return;
    delete places[id];
    if (client.readyState !== client.OPEN) return;
    if (result.kind === 'answered') this.#send(id, result.body);
    else this.#handOver(place, heard);
  }

  /** As graphql-ws would write it. Nothing of ws's own waits to be sent before it: it compresses nothing. */
  #send(id: string, body: Buffer | string): void {
    this.#opened.request.socket.write(answerFrames(id, body));
  }

  /** It asks what the operation was counted as before it gives the word back. */
  #handOver(place: object, heard: Heard): void {
    this.handedOver = place;
    this.#passOn(heard);
    this.handedOver = undefined;
  }
}

interface Taken {
  document: LaneDocument;
  asked: Asked;
  heard: Heard;
}

interface Asked {
  id: string;
  parameters: LaneParameters;
}

/** By id; graphql-ws keeps null for an operation with one answer, the lane something of its own. */
function placesOf(context: SocketContext): Record<string, object | null> {
  return context.subscriptions;
}

/** Undefined: it is no operation, or one that graphql-ws would not hear of so; or what is unusual in it. */
function read(message: RawData): Asked | 'parameters' | 'extensions' | undefined {
  const text = String(message);
  const said = parseJson(text);
  if (!isRecord(said) || said.type !== 'subscribe') return undefined;
  const { id, payload } = said;
  if (typeof id !== 'string' || id === '' || !isRecord(payload)) return undefined;
  if (typeof payload.query !== 'string' || isAmbiguous(text)) return 'parameters';
  const parameters = checkParameters(payload);
  return typeof parameters === 'string' ? parameters : { id, parameters };
}
