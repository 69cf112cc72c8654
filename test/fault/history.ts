import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlaybackEvent } from '../../client/outbox.ts';
import type { PlayheadStatus } from '../../domain/playhead.ts';
import type { Version } from '../../domain/version.ts';
import type { Change } from '../../subgraphs/playback/change-playhead.ts';
import { until } from '../support/until.ts';

/**
 * What a load did and what it was answered, in the order in which it happened: enough to judge a run
 * without having seen it. Times are ms since the Unix epoch on one clock that never steps back.
 */
export type Line = Sent | Answered | Pushed | Span | Finals;

export interface Sent {
  line: 'sent';
  id: number;
  atMs: number;
  /** Whoever sends one request after the other. */
  client: string;
  /** Name of the process that was asked; it keeps its name when it is started again. */
  process: string;
  /** Of that process. */
  region: string;
  profileId: string;
  request: LoadRequest;
}

export type LoadRequest =
  | { kind: 'begin'; title: string }
  | { kind: 'beats'; title: string; beats: SubmittedBeat[] }
  | { kind: 'change'; title: string; change: Change }
  | { kind: 'read'; titles: readonly string[] };

/** A heartbeat, and what it must become: a function of the request alone. */
export interface SubmittedBeat {
  sequence: number;
  event: PlaybackEvent;
  elapsedMs: number;
  version: Version;
  positionMs: number;
  durationMs: number;
  status: PlayheadStatus;
  deviceId: string;
}

export interface Answered {
  line: 'answered';
  id: number;
  atMs: number;
  answer: Answer;
}

export interface Answer {
  /** Playheads by title; null: unknown just now. */
  playheads: Record<string, Served | null>;
  outcome: string | null;
  durability: string | null;
  errors: { code: string; retryAfterMs: number | null }[];
  /** Codes. */
  problems: string[];
  /** Why there was no answer at all; null when there was one. */
  failure: string | null;
}

/** A playhead as it was served. */
export interface Served {
  version: Version;
  positionMs: number;
  durationMs: number | null;
  status: PlayheadStatus;
  hidden: boolean;
  deviceId: string | null;
  source: 'HOT' | 'DURABLE';
  isDegraded: boolean;
}

/** One message of a live stream; a SNAPSHOT begins a new stream of that client. */
export interface Pushed {
  line: 'pushed';
  atMs: number;
  client: string;
  process: string;
  region: string;
  profileId: string;
  kind: 'SNAPSHOT' | 'CHANGED';
  playheads: Record<string, Served>;
}

/**
 * What the scenario breaks, from here on or until here; it ends when all is well again, not when the
 * repair begins.
 *
 * `hot`, `durable`: that tier is in trouble. `apart`: processes of one region cannot know of each other's
 * writes, of those that they take from here to there.
 * `restoring`: the hot store lost what processes or other regions still have, and are about to give back.
 * `unreached`: gateways do not reach their subgraph, or wait for it in vain.
 * `down`: this process is not there. `loss`: what was acknowledged as HOT from here to there may be lost
 * for good; `gone`: as DURABLE as well, because the region and its data centre do not come back.
 */
export interface Span {
  line: 'span';
  atMs: number;
  what: 'hot' | 'durable' | 'apart' | 'restoring' | 'unreached' | 'down' | 'loss' | 'gone';
  isBegin: boolean;
  /** Of `down`. */
  process: string | null;
  /** Where; null: everywhere. */
  region: string | null;
}

/** What a span is about. */
export type SpanOf = Partial<Pick<Span, 'process' | 'region'>>;

/** What is left when the load has ended, everything is repaired and the hot store owes nothing. */
export interface Finals {
  line: 'finals';
  /** Read through the resume path of each process: process → profile → title. */
  resume: Record<string, Record<string, Record<string, Served | null>>>;
  /** Registers as they lie in the stores, packed: region or data centre → `profile|title`. */
  hot: Record<string, Record<string, Registers>>;
  durable: Record<string, Record<string, Registers>>;
  /** In all regions together. */
  dirty: number;
  quarantined: number;
  /** Clients that follow live. */
  followers: string[];
}

