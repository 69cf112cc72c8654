import { laterVersion } from '../../domain/merge.ts';
import { type Version, versionZero } from '../../domain/version.ts';
import type {
  Answered,
  Finals,
  Line,
  LoadRequest,
  Pushed,
  Sent,
  Served,
  Span,
  SubmittedBeat,
} from './history.ts';

/** A request and its answer; a client of the load gives up after some seconds and says so. */
export interface Exchange<Kind extends LoadRequest = LoadRequest> {
  sent: Sent & { request: Kind };
  answered: Answered;
}

export type ChangeExchange = Exchange<Extract<LoadRequest, { kind: 'change' }>>;
export type BeatsExchange = Exchange<Extract<LoadRequest, { kind: 'beats' }>>;

/** Somebody was told that a version, or a newer one, is stored. */
export interface Acknowledgement {
  version: Version;
  process: string;
  region: string;
  isDurable: boolean;
  /** When it was sent, and when it was acknowledged. */
  fromMs: number;
  toMs: number;
}

/** A playhead that somebody was given, and where it came from. */
export interface Sight {
  profileId: string;
  title: string;
  served: Served;
  process: string;
  region: string;
  client: string;
  /** When it was asked for, and when it arrived. */
  fromMs: number;
  toMs: number;
}

interface Trouble {
  what: Span['what'];
  process: string | null;
  region: string | null;
  fromMs: number;
  toMs: number;
}

/** A history in the order in which rules look at it. */
export interface HistoryIndex {
  exchanges: Exchange[];
  /** Requests that were never answered, not even by their own deadline. */
  unanswered: Sent[];
  /** By `profile|title`. */
  beats: Map<string, Map<Version, SubmittedBeat>>;
  changes: Map<string, ChangeExchange[]>;
  acknowledgements: Map<string, Acknowledgement[]>;
  /** Everything that was served in answers, in the order of arrival. */
  sights: Sight[];
  pushes: Pushed[];
  finals: Finals | null;
  /** Every region that anybody asked. */
  regions: ReadonlySet<string>;
  /** Whether something was in trouble at any moment of these, there or everywhere. */
  isTrouble(
    what: Span['what'],
    between: { fromMs: number; toMs: number },
    of?: { process?: string; region?: string },
  ): boolean;
}

export function keyOf(of: { profileId: string; title: string }): string {
  return `${of.profileId}|${of.title}`;
}

export function indexOf(lines: readonly Line[]): HistoryIndex {
  const troubles = troublesOf(lines);
  const answers = new Map(
    lines.flatMap((line) => (line.line === 'answered' ? [[line.id, line] as const] : [])),
  );
  const sent = lines.filter((line) => line.line === 'sent');
  const exchanges = sent.flatMap((request) => {
    const answered = answers.get(request.id);
    return answered === undefined ? [] : [{ sent: request, answered }];
  });
  const isTrouble: HistoryIndex['isTrouble'] = (what, { fromMs, toMs }, of = {}) =>
    troubles.some(
      (trouble) =>
        trouble.what === what &&
        (of.process === undefined || trouble.process === of.process) &&
        (of.region === undefined || (trouble.region ?? of.region) === of.region) &&
        trouble.fromMs <= toMs &&
        fromMs <= trouble.toMs,
    );
  return {
    exchanges,
    unanswered: sent.filter(({ id }) => !answers.has(id)),
    beats: beatsOf(sent),
    changes: Map.groupBy(exchanges.filter(isChange), ({ sent }) =>
      keyOf({ profileId: sent.profileId, title: sent.request.title }),
    ),
    acknowledgements: acknowledgementsOf(exchanges, isTrouble),
    sights: exchanges.flatMap(sightsOf).sort((left, right) => left.toMs - right.toMs),
    pushes: lines.filter((line) => line.line === 'pushed'),
    finals: lines.findLast((line) => line.line === 'finals') ?? null,
    regions: new Set(sent.map(({ region }) => region)),
    isTrouble,
  };
}

export function isBeats(exchange: Exchange): exchange is BeatsExchange {
  return exchange.sent.request.kind === 'beats';
}

