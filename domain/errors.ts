/**
 * Every fault this platform reports, by the code clients see in `extensions.code`.
 * `retryable`: the same request may succeed later. `hint`: one sentence for whoever operates it.
 */
export const errorCatalogue = {
  UNAUTHENTICATED: {
    retryable: false,
    hint: 'Send a valid access token: `authorization: Bearer …` with issuer, audience, exp, sub and profile.',
  },
  IDENTITY_UNAVAILABLE: {
    retryable: true,
    hint: 'The keys that verify access tokens could not be fetched: check TOKEN_JWKS_URL.',
  },
  FORBIDDEN: {
    retryable: false,
    hint: 'The token does not stand for this profile, nor name it as one of the account; or a field asks for scopes, which no viewer has here.',
  },
  BAD_USER_INPUT: { retryable: false, hint: 'A variable or argument does not fit the schema.' },
  GRAPHQL_PARSE_FAILED: { retryable: false, hint: 'The document is not valid GraphQL syntax.' },
  GRAPHQL_VALIDATION_FAILED: {
    retryable: false,
    hint: 'The document does not fit the public schema (schema/api.graphql).',
  },
  PERSISTED_QUERY_NOT_FOUND: {
    retryable: false,
    hint: 'No manifest has a document of this id: send its text, or add its manifest (PERSISTED_DOCUMENTS_FILES).',
  },
  PERSISTED_QUERY_REQUIRED: {
    retryable: false,
    hint: 'Only documents of a manifest run here: add that of the client (PERSISTED_DOCUMENTS_FILES).',
  },
  STATE_UNAVAILABLE: {
    retryable: true,
    hint: 'Playback state could not be read or written just now: check the hot and the durable store.',
  },
  RANKING_UNAVAILABLE: {
    retryable: true,
    hint: 'The recommendations subgraph does not answer: check its process.',
  },
  CATALOG_UNAVAILABLE: {
    retryable: true,
    hint: 'The catalog subgraph does not answer: check its process.',
  },
  SUBGRAPH_UNAVAILABLE: {
    retryable: true,
    hint: 'A subgraph of another team does not answer: the log of the gateway names it.',
  },
  CATALOG_MISSING: {
    retryable: false,
    hint: 'The catalog does not know this playable; playback keeps its position all the same.',
  },
  TIMEOUT: { retryable: true, hint: 'A subgraph took longer than the gateway waits.' },
  RATE_LIMITED: {
    retryable: true,
    hint: 'More than one client may ask for at a time: wait `retryAfterMs`, then send less.',
  },
  INTERNAL_SERVER_ERROR: {
    retryable: true,
    hint: 'A bug: look the request id up in the log of the process that answered.',
  },
} as const;

export type ErrorCode = keyof typeof errorCatalogue;

/**
 * A fault: something the platform promised and could not do. Expected outcomes are values, never this.
 *
 * Errors: `code` is from the catalogue, `cause` is what was caught, `retryAfterMs` when waiting helps.
 */
export class PlatformError extends Error {
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    options: { code: ErrorCode; cause?: unknown; retryAfterMs?: number },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PlatformError';
    this.code = options.code;
    this.retryAfterMs = options.retryAfterMs;
  }

  get retryable(): boolean {
    return errorCatalogue[this.code].retryable;
  }
}
