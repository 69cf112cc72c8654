import { randomUUID } from 'node:crypto';
import { GraphQLError, type GraphQLErrorOptions, type GraphQLFormattedError } from 'graphql';
import { type ErrorCode, errorCatalogue, PlatformError } from '../domain/errors.ts';
import type { Logger } from './log.ts';

export type { ErrorCode };

/** Codes that graphql and Apollo Server give themselves and that mean the same in our list. */
const foreignCodes: Readonly<Record<string, ErrorCode>> = {
  BAD_REQUEST: 'BAD_USER_INPUT',
  OPERATION_RESOLUTION_FAILURE: 'BAD_USER_INPUT',
};

/**
 * The only mapper from faults to what clients see: `extensions: { code, retryable }`, codes from the
 * closed list. An error nobody foresaw keeps neither message nor stack: only INTERNAL_SERVER_ERROR
 * and a request id, under which the log has the rest.
 */
export function toGraphQLError(error: unknown, log: Logger): GraphQLError {
  const original = error instanceof GraphQLError ? (error.originalError ?? error) : error;
  if (original instanceof PlatformError) return known(error, original.code, original);
  const code = error instanceof GraphQLError ? codeOf(error.extensions.code) : undefined;
  if (code !== undefined && code !== 'INTERNAL_SERVER_ERROR') return known(error, code);
  const requestId = randomUUID();
  log.error({ requestId, err: original }, 'unforeseen error');
  return new GraphQLError('Something went wrong on our side.', {
    ...place(error),
    extensions: { code: 'INTERNAL_SERVER_ERROR', retryable: true, requestId },
  });
}

/** Apollo Server's `formatError`: the same mapping, as plain data. */
export function formatErrorWith(log: Logger) {
  return (_formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError =>
    toGraphQLError(error, log).toJSON();
}

/** The code as one of ours; undefined when the closed list has nothing like it. */
export function codeOf(code: unknown): ErrorCode | undefined {
  if (typeof code !== 'string') return undefined;
  if (Object.hasOwn(errorCatalogue, code)) return code as ErrorCode;
  return foreignCodes[code];
}

/** An error of the closed list; `extensions` may add to `code` and `retryable`, never replace them. */
export function codedError(
  code: ErrorCode,
  message: string,
  options: GraphQLErrorOptions = {},
): GraphQLError {
  const { retryable } = errorCatalogue[code];
  return new GraphQLError(message, {
    ...options,
    extensions: { ...options.extensions, code, retryable },
  });
}

function known(error: unknown, code: ErrorCode, fault?: PlatformError): GraphQLError {
  const message = fault?.message ?? (error instanceof Error ? error.message : code);
  const retryAfterMs = fault?.retryAfterMs;
  const extensions = retryAfterMs === undefined ? {} : { retryAfterMs };
  return codedError(code, message, { ...place(error), extensions });
}

function place(error: unknown) {
  if (!(error instanceof GraphQLError)) return {};
  const { nodes, source, positions, path } = error;
  return {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    path: path ?? null,
  };
}
