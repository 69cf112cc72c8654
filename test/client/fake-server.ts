import { setImmediate as turn } from 'node:timers/promises';
import type { Playhead } from '../../client/index.ts';
import type { Heartbeat } from '../../client/outbox.ts';

/** A request as the server got it. */
export interface Seen {
  operation: string;
  // biome-ignore lint/suspicious/noExplicitAny: variables are read by tests that know their operation.
  variables: any;
  authorization: string | null;
  isKeepalive: boolean;
}

/** What a scripted operation answers: data, errors, a bare status, or nothing at all. */
export type Reply =
  | { data: Record<string, unknown> }
  | { errors: readonly { message: string; extensions?: object }[]; status?: number }
  | { status: number; text: string; headers?: Record<string, string> }
  | FakeStream
  | 'unreachable';

type Script = (seen: Seen) => Reply | Promise<Reply>;

/** Turns of the event loop in which a request and its answer have surely passed each other. */
const turnsMax = 12;

/** One stream of server-sent events that the test writes to. */
export class FakeStream {
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** The client let go of it. */
  isLeft = false;

  open(signal: AbortSignal | undefined): Response {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
    });
    signal?.addEventListener('abort', () => {
      this.isLeft = true;
      this.#controller?.error(signal.reason);
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  }

  push(result: object): void {
    this.#write(`event: next\ndata: ${JSON.stringify(result)}\n\n`);
  }

  /** What servers send so that proxies do not close a silent stream. */
  keepAlive(): void {
    this.#write(':\n\n');
  }

  complete(): void {
    this.#write('event: complete\ndata:\n\n');
  }

  break(): void {
    this.#controller?.error(new TypeError('network error'));
  }

  #write(text: string): void {
    this.#controller?.enqueue(new TextEncoder().encode(text));
  }
}

/** A server behind a `fetch`: answers every operation of the SDK, or what a test scripts. */
export class FakeServer {
  readonly seen: Seen[] = [];
  readonly #scripts = new Map<string, Script>();

  readonly fetch: typeof fetch = async (_input, init = {}) => {
    const { operationName, variables } = JSON.parse(String(init.body));
    const seen = {
      operation: operationName,
      variables,
      authorization: new Headers(init.headers).get('authorization'),
      isKeepalive: init.keepalive === true,
    };
    this.seen.push(seen);
    const script = this.#scripts.get(operationName) ?? standard[operationName];
    const reply = await (script ?? (() => 'unreachable' as const))(seen);
    if (reply === 'unreachable') throw new TypeError('Failed to fetch');
    if (reply instanceof FakeStream) return reply.open(init.signal ?? undefined);
    if ('text' in reply) {
      const { status, text, headers = {} } = reply;
      return new Response(text, { status, headers });
    }
    const status = 'errors' in reply ? (reply.status ?? 200) : 200;
    return new Response(JSON.stringify(reply), { status });
  };

  /** From now on this operation answers so. */
  on(operation: string, script: Script): void {
    this.#scripts.set(operation, script);
  }

  /** Back to the ordinary answer. */
  restore(operation: string): void {
    this.#scripts.delete(operation);
  }

  of(operation: string): Seen[] {
    return this.seen.filter((seen) => seen.operation === operation);
  }

  /** Every heartbeat that arrived, retries too, in order of arrival. */
  get heartbeats(): Heartbeat[] {
    return this.of('RecordHeartbeats').flatMap(({ variables }) => variables.input.heartbeats);
  }

  /** Lets what is under way arrive and be answered. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < turnsMax; turns += 1) await turn();
  }
}

/** A playhead as the server sends it; `at` overrides. */
export function playhead(at: Partial<Playhead> = {}): Playhead {
  return {
    id: 'ph',
    playableId: 'mov_1',
    positionMs: 0,
    resumePositionMs: at.positionMs ?? 0,
    durationMs: 600_000,
    progress: null,
    status: 'IN_PROGRESS',
    hidden: false,
    version: versionAt(1),
    updatedAt: null,
    device: null,
    activeSession: null,
    freshness: { degraded: false },
    ...at,
  };
}

/** Versions in the order of their numbers. */
export function versionAt(number: number): string {
  return String(number).padStart(24, '0');
}

/** The ordinary answer of a batch; `over` overrides. */
export function recorded(over: object = {}): Reply {
  const answer = { outcome: 'ACCEPTED', durability: 'HOT', nextHeartbeatInMs: 5_000 };
  return { data: { recordHeartbeats: { ...answer, problems: [], playhead: null, ...over } } };
}

/** The ordinary answer of a session; `over` overrides. */
export function begun(over: object = {}): Reply {
  const answer = { session: 'token', stale: false, nextHeartbeatInMs: 5_000, playhead: null };
  return { data: { beginSession: { ...answer, problems: [], ...over } } };
}

const standard: Record<string, Script> = {
  BeginSession: ({ variables }) => begun({ session: `token of ${variables.input.sessionId}` }),
  RecordHeartbeats: ({ variables }) => {
    const { heartbeats } = variables.input;
    const { event, positionMs, elapsedMs } = heartbeats.at(-1);
    const nextHeartbeatInMs = event === 'PAUSE' || event === 'PING' ? 60_000 : 5_000;
    const version = versionAt(1_000_000 + elapsedMs);
    return recorded({ nextHeartbeatInMs, playhead: playhead({ positionMs, version }) });
  },
  PlayheadOf: () => ({ data: { viewer: { playhead: null } } }),
};
