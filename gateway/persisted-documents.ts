import type { GatewayPlugin } from '@graphql-hive/gateway-runtime';
import { codedError, type ErrorCode } from '../runtime/graphql-errors.ts';
import type { KnownDocuments } from './known-documents.ts';

export interface DocumentAdmission {
  known: KnownDocuments;
  /** Whether a text that is not known runs as well. */
  isOpen: boolean;
}

/**
 * Puts the text in the place of a document's id, and where only known documents run, refuses all others
 * before they are parsed: over HTTP, event streams and sockets alike.
 *
 * Shape: an id is `documentId`, or `extensions.persistedQuery.sha256Hash`. A text that is sent is what
 * counts, whatever id is beside it: today's SDK sends texts, and they are known.
 * Errors: PERSISTED_QUERY_NOT_FOUND for an id without text that is not known; PERSISTED_QUERY_REQUIRED for
 * a text.
 */
export function admitDocuments(admission: DocumentAdmission): GatewayPlugin {
  return {
    onParams({ params, request, setParams, setResult }) {
      const { documentId = documentIdOf(request), ...rest } = (params ?? {}) as Named;
      const admitted = textOf({ ...rest, documentId }, admission);
      if (admitted === undefined) return;
      const isRefused = typeof admitted === 'object';
      if (isRefused) setResult(refusal(admitted.code));
      // A result does not keep the runtime from looking whether there is a text.
      setParams({ ...rest, query: isRefused ? '' : admitted } as typeof params);
    },
  };
}

/** Undefined: there is neither a text nor an id, and the runtime knows what to say. */
export function textOf(
  { query, documentId, extensions }: Named,
  { known, isOpen }: DocumentAdmission,
): string | { code: keyof typeof messages } | undefined {
  if (typeof query === 'string' && query !== '') {
    return isOpen || known.isKnown(query) ? query : { code: 'PERSISTED_QUERY_REQUIRED' };
  }
  const id = documentId ?? hashOf(extensions);
  if (typeof id !== 'string') return undefined;
  return known.find(id) ?? { code: 'PERSISTED_QUERY_NOT_FOUND' };
}

/** Whatever was sent: the runtime looks at its types after this. */
export interface Named {
  query?: unknown;
  documentId?: unknown;
  extensions?: unknown;
}

const messages = {
  PERSISTED_QUERY_NOT_FOUND: 'This server does not know a document of this id.',
  PERSISTED_QUERY_REQUIRED: 'This server runs known documents only, and this is none of them.',
} satisfies Partial<Record<ErrorCode, string>>;

function refusal(code: keyof typeof messages) {
  const extensions = { http: { status: 400, spec: true } };
  return { errors: [codedError(code, messages[code], { extensions })] };
}

/** In the address of a GET, of which the runtime reads what the specification names. */
function documentIdOf(request: Request): string | undefined {
  if (request.method !== 'GET') return undefined;
  return new URL(request.url, 'http://localhost').searchParams.get('documentId') ?? undefined;
}

function hashOf(extensions: unknown): unknown {
  const { persistedQuery } = (extensions ?? {}) as { persistedQuery?: { sha256Hash?: unknown } };
  return persistedQuery?.sha256Hash;
}
