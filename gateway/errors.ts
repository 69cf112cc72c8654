import type { GatewayPlugin } from '@graphql-hive/gateway-runtime';
import { GraphQLError } from 'graphql';
import { codedError, codeOf, type ErrorCode, toGraphQLError } from '../runtime/graphql-errors.ts';
import type { Logger } from '../runtime/log.ts';
import { askedOf } from './asked-subgraphs.ts';

export type ErrorMask = (error: unknown) => Error;

/**
 * What clients see of every error that passes the gateway. Each is made anew from a short list of
 * properties: passed on, a subgraph's error would show the request that was sent to it, and one that
 * came by socket is no GraphQLError at all and would break its own serialisation.
 */
export function createErrorMask(options: { log: Logger; isProduction: boolean }): ErrorMask {
  const logUnanswered = unansweredLog(options.log);
  return function maskError(error) {
    // Several bad variables come as one; a live operation is refused with a single error.
    if (error instanceof AggregateError) return maskError(error.errors[0]);
    const fault = read(error);
    const unanswered = translateUnanswered(fault);
    if (unanswered !== undefined) logUnanswered(fault, unanswered);
    const translation = unanswered ?? translateOwn(fault) ?? keep(fault);
    if (translation === undefined) return withStatus(toGraphQLError(error, options.log));
    const extensions = {
      ...pass(fault, options),
      ...(translation.http && { http: translation.http }),
    };
    const message = wordedFor(translation.message, options);
    return codedError(translation.code, message, { ...placeOf(fault), extensions });
  };
}

/** What else of an error's extensions a client may see. */
function pass({ extensions }: Fault, { isProduction }: { isProduction: boolean }) {
  const { code, serviceName, retryAfterMs, requestId } = extensions;
  // The runtime names a subgraph that is too slow, or does not, by how it is reached.
  const isNamed = typeof serviceName === 'string' && code !== 'GATEWAY_TIMEOUT';
  return {
    ...(typeof retryAfterMs === 'number' && { retryAfterMs }),
    ...(typeof requestId === 'string' && { requestId }),
    ...(isNamed && !isProduction && { serviceName }),
  };
}

/**
 * Names of the schema that are like a misspelt one help developers, and rebuild the schema for others.
 * Bounded: a client may have written the message's words into its document.
 */
function wordedFor(message: string, { isProduction }: { isProduction: boolean }): string {
  return isProduction ? message.replace(/ Did you mean [^?]{1,300}\?/g, '') : message;
}

/** Errors of validation never pass the mask: this puts them into the same form. */
export function codeValidationErrors(to: { isProduction: boolean }): GatewayPlugin {
  return {
    onValidate({ validateFn, setValidationFn }) {
      setValidationFn((...args) => reportThrown(() => validateFn(...args)));
      return ({ result, setResult }) => {
        const coded = (error: Error) => {
          const nodes = error instanceof GraphQLError ? error.nodes : undefined;
          const message = wordedFor(error.message, to);
          return codedError('GRAPHQL_VALIDATION_FAILED', message, { nodes: nodes ?? null });
        };
        if (result.length > 0) setResult(result.map(coded));
      };
    },
  };
}

