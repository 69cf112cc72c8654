import { isIntent } from '../../domain/heartbeat.ts';
import { writerOf } from '../../domain/version.ts';
import { viewersPatience } from '../../stores/cassandra/connection.ts';
import type { Span } from './history.ts';
import { during, type Exchange, type HistoryIndex, isBeats, newestOf } from './history-index.ts';

/** Rule `broken-answer`: what an answer may not be, given what was broken when it was made. */
export function brokenAnswers(index: HistoryIndex): string[] {
  return [
    ...index.unanswered.map(
      ({ id, client, request }) =>
        `broken-answer: ${client} waits for ever for ${request.kind} ${id}`,
    ),
    ...index.exchanges.flatMap((exchange) =>
      objections(index, exchange).map((objection) => {
        const { id, client, process, request } = exchange.sent;
        const [from, to] = [exchange.sent, exchange.answered].map(({ atMs }) => isoOf(atMs));
        const answer = JSON.stringify(exchange.answered.answer);
        return `broken-answer: ${client} asked ${process} (${request.kind} ${id}, ${from} to ${to}): ${objection}: ${answer}`;
      }),
    ),
  ];
}

function isoOf(atMs: number): string {
  return new Date(atMs).toISOString();
}

function objections(index: HistoryIndex, exchange: Exchange): string[] {
  const { failure, problems } = exchange.answered.answer;
  if (failure !== null) {
    const isDown = isTrouble(index, 'down', exchange);
    return isDown || isStalled(index, exchange) ? [] : ['no answer from a process that is up'];
  }
  return [
    ...errorObjections(index, exchange),
    ...flagObjections(index, exchange),
    ...(isBeats(exchange) ? acknowledgementObjections(index, exchange) : []),
    ...(problems.length > 0 ? ['problems with sound input'] : []),
  ];
}

/** Only the machine makes all of this at once, and a process that has no time has no answer either. */
function isStalled(index: HistoryIndex, exchange: Exchange): boolean {
  return (['hot', 'apart', 'durable'] as const).every((what) => isTrouble(index, what, exchange));
}

/** Where it was asked: what is broken in another region is no excuse. */
function isTrouble(index: HistoryIndex, what: Span['what'], exchange: Exchange): boolean {
  const { process, region } = exchange.sent;
  const of = what === 'down' ? { process } : { region };
  return index.isTrouble(what, during(exchange), of);
}

function errorObjections(index: HistoryIndex, exchange: Exchange): string[] {
  const { errors, playheads, outcome } = exchange.answered.answer;
  const isUnknown = Object.values(playheads).includes(null) && outcome !== 'REFUSED';
  const isHarmless = mayFail(index, exchange);
  const isBegin = exchange.sent.request.kind === 'begin';
  return [
    ...(errors.length > 0 && !isHarmless ? ['an error although a tier answers'] : []),
    ...(isUnknown && !isHarmless ? ['unknown although a tier answers'] : []),
    ...(isBegin && outcome !== 'BEGUN' ? ['a session that did not begin'] : []),
    ...errors
      .filter((error) => !isWorded(error, isUnreached(index, exchange)))
      .map(({ code, retryAfterMs }) => `${code}, to be retried after ${retryAfterMs}`),
  ];
}

/** Whether a gateway may have had to answer in its subgraph's stead. */
function isUnreached(index: HistoryIndex, exchange: Exchange): boolean {
  return isTrouble(index, 'unreached', exchange) || isStalled(index, exchange);
}

/** A gateway cannot tell when its subgraph will be back; a subgraph can, of its stores. */
function isWorded({ code, retryAfterMs }: GivenError, fromGateway: boolean): boolean {
  if (code === 'STATE_UNAVAILABLE') return fromGateway || Boolean(retryAfterMs);
  return code === 'TIMEOUT' && fromGateway;
}

type GivenError = Exchange['answered']['answer']['errors'][number];

/** With one tier left only a change by hand may have to wait: it must know what is in force. */
function mayFail(index: HistoryIndex, exchange: Exchange): boolean {
  const isHotOut = isTrouble(index, 'hot', exchange);
  const isDurableOut = isTrouble(index, 'durable', exchange);
  const isChange = exchange.sent.request.kind === 'change';
  if (isUnreached(index, exchange)) return true;
  return isChange ? isHotOut || isDurableOut : isHotOut && isDurableOut;
}

function flagObjections(index: HistoryIndex, exchange: Exchange): string[] {
  const { playheads, outcome, durability, problems } = exchange.answered.answer;
  const isHotOut = isTrouble(index, 'hot', exchange);
  const isAnyOut = isHotOut || isTrouble(index, 'durable', exchange);
  const objections: string[] = [];
  const isDegraded = Object.values(playheads).some((served) => served?.isDegraded === true);
  if (isDegraded && !isAnyOut) objections.push('degraded although all is well');
  if (outcome === 'REFUSED' && problems.length === 0) {
    if (!isHotOut) objections.push('refused although all is well');
    if (durability !== 'NONE') objections.push('refused and stored');
  }
  return objections;
}

function acknowledgementObjections(index: HistoryIndex, exchange: BeatsExchange): string[] {
  const { outcome, durability, playheads } = exchange.answered.answer;
  const { title, beats } = exchange.sent.request;
  if (outcome === null || outcome === 'REFUSED') return [];
  if (isHeldClosing(exchange)) return heldObjections(exchange);
  const objections: string[] = [];
  const served = playheads[title];
  if (durability === 'NONE') objections.push('acknowledged and not stored');
  if (served != null && !served.isDegraded && served.version < newestOf(exchange)) {
    objections.push('acknowledged, and an older one in force');
  }
  const isMeant = beats.some(({ event }) => isIntent(event));
  const mayBeHot = isTrouble(index, 'durable', exchange) || isOutOfPatience(exchange);
  if (isMeant && durability !== 'DURABLE' && !mayBeHot) {
    objections.push('an intent that is not durable');
  }
  return objections;
}

/** A node that has no time, with hints to take in say, is given up: the answer says so, and is true. */
function isOutOfPatience({ sent, answered }: BeatsExchange): boolean {
  return answered.atMs - sent.atMs >= viewersPatience.answerMs;
}

type BeatsExchange = Parameters<typeof newestOf>[0];

const closings: ReadonlySet<string> = new Set(['PAUSE', 'STOP', 'FINISH', 'PING']);

/** Not taken, and said so: a player that did not play is closed, and somebody acted since. */
function isHeldClosing({ sent, answered }: BeatsExchange): boolean {
  const { outcome, durability } = answered.answer;
  const isClosing = closings.has(sent.request.beats.at(-1)?.event ?? '');
  return isClosing && outcome === 'SUPERSEDED' && durability === 'NONE';
}

function heldObjections(exchange: BeatsExchange): string[] {
  const served = exchange.answered.answer.playheads[exchange.sent.request.title];
  const isOwn = served != null && writerOf(served.version) === writerOf(newestOf(exchange));
  return isOwn ? ['held back by nobody else'] : [];
}