export interface Registers {
  playhead: string | null;
  visibility: string | null;
}

/** Writes a history down while it happens. */
export class History {
  readonly lines: Line[] = [];
  readonly #name: string;
  readonly #answered: { region: string; kind: LoadRequest['kind']; count: number }[] = [];
  /** By id: where requests that are not answered yet are counted. */
  readonly #awaited = new Map<number, { count: number }>();
  #ids = 0;

  constructor(name: string) {
    this.#name = name;
  }

  nowMs(): number {
    return performance.timeOrigin + performance.now();
  }

  sent(request: Omit<Sent, 'line' | 'id' | 'atMs'>): number {
    this.#ids += 1;
    this.lines.push({ line: 'sent', id: this.#ids, atMs: this.nowMs(), ...request });
    this.#awaited.set(this.#ids, this.#countOf(request));
    return this.#ids;
  }

  answered(id: number, answer: Answer): void {
    const counted = this.#awaited.get(id);
    if (counted !== undefined) counted.count += 1;
    this.#awaited.delete(id);
    this.lines.push({ line: 'answered', id, atMs: this.nowMs(), answer });
  }

  pushed(push: Omit<Pushed, 'line' | 'atMs'>): void {
    this.lines.push({ line: 'pushed', atMs: this.nowMs(), ...push });
  }

  begin(what: Span['what'], of: SpanOf = {}): void {
    this.#span(what, { isBegin: true, atMs: this.nowMs(), ...of });
  }

  end(what: Span['what'], of: SpanOf = {}): void {
    this.#span(what, { isBegin: false, atMs: this.nowMs(), ...of });
  }

  /** A whole span, when it is over. */
  trouble(what: Span['what'], of: SpanOf & { fromMs: number; toMs: number }): void {
    const { fromMs, toMs, ...where } = of;
    this.#span(what, { isBegin: true, atMs: fromMs, ...where });
    this.#span(what, { isBegin: false, atMs: toMs, ...where });
  }

  #span(what: Span['what'], at: SpanOf & Pick<Span, 'isBegin' | 'atMs'>): void {
    this.lines.push({ line: 'span', what, process: null, region: null, ...at });
  }

  finals(finals: Omit<Finals, 'line'>): void {
    this.lines.push({ line: 'finals', ...finals });
  }

  /** Answers so far, of requests of this kind and to this region if they are named: asked again and again. */
  answers(kind?: LoadRequest['kind'], region?: string): number {
    return this.#answered
      .filter((one) => kind === undefined || one.kind === kind)
      .filter((one) => region === undefined || one.region === region)
      .reduce((sum, { count }) => sum + count, 0);
  }

  /** Waits for that many more answers to requests of this kind, whatever they say. */
  async moreAnswers(of: {
    kind: LoadRequest['kind'];
    count: number;
    deadlineMs: number;
  }): Promise<void> {
    const { kind, count, deadlineMs } = of;
    const enough = this.answers(kind) + count;
    const what = `${count} more answers to ${kind}`;
    await until(() => this.answers(kind) >= enough, { what, deadlineMs });
  }

  #countOf({ region, request: { kind } }: Pick<Sent, 'region' | 'request'>): { count: number } {
    const known = this.#answered.find((one) => one.region === region && one.kind === kind);
    if (known !== undefined) return known;
    const begun = { region, kind, count: 0 };
    this.#answered.push(begun);
    return begun;
  }

  /** As JSON lines in a file that is kept, for `node test/fault/check-history.ts FILE`. */
  write(): string {
    const path = join(tmpdir(), `playhead-${this.#name}-${process.pid}.jsonl`);
    writeFileSync(path, this.lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return path;
  }
}
