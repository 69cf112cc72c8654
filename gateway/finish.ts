import { GraphQLError } from 'graphql';
import { codeOf } from '../runtime/graphql-errors.ts';
import { isRecord } from '../runtime/parsed-json.ts';
import { type Asked, withAsked } from './asked-subgraphs.ts';
import type { ErrorMask } from './errors.ts';

/** What an error says of the answer's HTTP status; `spec`: only for application/graphql-response+json. */
export interface HttpHint {
  status: number;
  spec?: boolean;
}

export interface Finished {
  /** The final client's JSON. */
  body: Buffer | string;
  /** Of the first error, or OK. */
  code: string;
  hints: readonly HttpHint[];
}

interface Answered {
  subgraph: string;
  /** Of an error that has none. */
  path: readonly string[];
  mask: ErrorMask;
  /** Of this moment. */
  asked(): Asked;
}

const cleanHead = '{"data":{';

/**
 * Words a subgraph's answer as the normal lane does; null: it holds no `data`, so that nothing has run.
 *
 * Cost: a look at the bytes, for an answer without errors.
 */
export function finish(body: Buffer | string, answered: Answered): Finished | null {
  if (isClean(body)) return { body, code: 'OK', hints: [] };
  const result: unknown = JSON.parse(body.toString());
  if (!isRecord(result) || !Object.hasOwn(result, 'data')) return null;
  const { data, errors } = result;
  const { path } = answered;
  const revived = (Array.isArray(errors) ? errors : []).map((error) => revive(error, path));
  return worded(data, revived, answered);
}

/** What the normal lane answers when a subgraph gives no answer. */
export function finishUnanswered(why: 'timeout' | 'lost', answered: Answered): Finished {
  const isLate = why === 'timeout';
  const message = `${answered.subgraph} gave no answer.`;
  const error = new GraphQLError(message, {
    path: isLate ? null : answered.path,
    extensions: { code: isLate ? 'GATEWAY_TIMEOUT' : noAnswer },
  });
  return worded(null, [error], answered);
}

/** What the runtime calls an error without a code. */
const noAnswer = 'DOWNSTREAM_SERVICE_ERROR';

/** A false alarm costs microseconds, a miss would show a message that nobody has worded. */
function isClean(body: Buffer | string): boolean {
  const text = typeof body === 'string' ? body : body.toString('latin1');
  return text.startsWith(cleanHead) && !text.includes('"errors"') && !text.includes('"extensions"');
}

function worded(data: unknown, errors: readonly GraphQLError[], answered: Answered) {
  if (errors.length === 0) return { body: JSON.stringify({ data }), code: 'OK', hints: [] };
  const { subgraph, mask } = answered;
  const asked = answered.asked();
  const hints: HttpHint[] = [];
  const masked = errors.map((error) => {
    const named = { code: noAnswer, ...error.extensions, serviceName: subgraph };
    const extensions = withAsked(named, asked);
    const { message, path } = error;
    const shown = mask(
      new GraphQLError(message, { path: path ?? null, extensions }),
    ) as GraphQLError;
    const { http, ...rest } = shown.extensions;
    if (isHint(http)) hints.push(http);
    return { ...shown.toJSON(), extensions: rest };
  });
  const code = codeOf(masked[0]?.extensions.code) ?? 'INTERNAL_SERVER_ERROR';
  return { body: JSON.stringify({ data, errors: masked }), code, hints };
}

/** A subgraph may have written anything there; Node throws for what is no status. */
function isHint(http: unknown): http is HttpHint {
  if (!isRecord(http) || !Number.isInteger(http.status)) return false;
  return Number(http.status) >= 200 && Number(http.status) <= 599;
}

function revive(error: unknown, fallbackPath: readonly string[]): GraphQLError {
  const { message, path, extensions } = isRecord(error) ? error : {};
  return new GraphQLError(typeof message === 'string' ? message : '', {
    path: Array.isArray(path) ? path : fallbackPath,
    extensions: isRecord(extensions) ? extensions : null,
  });
}
