import { backoffMs } from './backoff.ts';
import type { Chance } from './chance.ts';
import type { DeviceClock } from './clock.ts';
import type { Operation } from './operations.ts';
import type { Page } from './page.ts';
import { type GraphQLFailure, graphqlFault } from './transport.ts';

/** One open stream; the answer of `subscribe` ends it. */
export type Subscribe = (
  request: { operationName: string; query: string; variables: Record<string, unknown> },
  sink: StreamSink,
) => () => void;

/** What arrives on a stream, never before `subscribe` has returned: results, then at most one end. */
export interface StreamSink {
  next(result: { data?: unknown; errors?: readonly GraphQLFailure[] }): void;
  error(error: unknown): void;
  complete(): void;
}

/** What a subscription lives on. */
export interface LiveDeps {
  subscribe: Subscribe;
  clock: DeviceClock;
  chance: Chance;
  page: Page;
}

/** How to reach the server with a stream. */
export interface StreamOptions {
  url: string;
  fetch: typeof fetch;
  authorization: () => Promise<Record<string, string>>;
}

/** What to subscribe to. `variables(false)` leaves out what a server of another release may not know. */
export interface LiveQuestion<Data> {
  operation: Operation;
  variables(withOptional: boolean): Record<string, unknown>;
  onData(data: Data): void;
}

/**
 * A subscription that lasts: whatever ends the stream, it is opened again after a back-off, and the
 * server begins with a new snapshot.
 *
 * Shape: open while it is wanted and the page can be seen: a hidden page holds none of the six
 * connections a browser gives to a host.
 * Errors: none thrown; a stream that cannot be opened is tried for ever, at most once a minute.
 */
export class LiveSubscription<Data> {
  readonly #deps: LiveDeps;
  readonly #question: LiveQuestion<Data>;
  #isWanted = false;
  #withOptional = true;
  #failures = 0;
  /** What the server said to wait before it is asked again, until it answers. */
  #atLeastMs = 0;
  #isStreaming = false;
  /** Ends the stream, or the wait for the next one. */
  #end: () => void = () => {};
  #stopListening: () => void = () => {};

  constructor(deps: LiveDeps, question: LiveQuestion<Data>) {
    this.#deps = deps;
    this.#question = question;
  }

  /** Wanted from now on. Idempotent. */
  open(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#stopListening = this.#deps.page.listen({
      hidden: () => this.#disconnect(),
      ended: () => this.#disconnect(),
      visible: () => {
        if (!this.#isStreaming) this.#reconnect();
      },
      // The old connection may be dead without knowing it.
      online: () => this.#reconnect(),
    });
    if (this.#deps.page.isVisible()) this.#connect();
  }

  /** No longer wanted. Idempotent. */
  close(): void {
    this.#isWanted = false;
    this.#stopListening();
    this.#disconnect();
  }

  #reconnect(): void {
    this.#disconnect();
    this.#connect();
  }

  #disconnect(): void {
    this.#end();
    this.#end = () => {};
    this.#isStreaming = false;
  }

  #connect(): void {
    let isOver = false;
    const end = () => {
      isOver = true;
      unsubscribe();
    };
    const onEnd = () => {
      if (isOver) return;
      end();
      this.#connectLater();
    };
    const unsubscribe = this.#deps.subscribe(this.#request(), {
      next: (result) => {
        if (!isOver && !this.#take(result)) onEnd();
      },
      error: onEnd,
      complete: onEnd,
    });
    this.#isStreaming = true;
    this.#end = end;
  }

  #request(): Parameters<Subscribe>[0] {
    const { operation, variables } = this.#question;
    return {
      operationName: operation.name,
      query: operation.document,
      variables: variables(this.#withOptional),
    };
  }

  /** False: the stream is of no use. */
  #take(result: { data?: unknown; errors?: readonly GraphQLFailure[] }): boolean {
    try {
      if (result.data) {
        this.#question.onData(result.data as Data);
        this.#failures = 0;
        this.#atLeastMs = 0;
        return true;
      }
    } catch {
      // Data of another form than was asked for: as good as none.
      return false;
    }
    const { code, retryAfterMs } = graphqlFault(result.errors?.[0] ?? { message: '' });
    if (code === 'BAD_USER_INPUT') this.#withOptional = false;
    this.#atLeastMs = retryAfterMs;
    return false;
  }

  #connectLater(): void {
    this.#failures += 1;
    const { clock, chance } = this.#deps;
    const after = { failures: this.#failures, atLeastMs: this.#atLeastMs };
    const waitMs = backoffMs(after, chance.random);
    this.#isStreaming = false;
    this.#end = clock.after(waitMs, () => this.#connect());
  }
}