/** graphql's rule for subscriptions throws what it finds wrong with `@include` and `@skip`. */
function reportThrown(validate: () => readonly GraphQLError[]): readonly GraphQLError[] {
  try {
    return validate();
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
}

interface Fault {
  message: string;
  extensions: Readonly<Record<string, unknown>>;
  path: GraphQLError['path'];
  /** As it came, if it is of graphql's own class; over a socket it is not. */
  original: GraphQLError | undefined;
}

interface Translation {
  code: ErrorCode;
  message: string;
  /** Read by the HTTP layer and never sent; `spec`: only for application/graphql-response+json. */
  http?: { status: number; spec?: boolean };
}

function read(error: unknown): Fault {
  const { message, extensions, path } = (error ?? {}) as Partial<GraphQLError>;
  return {
    message: typeof message === 'string' ? message : '',
    extensions: extensions ?? {},
    path,
    original: error instanceof GraphQLError ? error : undefined,
  };
}

/** Codes of the federation runtime for a subgraph that gave no answer of its own. */
const noAnswerCodes: readonly unknown[] = [
  'DOWNSTREAM_SERVICE_ERROR',
  'RESPONSE_VALIDATION_FAILED',
  'SUBREQUEST_HTTP_ERROR',
];

const unavailable: Readonly<Record<string, Translation>> = {
  playback: { code: 'STATE_UNAVAILABLE', message: 'Playback does not answer just now.' },
  recommendations: {
    code: 'RANKING_UNAVAILABLE',
    message: 'Recommendations do not answer just now.',
  },
  catalog: { code: 'CATALOG_UNAVAILABLE', message: 'The catalog does not answer just now.' },
};

/** A subgraph of another team: its name is nobody's business in production. */
const furtherUnavailable: Translation = {
  code: 'SUBGRAPH_UNAVAILABLE',
  message: 'A part of the graph does not answer just now.',
};

/** A subgraph's part of an operation, of which there is no answer of its own. */
function translateUnanswered({ extensions }: Fault): Translation | undefined {
  const { code, serviceName } = extensions;
  if (code === 'GATEWAY_TIMEOUT') return { code: 'TIMEOUT', message: 'A subgraph took too long.' };
  if (!noAnswerCodes.includes(code) || typeof serviceName !== 'string') return undefined;
  return unavailable[serviceName] ?? furtherUnavailable;
}

/**
 * One line for each time that a subgraph was asked, however many errors came of it. `code` is what clients are
 * told: how the gateway noticed depends on the lane.
 */
function unansweredLog(log: Logger): (fault: Fault, as: Translation) => void {
  const logged = new WeakSet<object>();
  return ({ extensions }, { code }) => {
    const asked = askedOf(extensions);
    if (asked !== undefined && logged.has(asked)) return;
    if (asked !== undefined) logged.add(asked);
    const { serviceName: subgraph } = extensions;
    const durationMs = asked && Math.round(asked.durationMs);
    log.warn(
      { subgraph, operation: asked?.operation, code, durationMs },
      'subgraph gave no answer',
    );
  };
}

/** Errors that the federation runtime makes itself, by what tells them apart. */
function translateOwn({ message, extensions }: Fault): Translation | undefined {
  if (/^Abstract type .* was resolved to a non-object type/.test(message)) {
    return { code: 'CATALOG_MISSING', message: 'The catalog does not know this playable.' };
  }
  if (isBadVariable({ message, extensions })) {
    return { code: 'BAD_USER_INPUT', message, http: { status: 400, spec: true } };
  }
  return undefined;
}

/**
 * Whether this refuses the whole request for its variables; the runtime gives such errors no code. A null
 * for what has a default passes validation, and is noticed by whoever reads the argument first.
 */
export function isBadVariable(error: Pick<Fault, 'message' | 'extensions'>): boolean {
  return error.extensions?.code === undefined && badVariable.test(error.message);
}

const badVariable = /^(Variable "\$|Argument "\w+" of (required|non-null) type )/;

/** An error that already carries a code of the closed list keeps its message. */
function keep({ message, extensions }: Fault): Translation | undefined {
  const code = codeOf(extensions.code);
  if (code === undefined) return undefined;
  // From a subgraph it is masked there and has a request id; made here it is a bug still unlogged.
  if (code === 'INTERNAL_SERVER_ERROR' && extensions.requestId === undefined) return undefined;
  const http = extensions.http as Translation['http'];
  if (http === undefined) return { code, message };
  // Not GraphQL at all (no JSON, no object): refused whatever the client accepts.
  return { code, message, http: code === 'BAD_USER_INPUT' ? { status: http.status } : http };
}

/** Positions in the client's document; those of a subgraph's error are in the gateway's own. */
function placeOf({ original, path, extensions }: Fault) {
  if (original === undefined || extensions.serviceName !== undefined) return { path: path ?? null };
  const { nodes, source, positions } = original;
  return {
    path: path ?? null,
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
  };
}

/** A token that does not verify refuses the whole request, so the status may say so. */
const statusOf: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  IDENTITY_UNAVAILABLE: 503,
};

function withStatus(error: GraphQLError): GraphQLError {
  const status = statusOf[String(error.extensions.code)];
  if (status !== undefined) error.extensions.http = { status };
  return error;
}
