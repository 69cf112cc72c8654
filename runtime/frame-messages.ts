import { type FrameWriter, frameKinds } from './frames.ts';

/**
 * What is said of one request instead of an answer. Of all but `failed` nothing has run: whoever asked may
 * ask again, elsewhere.
 */
export const requestErrors = [
  'unknown-document',
  'unauthenticated',
  'not-run',
  'overloaded',
  'too-large',
  'failed',
] as const;
export type RequestError = (typeof requestErrors)[number];

/** What is said of a connection that ends. */
export const connectionErrors = [
  ...(['too-long', 'too-short', 'unknown-kind', 'truncated', 'malformed'] as const),
  ...(['version', 'proof', 'late', 'crowded'] as const),
] as const;
export type ConnectionError = (typeof connectionErrors)[number];

/** One operation, as it is asked for by frame. */
export interface FrameRequest {
  /** Id of a DOCUMENT that was sent before. */
  document: number;
  /** What the gateway signed of the viewer. */
  authorization: string;
  /** As W3C writes it; empty: none. */
  traceparent: string;
  /** JSON; empty: none. */
  variables: string;
}

/** A statement is some 500 characters; of more nobody's honest profile lists consist. */
const authorizationMax = 0xffff;
const traceparentMax = 0xff;

/** False: it is more than a frame holds. */
export function writeRequest(writer: FrameWriter, id: number, request: FrameRequest): boolean {
  const { document, authorization, traceparent, variables } = request;
  if (authorization.length > authorizationMax || traceparent.length > traceparentMax) return false;
  return writer
    .begin(frameKinds.request, id)
    .u32(document)
    .u16(authorization.length)
    .latin1(authorization)
    .u8(traceparent.length)
    .latin1(traceparent)
    .utf8(variables)
    .end();
}

/** Undefined: it is no request. */
export function readRequest(payload: Buffer): FrameRequest | undefined {
  if (payload.length < 7) return undefined;
  const authorizationEnd = 6 + payload.readUInt16BE(4);
  if (payload.length <= authorizationEnd) return undefined;
  const traceparentEnd = authorizationEnd + 1 + (payload[authorizationEnd] ?? 0);
  if (payload.length < traceparentEnd) return undefined;
  return {
    document: payload.readUInt32BE(0),
    authorization: payload.toString('latin1', 6, authorizationEnd),
    traceparent: payload.toString('latin1', authorizationEnd + 1, traceparentEnd),
    variables: payload.toString('utf8', traceparentEnd),
  };
}
