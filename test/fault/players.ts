import { randomUUID } from 'node:crypto';
import { Outbox, type PlaybackEvent } from '../../client/outbox.ts';
import { activityAtMs } from '../../domain/heartbeat.ts';
import { defaultPolicy } from '../../domain/policy.ts';
import { openSessionToken, type SessionToken } from '../../domain/session-token.ts';
import { sessionVersion } from '../../domain/version.ts';
import type { Change } from '../../subgraphs/playback/change-playhead.ts';
import type { Chance } from '../support/chance.ts';
import type { Answer, History, LoadRequest, SubmittedBeat } from './history.ts';
import { answerOf, type GivenResponse, operations, post } from './load-client.ts';

/** Ten hours: no position of a test's load is near the end. */
const durationMs = 36_000_000;

/** Where requests go; processes of one name may come and go. */
export interface Target {
  name: string;
  /** Where it is, and its stores are. */
  region: string;
  /** With /graphql at its end. */
  url: string;
  /** @default post */
  send?: typeof post;
}

export interface ClientOptions {
  profileId: string;
  token: string;
  targets: readonly Target[];
  history: History;
  chance: Chance;
}

/** Somebody who asks one thing after the other, any process, and writes down what was answered. */
abstract class LoadClient {
  abstract readonly name: string;
  readonly options: ClientOptions;

  constructor(options: ClientOptions) {
    this.options = options;
  }

  /** One request, or a few that belong together. */
  abstract step(): Promise<void>;

  protected async ask(
    request: LoadRequest,
    operation: { query: string; variables: object },
  ): Promise<{ response: GivenResponse | Error; answer: Answer }> {
    const { history, targets, chance, token, profileId } = this.options;
    const { name: process, region, url, send = post } = chance.pick(targets);
    const id = history.sent({ client: this.name, process, region, profileId, request });
    const response = await send({ url, token }, operation);
    const titles = request.kind === 'read' ? request.titles : [request.title];
    const answer = answerOf(response, titles);
    history.answered(id, answer);
    return { response, answer };
  }
}

/** Positions of one title, each handed out once: whoever serves one can be asked where it came from. */
export class Positions {
  #next = 0;

  next(): number {
    this.#next += 1;
    return this.#next * 1_000;
  }
}

const wishes: readonly (readonly [weight: number, event: PlaybackEvent])[] = [
  [20, 'HEARTBEAT'],
  [2, 'SEEK'],
  [2, 'PAUSE'],
  [1, 'PLAY'],
];

/** A device that plays one title, and keeps what was not stored as the SDK does. */
export class Player extends LoadClient {
  readonly name: string;
  readonly title: string;
  readonly #deviceId: string;
  readonly #positions: Positions;
  readonly #outbox = new Outbox();
  readonly #sessionId = randomUUID();
  #beganMs: number | null = null;
  #session: { text: string; token: SessionToken } | null = null;
  #sequence = 0;
  #elapsedMs = 0;

  constructor(
    options: ClientOptions,
    plays: { title: string; deviceId: string; positions: Positions },
  ) {
    super(options);
    this.name = `${options.profileId}/${plays.deviceId}/${plays.title}`;
    this.title = plays.title;
    this.#deviceId = plays.deviceId;
    this.#positions = plays.positions;
  }

  async step(): Promise<void> {
    this.#session ??= await this.#begin();
    if (this.#session === null) return;
    this.#outbox.add(this.name, {
      sequence: this.#sequence,
      event: this.#sequence === 0 ? 'START' : this.options.chance.weighted(wishes),
      elapsedMs: this.#now(),
      positionMs: this.#positions.next(),
    });
    this.#sequence += 1;
    await this.#send(this.#session);
  }

  async #begin(): Promise<{ text: string; token: SessionToken } | null> {
    const { response } = await this.ask(
      { kind: 'begin', title: this.title },
      {
        query: operations.begin,
        variables: {
          input: {
            playableId: this.title,
            sessionId: this.#sessionId,
            deviceId: this.#deviceId,
            deviceKind: 'TV',
            elapsedMs: this.#now(),
            durationMs,
          },
        },
      },
    );
    const text = response instanceof Error ? null : response.data?.answer?.session;
    return typeof text === 'string' ? { text, token: opened(text, this.options.profileId) } : null;
  }

  async #send({ text, token }: { text: string; token: SessionToken }): Promise<void> {
    const heartbeats = this.#outbox.take(this.name);
    const beats = heartbeats.map((heartbeat): SubmittedBeat => {
      const activity = activityAtMs(token, { ...heartbeat, durationMs, fromPositionMs: null });
      return {
        ...heartbeat,
        version: sessionVersion({ ...token, activityAtMs: activity }),
        durationMs,
        status: 'IN_PROGRESS',
        deviceId: this.#deviceId,
      };
    });
    const { answer } = await this.ask(
      { kind: 'beats', title: this.title, beats },
      { query: operations.beats, variables: { input: { session: text, heartbeats } } },
    );
    const isStored = answer.outcome !== null && answer.outcome !== 'REFUSED';
    if (!isStored) this.#outbox.release(this.name);
    else this.#outbox.remove(this.name, new Set(beats.map(({ sequence }) => sequence)));
  }

  /** The session clock: begins with the first look, grows with every one. */
  #now(): number {
    this.#beganMs ??= performance.now();
    const nowMs = Math.ceil(performance.now() - this.#beganMs);
    this.#elapsedMs = Math.max(nowMs, this.#elapsedMs + 1);
    return this.#elapsedMs;
  }
}

/** The anchor inside a session token: what makes a version a function of the request. */
function opened(text: string, profileId: string): SessionToken {
  const check = { isValid: () => true, profileId, nowMs: Date.now(), policy: defaultPolicy };
  const session = openSessionToken(text, check);
  if (session.kind === 'invalid') throw new Error(session.reason);
  return session.token;
}

/** Looks at all titles of a profile, again and again. */
export class Reader extends LoadClient {
  readonly name: string;
  readonly #titles: readonly string[];

  constructor(options: ClientOptions, titles: readonly string[], name = 'reader') {
    super(options);
    this.name = `${options.profileId}/${name}`;
    this.#titles = titles;
  }

  async step(): Promise<void> {
    const titles = this.#titles;
    await this.ask({ kind: 'read', titles }, { query: operations.read, variables: { titles } });
  }
}

const changes: readonly Change[] = ['FINISH', 'RESTART', 'HIDE', 'UNHIDE', 'FORGET'];

/** A viewer who changes a title of their own by hand, between watching some of it. */
export class Hand extends LoadClient {
  readonly name: string;
  readonly #title: string;
  readonly #player: Player;

  constructor(options: ClientOptions, of: { title: string; deviceId: string }) {
    super(options);
    const { title, deviceId } = of;
    this.name = `${options.profileId}/${deviceId}/hand`;
    this.#title = title;
    const plays = { title, deviceId, positions: new Positions() };
    this.#player = new Player(options, plays);
  }

  async step(): Promise<void> {
    await this.change(this.options.chance.pick(changes));
    await this.#player.step();
  }

  /** One change, after which nobody watches. */
  async change(change: Change): Promise<void> {
    const variables = { input: { playableId: this.#title } };
    await this.ask(
      { kind: 'change', title: this.#title, change },
      {
        query: operations[change],
        variables,
      },
    );
  }
}
