import { randomUUID } from 'node:crypto';
import { HttpConnection } from '../../bench/connection.ts';

const beginSession = `mutation ($input: BeginSessionInput!) {
  beginSession(input: $input) { session }
}`;
const recordHeartbeats = `mutation ($input: RecordHeartbeatsInput!) {
  recordHeartbeats(input: $input) { outcome }
}`;
/** A connection that was idle for long is closed by the server just when it is used again. */
const triesMax = 2;

/**
 * A device that reports one playhead over a connection of its own: as little work as a device can be,
 * because many of them share the machine with what is looked at.
 */
export class SteadyDevice {
  readonly #url: URL;
  readonly #head: string;
  readonly #beganAt = performance.now();
  #connection: HttpConnection | undefined;
  #session = '';
  #sequence = 0;
  #elapsedMs = 0;

  /** `url` has /graphql at its end. */
  constructor(to: { url: string; token: string }) {
    this.#url = new URL(to.url);
    this.#head = [
      `POST ${this.#url.pathname} HTTP/1.1`,
      `host: ${this.#url.host}`,
      'content-type: application/json',
      `authorization: Bearer ${to.token}`,
    ].join('\r\n');
  }

  async begin(playableId: string): Promise<void> {
    const input = { sessionId: randomUUID(), playableId, deviceId: 'tv', deviceKind: 'TV' };
    const answer = await this.ask<{ beginSession: { session: string } }>(beginSession, { input });
    this.#session = answer.beginSession.session;
  }

  /** Somebody moves to this position. Answers the outcome: DUPLICATE for what had to be sent again. */
  async seek(positionMs: number): Promise<string> {
    const now = Math.ceil(performance.now() - this.#beganAt);
    this.#elapsedMs = Math.max(now, this.#elapsedMs + 1);
    this.#sequence += 1;
    const heartbeat = { event: 'SEEK', positionMs, sequence: this.#sequence };
    const heartbeats = [{ ...heartbeat, elapsedMs: this.#elapsedMs }];
    const input = { session: this.#session, heartbeats };
    const answer = await this.ask<{ recordHeartbeats: { outcome: string } }>(recordHeartbeats, {
      input,
    });
    return answer.recordHeartbeats.outcome;
  }

  /** Any operation. Errors: rejects when nobody answers, or with what was answered instead of data. */
  async ask<Data>(query: string, variables: object = {}): Promise<Data> {
    const body = JSON.stringify({ query, variables });
    const length = `content-length: ${Buffer.byteLength(body)}`;
    const text = await this.#send(`${this.#head}\r\n${length}\r\n\r\n${body}`);
    const answer = JSON.parse(text) as { data?: Data; errors?: unknown[] };
    if (!answer.data || answer.errors !== undefined) throw new Error(text);
    return answer.data;
  }

  close(): void {
    this.#connection?.close();
  }

  async #send(request: string): Promise<string> {
    for (let tries = 1; ; tries += 1) {
      try {
        this.#connection ??= await HttpConnection.open({
          host: this.#url.hostname,
          port: Number(this.#url.port),
        });
        return (await this.#connection.ask(request)).body;
      } catch (error) {
        this.#connection?.close();
        this.#connection = undefined;
        if (tries === triesMax) throw error;
      }
    }
  }
}
