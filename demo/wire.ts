/** One operation of one device, as it was sent. */
export interface Exchange {
  /** How the page calls the device. */
  who: string;
  name: string;
  document: string;
  variables: Readonly<Record<string, unknown>>;
}

/** What a page may hear of operations as they happen. Answers are GraphQL results as text. */
export interface WireListener {
  began?(exchange: Exchange): void;
  answered?(exchange: Exchange, answer: { status: number; text: string }): void;
  /** One event of a stream that stays open. */
  pushed?(exchange: Exchange, text: string): void;
  /** No answer, or the end of a stream. */
  ended?(exchange: Exchange, reason: string): void;
}

/** Everything that devices of this page say to the server, and hear from it. */
export class Wire {
  readonly #listeners = new Set<WireListener>();

  listen(listener: WireListener): void {
    this.#listeners.add(listener);
  }

  /** A `fetch` for one device, whose operations are heard here. What it answers is left as it is. */
  observed(who: string, fetchWith: typeof fetch): typeof fetch {
    return async (input, init) => {
      const exchange = exchangeOf(who, init?.body);
      this.#tell((listener) => listener.began?.(exchange));
      try {
        const response = await fetchWith(input, init);
        void this.#follow(exchange, response.clone());
        return response;
      } catch (error) {
        this.#tell((listener) => listener.ended?.(exchange, String(error)));
        throw error;
      }
    };
  }

  async #follow(exchange: Exchange, response: Response): Promise<void> {
    const { status, headers, body } = response;
    try {
      if (body !== null && headers.get('content-type')?.startsWith('text/event-stream')) {
        await readEvents(body, (text) =>
          this.#tell((listener) => listener.pushed?.(exchange, text)),
        );
        this.#tell((listener) => listener.ended?.(exchange, 'The stream ended.'));
        return;
      }
      const text = await response.text();
      this.#tell((listener) => listener.answered?.(exchange, { status, text }));
    } catch (error) {
      this.#tell((listener) => listener.ended?.(exchange, String(error)));
    }
  }

  #tell(call: (listener: WireListener) => void): void {
    for (const listener of this.#listeners) call(listener);
  }
}

/** Reads an event stream to its end; events without data, which keep it alive, are left out. */
async function readEvents(
  body: ReadableStream<Uint8Array>,
  onEvent: (text: string) => void,
): Promise<void> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = (await reader.read()) as { done: boolean; value?: string };
    if (done) return;
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, text = ''] = /^data: ?(.+)$/m.exec(block) ?? [];
      if (text !== '') onEvent(text);
    }
  }
}

function exchangeOf(who: string, body: BodyInit | null | undefined): Exchange {
  const sent = typeof body === 'string' ? (JSON.parse(body) as Sent) : {};
  return {
    who,
    name: sent.operationName ?? 'request',
    document: sent.query ?? '',
    variables: sent.variables ?? {},
  };
}

interface Sent {
  operationName?: string;
  query?: string;
  variables?: Record<string, unknown>;
}
