import { randomUUID } from 'node:crypto';
import {
  type BeginSessionInput,
  type BeginSessionResult,
  beginSessionMutation,
  type RecordedHeartbeats,
  recordHeartbeatsMutation,
} from '../../client/operations.ts';
import type { Heartbeat, PlaybackEvent } from '../../client/outbox.ts';
import { Unmet } from './expectation.ts';
import type { ServerUnderTest } from './server-under-test.ts';

/** Length of what a device plays unless it says otherwise: long enough that no rule calls it finished. */
export const filmMs = 7_200_000;

type Begun = NonNullable<BeginSessionResult['beginSession']>;

/**
 * One session on one device. Its clock starts with the answer of `beginSession`, not with the press of
 * play: it is then behind the server's by the way back and never ahead, so that what a case does
 * first is also first by the server's clock, however slow the network.
 */
export class Device {
  readonly playableId: string;
  readonly deviceId = `device-${randomUUID()}`;
  sessionId = '';
  /** Empty until it began. */
  session = '';
  readonly #server: ServerUnderTest;
  #originMs = 0;
  #sequence = -1;
  #elapsedMs = -1;

  constructor(server: ServerUnderTest, playableId: string) {
    this.#server = server;
    this.playableId = playableId;
  }

  /** A new session. With `elapsedMs` it has been playing that long before it could be begun. */
  async begin(more: Partial<BeginSessionInput> = {}): Promise<Begun> {
    const { elapsedMs = 0 } = more;
    this.sessionId = randomUUID();
    this.#sequence = -1;
    this.#elapsedMs = -1;
    const begun = await this.ask({ durationMs: filmMs, elapsedMs, ...more });
    this.#originMs = performance.now() - elapsedMs;
    this.session = begun.session ?? '';
    return begun;
  }

  /** Asks for the session again, or for one with a fault. */
  async ask(more: Partial<BeginSessionInput>): Promise<Begun> {
    const { playableId, deviceId, sessionId } = this;
    const own = { playableId, deviceId, sessionId, deviceKind: 'TV', elapsedMs: 0 };
    const data: BeginSessionResult = await this.#server.data(beginSessionMutation, {
      input: { ...own, ...more },
    });
    if (data.beginSession) return data.beginSession;
    throw new Unmet('an answer of beginSession', data);
  }

  /** What the session clock reads now. */
  get elapsedMs(): number {
    return Math.floor(performance.now() - this.#originMs);
  }

  /** What the player notes now, to be sent now or later. */
  observe(event: PlaybackEvent, positionMs: number, more: Partial<Heartbeat> = {}): Heartbeat {
    this.#sequence += 1;
    this.#elapsedMs = Math.max(this.elapsedMs, this.#elapsedMs + 1);
    const { elapsedMs = this.#elapsedMs, sequence = this.#sequence } = more;
    return { event, positionMs, ...more, sequence, elapsedMs };
  }

  async send(...heartbeats: readonly Heartbeat[]): Promise<RecordedHeartbeats> {
    const input = { session: this.session, heartbeats };
    const data = await this.#server.data(recordHeartbeatsMutation, { input });
    if (data.recordHeartbeats) return data.recordHeartbeats;
    throw new Unmet('an answer of recordHeartbeats', data);
  }

  report(
    event: PlaybackEvent,
    positionMs: number,
    more?: Partial<Heartbeat>,
  ): Promise<RecordedHeartbeats> {
    return this.send(this.observe(event, positionMs, more));
  }

  /** Begins, and is at this position, playing. */
  async play(positionMs: number, more?: Partial<BeginSessionInput>): Promise<RecordedHeartbeats> {
    await this.begin(more);
    return this.report('START', positionMs);
  }
}
