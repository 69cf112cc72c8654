import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from 'graphql-sse';
import {
  type Operation,
  type Playhead,
  type PlayheadQueryResult,
  type PlayheadUpdatesResult,
  playheadQuery,
  playheadUpdatesSubscription,
} from '../../client/operations.ts';
import { until } from '../support/until.ts';
import { Device } from './device.ts';
import { Unmet } from './expectation.ts';

/** An answer by HTTP, as it came; `data` is null where the server gave none. */
export interface HttpAnswer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a case reads whatever it asked for.
  data: any;
  errors: readonly { message?: string; extensions?: Extensions }[];
}

interface Extensions {
  code?: string;
  retryable?: boolean;
  retryAfterMs?: number;
}

/** Where the server is, and as whom it is asked. */
export interface ServerAddress {
  /** The GraphQL endpoint. */
  url: string;
  token: string;
  /** Of another profile; cases that need one are skipped without it. */
  otherToken?: string | undefined;
}

/** Longest that a case waits for a push: far above anything promised. */
const pushWaitMs = 10_000;

/** Of one request that is refused for now: what several cases send at once comes back in turn. */
const triesMax = 20;

/** Any server that speaks the protocol, as a client meets it: HTTP and event streams. */
export class ServerUnderTest {
  readonly address: ServerAddress;

  constructor(address: ServerAddress) {
    this.address = address;
  }

  /** A request as it is: whatever body, whatever headers. */
  async post(body: string, headers: Record<string, string>): Promise<HttpAnswer> {
    const response = await fetch(this.address.url, { method: 'POST', body, headers });
    const text = await response.text();
    const { data = null, errors = [] } = parsed(text);
    return { status: response.status, data, errors };
  }

  /** Waits where the server says that this was too much at a time: no viewer asks like that. */
  async ask(
    operation: Operation,
    variables: object = {},
    token: string | null = this.address.token,
  ): Promise<HttpAnswer> {
    const { name: operationName, document: query } = operation;
    const headers = {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    };
    for (let tries = 1; ; tries += 1) {
      const answer = await this.post(JSON.stringify({ operationName, query, variables }), headers);
      const { code, retryAfterMs = 0 } = answer.errors[0]?.extensions ?? {};
      if (code !== 'RATE_LIMITED' || tries === triesMax) return answer;
      await delay(retryAfterMs);
    }
  }

  /** The data alone. Errors: Unmet with what the server said instead. */
  // biome-ignore lint/suspicious/noExplicitAny: a case reads whatever it asked for.
  async data(operation: Operation, variables: object = {}): Promise<any> {
    const { status, data, errors } = await this.ask(operation, variables);
    if (data !== null && errors.length === 0) return data;
    throw new Unmet(`${operation.name} with data`, { status, data, errors });
  }

  /** A title that this profile has never touched: cases never meet each other. */
  newTitle(): string {
    return `conformance-${randomUUID()}`;
  }

  device(playableId = this.newTitle()): Device {
    return new Device(this, playableId);
  }

  async playhead(playableId: string): Promise<Playhead> {
    const { viewer } = (await this.data(playheadQuery, { playableId })) as PlayheadQueryResult;
    if (viewer?.playhead) return viewer.playhead;
    throw new Unmet('a playhead', viewer);
  }

  /** Follows all of the profile's titles; the first update has arrived when this resolves. */
  async follow(playableId: string): Promise<Followed> {
    const followed = new Followed(this.address, playableId);
    await followed.until(() => followed.kinds.length > 0, 'the first update');
    return followed;
  }
}

/** One event stream, and what it told of one title. */
export class Followed {
  readonly kinds: string[] = [];
  /** Of the title, in order of arrival. */
  readonly pushed: Playhead[] = [];
  readonly #close: () => void;
  #failure: unknown;

  constructor({ url, token }: ServerAddress, playableId: string) {
    const client = createClient({
      url,
      headers: { authorization: `Bearer ${token}` },
      retryAttempts: 0,
    });
    client.subscribe(
      { query: playheadUpdatesSubscription.document },
      {
        next: ({ data }) => {
          const { kind, playheads } = (data as unknown as PlayheadUpdatesResult).playheadUpdates;
          this.kinds.push(kind);
          this.pushed.push(...playheads.filter((one) => one.playableId === playableId));
        },
        error: (error) => {
          this.#failure = error;
        },
        complete: () => {},
      },
    );
    this.#close = () => client.dispose();
  }

  /** Errors: Unmet when it does not come to that. */
  async until(condition: () => boolean, what: string): Promise<void> {
    const isOver = () => condition() || this.#failure !== undefined;
    await until(isOver, { what, deadlineMs: pushWaitMs }).catch(() => {
      throw new Unmet(what, { kinds: this.kinds, pushed: this.pushed });
    });
    if (!condition()) throw new Unmet(what, String(this.#failure));
  }

  close(): void {
    this.#close();
  }
}

function parsed(text: string): Partial<HttpAnswer> {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    // Not GraphQL, which is what a case will say: the status and no data.
    return {};
  }
}
