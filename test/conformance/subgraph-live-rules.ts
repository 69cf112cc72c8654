import { once } from 'node:events';
import type { FieldDefinitionNode } from 'graphql';
import { WebSocket } from 'ws';
import { ownConnection } from '../../schema/fetch-sdl.ts';
import { until } from '../support/until.ts';
import { expectThat, Unmet } from './expectation.ts';
import type { SubgraphCase, SubgraphUnderTest } from './subgraph-under-test.ts';

/** Longest that a subgraph may take to say anything on a socket. */
const answerWaitMs = 10_000;

const isOver = (protocol: 'ws' | 'sse') => (subgraph: SubgraphUnderTest) => {
  if (pushing(subgraph).length === 0) return 'it has no subscription that takes no arguments';
  const said = subgraph.address.subscription.protocol;
  return said === protocol ? undefined : `it pushes over ${said}`;
};

export const subgraphLiveRules: readonly SubgraphCase[] = [
  {
    rule: 'push',
    title: 'subscriptions over graphql-ws begin, and end when they are told to',
    skip: isOver('ws'),
    async run(subgraph) {
      for (const field of pushing(subgraph)) await beginAndEnd(subgraph, field);
    },
  },
  {
    rule: 'stream',
    title: 'subscriptions are answered by event streams',
    skip: isOver('sse'),
    async run(subgraph) {
      const { url, headers, subscription } = subgraph.address;
      for (const field of pushing(subgraph)) {
        const leaving = new AbortController();
        const response = await fetch(new URL(subscription.path, url), {
          method: 'POST',
          headers: {
            ...ownConnection,
            ...headers,
            'content-type': 'application/json',
            accept: 'text/event-stream',
          },
          body: JSON.stringify({ query: operationOf(subgraph, field) }),
          signal: AbortSignal.any([leaving.signal, AbortSignal.timeout(answerWaitMs)]),
        });
        leaving.abort();
        const type = response.headers.get('content-type');
        expectThat(type?.startsWith('text/event-stream') ?? false, 'an event stream', {
          status: response.status,
          type,
        });
      }
    },
  },
];

function pushing(subgraph: SubgraphUnderTest): FieldDefinitionNode[] {
  return subgraph
    .fieldsOf('Subscription')
    .filter(({ arguments: given }) => !given?.some(({ type }) => type.kind === 'NonNullType'));
}

function operationOf(subgraph: SubgraphUnderTest, field: FieldDefinitionNode): string {
  return `subscription { ${field.name.value} ${subgraph.selectionOf(field)} }`;
}

/**
 * An id that may be used anew is one whose subscription has ended: a subgraph that goes on closes the
 * socket with 4409. Each ping makes sure that all before it was read.
 */
async function beginAndEnd(subgraph: SubgraphUnderTest, field: FieldDefinitionNode): Promise<void> {
  const { url, headers, subscription } = subgraph.address;
  const socket = new Socket(new URL(subscription.path, url).href.replace(/^http/, 'ws'));
  try {
    await socket.send({ type: 'connection_init' }, 'connection_ack');
    // In each operation, as the gateway does: one socket serves all viewers.
    const payload = { query: operationOf(subgraph, field), extensions: { headers } };
    for (const _time of ['first', 'again']) {
      await socket.send({ type: 'subscribe', id: 'one', payload });
      await socket.send({ type: 'ping' }, 'pong');
      socket.expectCodedErrors();
      await socket.send({ type: 'complete', id: 'one' });
      await socket.send({ type: 'ping' }, 'pong');
      socket.forget();
      await socket.send({ type: 'ping' }, 'pong');
      expectThat(!socket.heard('next'), 'nothing more after complete', socket.received);
    }
  } finally {
    socket.close();
  }
}

interface Message {
  type: string;
  payload?: unknown;
}

class Socket {
  readonly received: Message[] = [];
  readonly #socket: WebSocket;
  readonly #opened: Promise<unknown>;
  #ended: string | undefined;
  #pongs = 0;

  constructor(url: string) {
    this.#socket = new WebSocket(url, 'graphql-transport-ws');
    this.#opened = once(this.#socket, 'open');
    this.#socket.on('message', (text) => {
      const message = JSON.parse(String(text)) as Message;
      if (message.type === 'pong') this.#pongs += 1;
      else if (message.type === 'ping') this.#socket.send('{"type":"pong"}');
      else this.received.push(message);
    });
    this.#socket.on('close', (code, reason) => {
      this.#ended = `${code} ${reason}`;
    });
    this.#socket.on('error', (error) => {
      this.#ended = error.message;
    });
  }

  heard(type: string): boolean {
    return this.received.some((message) => message.type === type);
  }

  forget(): void {
    this.received.length = 0;
  }

  /** Errors: Unmet when the answer does not come, or the socket is closed instead. */
  async send(message: object, answer?: 'connection_ack' | 'pong'): Promise<void> {
    await this.#opened.catch((error: unknown) => {
      throw new Unmet('an open socket', String(error));
    });
    const before = this.#pongs;
    this.#socket.send(JSON.stringify(message));
    if (answer === undefined) return;
    const isThere = () => (answer === 'pong' ? this.#pongs > before : this.heard(answer));
    const isOver = () => isThere() || this.#ended !== undefined;
    await until(isOver, { what: answer, deadlineMs: answerWaitMs }).catch(() => {});
    if (!isThere()) throw new Unmet(answer, this.#ended ?? this.received);
  }

  /** A refusal is an answer as well, if it has a code. */
  expectCodedErrors(): void {
    const errors = this.received.filter(({ type }) => type === 'error');
    const isCoded = errors.every(({ payload }) => /"code":"\w+"/.test(JSON.stringify(payload)));
    expectThat(isCoded, 'refusals with extensions.code', errors);
  }

  close(): void {
    this.#socket.terminate();
  }
}
