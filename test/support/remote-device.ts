import { randomUUID } from 'node:crypto';

/** Origin of a gateway, or of a playback process that takes tokens itself. */
interface Server {
  readonly url: string;
}

/** One heartbeat as a player words it; sequence and session clock are the device's business. */
export interface Beat {
  event?: string;
  positionMs: number;
}

interface SentHeartbeat extends Beat {
  sequence: number;
  elapsedMs: number;
}

export interface Acknowledgement {
  outcome: string;
  durability: string;
  playhead: { version: string; positionMs: number; status: string } | null;
  problems: { code: string; path: string[] }[];
}

/** A query by HTTP, as any client sends it. Errors: throws with what the gateway answered. */
export async function askGateway<Data>(
  server: Server,
  token: string,
  operation: { query: string; variables?: Record<string, unknown> },
): Promise<Data> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(operation),
  });
  const answer = (await response.json()) as { data?: Data; errors?: unknown[] };
  if (answer.errors !== undefined || !answer.data) {
    throw new Error(`${response.status}: ${JSON.stringify(answer)}`);
  }
  return answer.data;
}

/** A device at the far end of HTTP, with a session of its own and a clock that the test moves. */
export class RemoteDevice {
  readonly #server: Server;
  readonly #token: string;
  readonly #sessionId = randomUUID();
  #session = '';
  #sequence = 0;
  #elapsedMs = 0;
  readonly #beganAt = performance.now();

  constructor(server: Server, token: string) {
    this.#server = server;
    this.#token = token;
  }

  async begin(input: {
    playableId: string;
    deviceId: string;
    deviceKind: string;
    elapsedMs?: number;
    basedOn?: string | null;
  }): Promise<{ stale: boolean; playhead: { version: string } | null }> {
    const data = await askGateway<{
      beginSession: { session: string; stale: boolean; playhead: { version: string } | null };
    }>(this.#server, this.#token, {
      query: `mutation ($input: BeginSessionInput!) {
        beginSession(input: $input) { session stale playhead { version } problems { code } }
      }`,
      variables: { input: { sessionId: this.#sessionId, ...input } },
    });
    this.#session = data.beginSession.session;
    return data.beginSession;
  }

  /** Gives beats their sequence and session clock, as they are observed; sends nothing. */
  observe(beats: readonly Beat[], options: { offlineAtMs?: number } = {}): SentHeartbeat[] {
    return beats.map((beat) => {
      const nowMs = options.offlineAtMs ?? performance.now() - this.#beganAt;
      this.#elapsedMs = Math.max(Math.ceil(nowMs), this.#elapsedMs + 1);
      this.#sequence += 1;
      return { ...beat, sequence: this.#sequence, elapsedMs: this.#elapsedMs };
    });
  }

  async send(heartbeats: readonly SentHeartbeat[]): Promise<Acknowledgement> {
    const data = await askGateway<{ recordHeartbeats: Acknowledgement }>(
      this.#server,
      this.#token,
      {
        query: `mutation ($input: RecordHeartbeatsInput!) {
          recordHeartbeats(input: $input) {
            outcome durability playhead { version positionMs status } problems { code path }
          }
        }`,
        variables: { input: { session: this.#session, heartbeats } },
      },
    );
    return data.recordHeartbeats;
  }

  async report(beat: Beat): Promise<Acknowledgement> {
    return this.send(this.observe([beat]));
  }
}
