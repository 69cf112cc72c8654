import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Duplex } from 'node:stream';

/**
 * How both ends of a framed channel prove to each other that they have the identity key, without showing
 * it: each signs what the other made up for this connection, so nothing that was heard once is of use again.
 *
 *     subgraph → gateway   version, 1, nonce
 *     gateway → subgraph   version, 2, nonce, proof
 *     subgraph → gateway   version, 3, proof, release, limits
 */
export const frameVersion = 1;
/** Token of the `Upgrade` header. */
export const frameProtocol = 'playhead-frames';
/** Where a subgraph speaks frames, beside /graphql. */
export const framesPath = '/graphql/frames';

/** The first signs, each verifies: `identityKeys` of signed-identity.ts. */
export type FrameKeys = readonly string[];

/** Of a frame from whoever has not proved anything yet; the longest hello has 84. */
export const strangersBytesMax = 256;
export const nonceBytes = 32;
const proofBytes = 32;
const releaseBytes = 32;
const headBytes = 3;

/** What a subgraph says of itself to a gateway that it believes. */
export interface Welcome {
  /** Another one whenever the SDL is another. */
  release: Buffer;
  requestsMax: number;
  documentsMax: number;
}

interface Nonces {
  gateway: Buffer;
  subgraph: Buffer;
}

/** Of what an SDL consists, in 32 bytes. */
export function releaseOf(sdl: string): Buffer {
  return createHash('sha256').update(sdl).digest();
}

export function challenge(nonce: Buffer): Buffer {
  return Buffer.concat([head(1), nonce]);
}

/** The subgraph's nonce, or why the connection ends. */
export function readChallenge(payload: Buffer): Buffer | 'version' | 'malformed' {
  const fault = faultOf(payload, 1, headBytes + nonceBytes);
  return fault ?? Buffer.from(payload.subarray(headBytes));
}

/** The gateway's answer to a challenge. */
export function proof(nonces: Nonces, key: string): Buffer {
  return Buffer.concat([head(2), nonces.gateway, proofOf('gateway', nonces, { key })]);
}

/** The gateway's nonce and the key that it has, or why the connection ends. */
export function readProof(
  payload: Buffer,
  { nonce, keys }: { nonce: Buffer; keys: FrameKeys },
): { nonce: Buffer; key: string } | 'version' | 'malformed' | 'proof' {
  const fault = faultOf(payload, 2, headBytes + nonceBytes + proofBytes);
  if (fault !== undefined) return fault;
  const theirs = Buffer.from(payload.subarray(headBytes, headBytes + nonceBytes));
  const given = payload.subarray(headBytes + nonceBytes);
  const nonces = { gateway: theirs, subgraph: nonce };
  const key = keys.find((each) =>
    timingSafeEqual(given, proofOf('gateway', nonces, { key: each })),
  );
  return key === undefined ? 'proof' : { nonce: theirs, key };
}

/** The subgraph's answer to a proof, by the key that the gateway has. */
export function welcome(nonces: Nonces, key: string, said: Welcome): Buffer {
  const rest = Buffer.alloc(releaseBytes + 8);
  said.release.copy(rest);
  rest.writeUInt32BE(said.requestsMax, releaseBytes);
  rest.writeUInt32BE(said.documentsMax, releaseBytes + 4);
  return Buffer.concat([head(3), proofOf('subgraph', nonces, { key, rest }), rest]);
}

/** What the subgraph says, or why the connection ends. */
export function readWelcome(
  payload: Buffer,
  nonces: Nonces,
  key: string,
): Welcome | 'version' | 'malformed' | 'proof' {
  const fault = faultOf(payload, 3, headBytes + proofBytes + releaseBytes + 8);
  if (fault !== undefined) return fault;
  const rest = Buffer.from(payload.subarray(headBytes + proofBytes));
  const given = payload.subarray(headBytes, headBytes + proofBytes);
  if (!timingSafeEqual(given, proofOf('subgraph', nonces, { key, rest }))) return 'proof';
  return {
    release: rest.subarray(0, releaseBytes),
    requestsMax: rest.readUInt32BE(releaseBytes),
    documentsMax: rest.readUInt32BE(releaseBytes + 4),
  };
}

function head(step: number): Buffer {
  return Buffer.from([frameVersion >> 8, frameVersion & 0xff, step]);
}

/** The version first: what another version says is not read. */
function faultOf(
  payload: Buffer,
  step: number,
  length: number,
): 'version' | 'malformed' | undefined {
  if (payload.length < headBytes) return 'malformed';
  if (payload.readUInt16BE(0) !== frameVersion) return 'version';
  return payload[2] === step && payload.length === length ? undefined : 'malformed';
}

/** The end is part of it, so that none can be shown what it has said itself. */
function proofOf(
  end: 'gateway' | 'subgraph',
  nonces: Nonces,
  { key, rest = Buffer.alloc(0) }: { key: string; rest?: Buffer },
): Buffer {
  return createHmac('sha256', key)
    .update(`${frameProtocol}/${frameVersion} ${end}\n`)
    .update(nonces.gateway)
    .update(nonces.subgraph)
    .update(rest)
    .digest();
}

/** Both ends: frames leave when they are complete, whatever the other end has confirmed. */
export function setNoDelay(socket: Duplex): void {
  (socket as Duplex & { setNoDelay?: (isOn: boolean) => void }).setNoDelay?.(true);
}
