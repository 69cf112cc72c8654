/** What a live stream tells of, and how it learns that there may be news. */
export interface Followed<State, Update> {
  /** Begins to listen; the answer ends that. Called once, before anything is read. */
  listen(): Promise<() => Promise<void>>;
  /** Reads what may have moved. Called first at once, then after each time that the stream was woken. */
  read(): Promise<State>;
  /** What the subscriber does not have yet; null: nothing. Not called once the stream has ended. */
  news(state: State): Update | null;
  /** Takes back timers. Called once, as the stream ends. */
  end(): void;
}

/**
 * A live stream to one subscriber, as the source of a GraphQL subscription. Hand-made: the `return()` of an
 * `async function*` would wait for the change that is awaited.
 *
 * Shape: `follow` is given what wakes the stream. Listening begins before the first read, so nothing falls
 * between. That something may have moved waits as one flag and is read when the subscriber asks for more.
 * Asked several times at once, it answers in order.
 * Errors: those of what is followed; each ends the stream.
 * Cost: one read a wake at most. `return()` settles at once, whatever is being waited for.
 */
export class LiveStream<State, Update> implements AsyncIterableIterator<Update> {
  readonly #followed: Followed<State, Update>;
  #asked: Promise<unknown> = Promise.resolve();
  #stop: (() => Promise<void>) | undefined;
  #goOn: (() => void) | undefined;
  #hasBegun = false;
  #mayHaveNews = true;
  #isEnded = false;

  constructor(follow: (wake: () => void) => Followed<State, Update>) {
    this.#followed = follow(() => this.#wake());
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Update>> {
    const answer = this.#asked.then(() => this.#answer());
    this.#asked = answer.catch(() => {});
    return answer;
  }

  async return(): Promise<IteratorResult<Update>> {
    if (!this.#isEnded) {
      this.#isEnded = true;
      this.#followed.end();
    }
    this.#goOn?.();
    await this.#stopListening();
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<IteratorResult<Update>> {
    await this.return();
    throw error;
  }

  #wake(): void {
    this.#mayHaveNews = true;
    this.#goOn?.();
  }

  async #answer(): Promise<IteratorResult<Update>> {
    try {
      const update = await this.#nextUpdate();
      return update === null ? { done: true, value: undefined } : { done: false, value: update };
    } catch (error) {
      // Whoever iterates learns of the failure and stops asking: nobody would call return().
      await this.return();
      throw error;
    }
  }

  /** Null when the subscriber left meanwhile. */
  async #nextUpdate(): Promise<Update | null> {
    if (!this.#hasBegun && !this.#isEnded) await this.#listen();
    while (!this.#isEnded) {
      const update = this.#mayHaveNews ? await this.#read() : await this.#woken();
      if (update !== null) return update;
    }
    return null;
  }

  async #listen(): Promise<void> {
    this.#hasBegun = true;
    this.#stop = await this.#followed.listen();
    if (this.#isEnded) await this.#stopListening();
  }

  /** Once, however often a stream is ended: a second time might meet somebody else's place. */
  async #stopListening(): Promise<void> {
    const stop = this.#stop;
    this.#stop = undefined;
    await stop?.();
  }

  async #read(): Promise<Update | null> {
    this.#mayHaveNews = false;
    const state = await this.#followed.read();
    return this.#isEnded ? null : this.#followed.news(state);
  }

  #woken(): Promise<null> {
    return new Promise((resolve) => {
      this.#goOn = () => resolve(null);
    });
  }
}
