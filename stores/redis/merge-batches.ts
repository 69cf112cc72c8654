import type { MergeRequest } from '../hot-store.ts';

/** Requests in one step: some 0.5 ms of Redis, so that a batch holds up nobody else. */
const batchLengthMax = 64;

interface Waiting<Reply> {
  request: MergeRequest;
  resolve: (reply: Reply) => void;
  reject: (error: unknown) => void;
}

/**
 * Sends the merges of one partition that come in one turn of the event loop as one step: the script's
 * own cost is then shared (0.66 of it for 25), and so is the round trip.
 *
 * Errors: what `send` throws, to each request of that batch.
 */
export class MergeBatches<Reply> {
  readonly #send: (requests: readonly MergeRequest[]) => Promise<Reply[]>;
  #waiting: Waiting<Reply>[] = [];

  constructor(send: (requests: readonly MergeRequest[]) => Promise<Reply[]>) {
    this.#send = send;
  }

  add(request: MergeRequest): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#flush());
      this.#waiting.push({ request, resolve, reject });
    });
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let first = 0; first < waiting.length; first += batchLengthMax) {
      void this.#sendBatch(waiting.slice(first, first + batchLengthMax));
    }
  }

  async #sendBatch(batch: readonly Waiting<Reply>[]): Promise<void> {
    try {
      const replies = await this.#send(batch.map(({ request }) => request));
      batch.forEach(({ resolve }, index) => {
        resolve(replies[index] as Reply);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