export function isChange(exchange: Exchange): exchange is ChangeExchange {
  return exchange.sent.request.kind === 'change';
}

/** The moments from a request to its answer. */
export function during(exchange: Exchange): { fromMs: number; toMs: number } {
  return { fromMs: exchange.sent.atMs, toMs: exchange.answered.atMs };
}

/** What a batch comes to: its newest heartbeat. */
export function newestOf(exchange: BeatsExchange): Version {
  return exchange.sent.request.beats.map(({ version }) => version).reduce(laterVersion);
}

/** Trouble that was not repaired lasts to the end. */
function troublesOf(lines: readonly Line[]): Trouble[] {
  const troubles: Trouble[] = [];
  for (const line of lines) {
    if (line.line !== 'span') continue;
    const { what, process, region, atMs } = line;
    const open = troubles.findLast(
      (one) =>
        one.what === what &&
        one.process === process &&
        one.region === region &&
        one.toMs === Infinity,
    );
    if (line.isBegin) troubles.push({ what, process, region, fromMs: atMs, toMs: Infinity });
    else if (open !== undefined) open.toMs = atMs;
  }
  return troubles;
}

function beatsOf(sent: readonly Sent[]): HistoryIndex['beats'] {
  const beats: HistoryIndex['beats'] = new Map();
  for (const { profileId, request } of sent) {
    if (request.kind !== 'beats') continue;
    const key = keyOf({ profileId, title: request.title });
    const known = beats.get(key) ?? new Map<Version, SubmittedBeat>();
    beats.set(key, known);
    for (const beat of request.beats) known.set(beat.version, beat);
  }
  return beats;
}

function acknowledgementsOf(
  exchanges: readonly Exchange[],
  isTrouble: HistoryIndex['isTrouble'],
): HistoryIndex['acknowledgements'] {
  const acknowledgements: HistoryIndex['acknowledgements'] = new Map();
  for (const exchange of exchanges) {
    const { process, region, profileId, request } = exchange.sent;
    const acknowledged = acknowledgedBy(exchange, isTrouble);
    if (acknowledged === null || request.kind === 'read') continue;
    const key = keyOf({ profileId, title: request.title });
    const known = acknowledgements.get(key) ?? [];
    acknowledgements.set(key, known);
    known.push({ ...acknowledged, ...during(exchange), process, region });
  }
  return acknowledgements;
}

const stored: ReadonlySet<string | null> = new Set(['ACCEPTED', 'SUPERSEDED', 'DUPLICATE']);

function acknowledgedBy(
  exchange: Exchange,
  isTrouble: HistoryIndex['isTrouble'],
): Pick<Acknowledgement, 'version' | 'isDurable'> | null {
  const { answer } = exchange.answered;
  if (isBeats(exchange)) {
    if (!stored.has(answer.outcome) || answer.durability === 'NONE') return null;
    return { version: newestOf(exchange), isDurable: answer.durability === 'DURABLE' };
  }
  if (!isChange(exchange) || answer.failure !== null || answer.errors.length > 0) return null;
  const served = answer.playheads[exchange.sent.request.title] ?? null;
  // A change by hand does not say where it is: it is durable unless that store was in trouble.
  const { region } = exchange.sent;
  const isDurable = !isTrouble('durable', during(exchange), { region });
  return served === null ? null : { version: served.version, isDurable };
}

function sightsOf(exchange: Exchange): Sight[] {
  const { client, process, region, profileId } = exchange.sent;
  const by = { client, process, region, ...during(exchange) };
  return Object.entries(exchange.answered.answer.playheads).flatMap(([title, served]) =>
    served === null ? [] : [{ profileId, title, served, ...by }],
  );
}

/** The public version of registers as they lie in a store. */
export function packedVersion(registers: {
  playhead: string | null;
  visibility: string | null;
}): Version {
  const versions = [registers.playhead, registers.visibility].map((packed) =>
    packed === null ? versionZero : packed.slice(0, versionZero.length),
  );
  return versions.reduce(laterVersion);
}
