import type { ExecutionResult } from 'graphql';
import type { Client, SubscribePayload } from 'graphql-ws';

/** Results that wait for their reader, at most: a burst of a busy household, and a few MB of it. */
const unreadLengthMax = 128;

type Step = IteratorResult<ExecutionResult, undefined>;

interface Waiting {
  resolve(step: Step): void;
  reject(error: unknown): void;
}

/**
 * The results of one subscription, from a socket that all viewers share: it is read however slow one
 * of them is, or each would wait for the slowest.
 *
 * Shape: a reader that is too far behind is unsubscribed upstream and loses what it had not read. Once
 * it asks again, the subscription begins anew, with the state as it is then: the same as after a lost
 * link. A reader that has stopped costs nothing, here or in the subgraph.
 * Errors: `next()` rejects once with what ended the subscription. `return()` settles at once.
 */
export class UpstreamResults implements AsyncIterableIterator<ExecutionResult, undefined> {
  readonly #client: Client;
  readonly #payload: SubscribePayload;
  readonly #unread: ExecutionResult[] = [];
  #waiting: Waiting | undefined;
  /** Undefined while the reader is too far behind. */
  #unsubscribe: (() => void) | undefined;
  #isEnded = false;
  #fault: { error: unknown } | undefined;

  constructor(client: Client, payload: SubscribePayload) {
    this.#client = client;
    this.#payload = payload;
    this.#subscribe();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Step> {
    const value = this.#unread.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault !== undefined) return Promise.reject(fault.error);
    if (this.#isEnded) return Promise.resolve({ done: true, value: undefined });
    if (this.#unsubscribe === undefined) this.#subscribe();
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  async return(): Promise<Step> {
    this.#isEnded = true;
    this.#letGo();
    this.#take()?.resolve({ done: true, value: undefined });
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<Step> {
    await this.return();
    throw error;
  }

  #subscribe(): void {
    // Each has listeners of its own: the client tells one that was let go that it is complete.
    let isCurrent = true;
    const end = this.#client.subscribe<Record<string, unknown>>(this.#payload, {
      next: (result) => {
        if (isCurrent) this.#deliver(result as ExecutionResult);
      },
      error: (error) => {
        if (isCurrent) this.#end({ error });
      },
      complete: () => {
        if (isCurrent) this.#end(undefined);
      },
    });
    this.#unsubscribe = () => {
      isCurrent = false;
      end();
    };
  }

  #deliver(result: ExecutionResult): void {
    const waiting = this.#take();
    if (waiting !== undefined) waiting.resolve({ done: false, value: result });
    else if (this.#unread.length < unreadLengthMax) this.#unread.push(result);
    else this.#letGo();
  }

  #letGo(): void {
    this.#unread.length = 0;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  #end(fault: { error: unknown } | undefined): void {
    this.#isEnded = true;
    const waiting = this.#take();
    if (waiting === undefined) this.#fault = fault;
    else if (fault === undefined) waiting.resolve({ done: true, value: undefined });
    else waiting.reject(fault.error);
  }

  #take(): Waiting | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }
}
