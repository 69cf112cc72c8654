import { until } from '../support/until.ts';

/** A source of events whose subscriptions are counted, opened and closed. */
export class ToyEvents<Event> {
  opened = 0;
  closed = 0;
  readonly #live = new Set<(event: Event) => void>();

  get liveCount(): number {
    return this.#live.size;
  }

  /** Waits until exactly this many subscriptions are open. */
  async untilLive(count: number): Promise<void> {
    await until(() => this.liveCount === count, { what: `${count} live subscriptions` });
  }

  push(event: Event): void {
    for (const deliver of this.#live) deliver(event);
  }

  /** Ends when its `return()` is called, at once, whether or not an event is awaited. */
  subscribe(
    isWanted: (event: Event) => boolean,
  ): AsyncIterableIterator<Event, undefined, undefined> {
    const waiting: Event[] = [];
    let wake = () => {};
    let hasEnded = false;
    const deliver = (event: Event) => {
      if (isWanted(event)) waiting.push(event);
      wake();
    };
    this.opened += 1;
    this.#live.add(deliver);
    const end = async () => {
      if (!hasEnded) this.closed += 1;
      hasEnded = true;
      this.#live.delete(deliver);
      wake();
      return { done: true as const, value: undefined };
    };
    return {
      async next() {
        while (!hasEnded && waiting.length === 0) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        const event = waiting.shift();
        return event === undefined || hasEnded
          ? { done: true, value: undefined }
          : { done: false, value: event };
      },
      return: end,
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }
}
