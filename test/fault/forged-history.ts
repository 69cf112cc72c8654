import { packPlayhead, packVisibility } from '../../domain/codec.ts';
import { deviceHash, sessionVersion } from '../../domain/version.ts';
import { checkHistory } from './check-history.ts';
import type {
  Answer,
  Finals,
  Line,
  LoadRequest,
  Served,
  Span,
  SpanOf,
  SubmittedBeat,
} from './history.ts';

const beganMs = 1_790_000_000_000;
export const film = 'film';
const silent: Answer = {
  playheads: {},
  outcome: null,
  durability: null,
  errors: [],
  problems: [],
  failure: null,
};
export const unavailable = { code: 'STATE_UNAVAILABLE', retryAfterMs: 1_000 };

/** Processes by region. */
type Regions = Record<string, readonly string[]>;

interface By {
  client?: string;
  process?: string;
  /** From the request to its answer, ms; default: 10. */
  tookMs?: number;
}

/** A history that nobody lived: of one profile, one film and a television; two processes by default. */
export class Forged {
  readonly lines: Line[] = [];
  readonly #regions: Regions;
  #nowMs = beganMs;
  #ids = 0;
  /** As the film is in the end, everywhere. */
  final: Served | null = null;

  constructor(regions: Regions = { home: ['a', 'b'] }) {
    this.#regions = regions;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** One exchange. */
  ask(request: LoadRequest, answer: Partial<Answer>, by: By = {}): this {
    const { client = 'tv', process = this.#processes[0]!, tookMs = 10 } = by;
    this.#ids += 1;
    const id = this.#ids;
    this.#nowMs += 10;
    this.lines.push({
      line: 'sent',
      id,
      atMs: this.#nowMs,
      client,
      process,
      region: this.#regionOf(process),
      profileId: 'demo',
      request,
    });
    this.#nowMs += tookMs;
    this.lines.push({ line: 'answered', id, atMs: this.#nowMs, answer: { ...silent, ...answer } });
    return this;
  }

  beat(beat: SubmittedBeat, answer: Partial<Answer> = {}, by: By = {}): this {
    const served = { ...servedAs(beat) };
    const stored = { outcome: 'ACCEPTED', durability: beat.event === 'PAUSE' ? 'DURABLE' : 'HOT' };
    this.ask(
      { kind: 'beats', title: film, beats: [beat] },
      { ...stored, playheads: { [film]: served }, ...answer },
      by,
    );
    if (answer.outcome === undefined) this.final = served;
    return this;
  }

  read(served: Served | null, by: By = {}): this {
    const errors = served === null ? [unavailable] : [];
    const reader = { client: 'reader', ...by };
    return this.ask(
      { kind: 'read', titles: [film] },
      { playheads: { [film]: served }, errors },
      reader,
    );
  }

  push(
    served: Served,
    kind: 'SNAPSHOT' | 'CHANGED' = 'CHANGED',
    { process = this.#processes[0]!, title = film }: { process?: string; title?: string } = {},
  ): this {
    const region = this.#regionOf(process);
    const from = { client: 'follower', process, region, profileId: 'demo' };
    this.lines.push({
      line: 'pushed',
      atMs: this.#nowMs,
      ...from,
      kind,
      playheads: { [title]: served },
    });
    return this;
  }

  span(what: Span['what'], isBegin: boolean, of: SpanOf = {}): this {
    this.#nowMs += 10;
    const where = { process: null, region: null, ...of };
    this.lines.push({ line: 'span', atMs: this.#nowMs, what, isBegin, ...where });
    return this;
  }

  end(changes: Partial<Finals> = {}): string[] {
    const view = this.final;
    const registers = view === null ? {} : { [`demo|${film}`]: registersOf(view) };
    const views = { demo: { [film]: view } };
    const everywhere = inEach(Object.keys(this.#regions), registers);
    this.lines.push({
      line: 'finals',
      resume: inEach(this.#processes, views),
      hot: everywhere,
      durable: everywhere,
      dirty: 0,
      quarantined: 0,
      followers: ['follower'],
      ...changes,
    });
    return checkHistory(this.lines);
  }

  get #processes(): string[] {
    return Object.values(this.#regions).flat();
  }

  #regionOf(process: string): string {
    const region = Object.keys(this.#regions).find((name) =>
      this.#regions[name]!.includes(process),
    );
    return region!;
  }
}

export function inEach<Value>(places: readonly string[], value: Value): Record<string, Value> {
  return Object.fromEntries(places.map((place) => [place, value]));
}

export function beatAt(
  second: number,
  event: SubmittedBeat['event'] = 'HEARTBEAT',
  deviceId = 'tv',
): SubmittedBeat {
  const writer = { deviceId, sessionId: 'evening' };
  return {
    sequence: second,
    event,
    elapsedMs: second * 1_000,
    version: sessionVersion({ activityAtMs: beganMs + second * 1_000, ...writer }),
    positionMs: second * 1_000,
    durationMs: 7_200_000,
    status: 'IN_PROGRESS',
    deviceId,
  };
}

export function servedAs(beat: SubmittedBeat, changes: Partial<Served> = {}): Served {
  const { version, positionMs, durationMs, status, deviceId } = beat;
  const flags = { hidden: false, source: 'HOT' as const, isDegraded: false };
  return { version, positionMs, durationMs, status, deviceId, ...flags, ...changes };
}

export function registersOf(view: Served) {
  const { version, status, positionMs, durationMs, deviceId, hidden } = view;
  const hash = deviceId === null ? null : deviceHash(deviceId);
  const register = { version, status, positionMs, durationMs, deviceHash: hash, laterFields: '' };
  return {
    playhead: packPlayhead(register),
    visibility: hidden ? packVisibility({ version, hidden, laterFields: '' }) : null,
  };
}
