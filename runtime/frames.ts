/**
 * The framed channel between a gateway and a subgraph: `u32 length | u32 id | u8 kind | payload`, numbers in
 * network order, the length that of all after itself. docs/fast-lane.md is the same in words.
 */
export const frameKinds = {
  /** Both ends prove that they have the identity key: frame-hello.ts. */
  hello: 1,
  /** A text, known from now on by the frame's id; it replaces what had that id. */
  document: 2,
  /** One operation: of what stands in frame-messages.ts. */
  request: 3,
  /** To the request of this id: a GraphQL result as JSON. */
  answer: 4,
  /** To the request of this id, or with 0 to the connection, which ends: a word of a closed list. */
  error: 5,
  /** Open another connection, and ask nothing more on this one. */
  goAway: 6,
  /** Is anybody there? */
  ping: 7,
  /** Yes. */
  pong: 8,
} as const;

export type FrameKind = (typeof frameKinds)[keyof typeof frameKinds];

/** What is wrong with bytes; the connection they came by is of no more use. */
export type FrameFault = 'too-long' | 'too-short' | 'unknown-kind' | 'truncated' | 'malformed';

/** Before the payload: length, id, kind. */
export const frameHeadBytes = 9;
/** Four times the longest body that a subgraph reads by HTTP; of answers it bounds what the lane carries. */
export const frameBytesMax = 1024 * 1024;

const lengthBytes = 4;
const lengthMin = frameHeadBytes - lengthBytes;
const kindMax = Math.max(...Object.values(frameKinds));

/** Of a frame: the payload is a view of the chunk that it came in, which stays in memory with it. */
export type FrameListener = (
  kind: FrameKind,
  id: number,
  payload: Buffer,
) => FrameFault | undefined;

/**
 * Frames out of chunks, however these were cut.
 *
 * Cost: no copy of a frame that came in one chunk; a frame in several is copied once. It holds one frame
 * of at most `bytesMax`.
 */
export class FrameDecoder {
  /** Of whole frames: less, while the other end is still a stranger. */
  bytesMax: number;
  readonly #listener: FrameListener;
  readonly #head = Buffer.allocUnsafeSlow(lengthBytes);
  /** The frame that has begun, its length included; undefined while not even that is known. */
  #partial: Buffer | undefined;
  #filled = 0;
  #fault: FrameFault | undefined;

  constructor(listener: FrameListener, bytesMax = frameBytesMax) {
    this.#listener = listener;
    this.bytesMax = bytesMax;
  }

  /** What is wrong, from then on with whatever comes; or what the listener found wrong. */
  push(chunk: Buffer): FrameFault | undefined {
    let at = 0;
    while (this.#fault === undefined && at < chunk.length) {
      at = this.#filled === 0 ? this.#whole(chunk, at) : this.#part(chunk, at);
    }
    return this.#fault;
  }

  /** The other end has ended: in the middle of a frame? */
  end(): FrameFault | undefined {
    if (this.#filled > 0) this.#fault ??= 'truncated';
    return this.#fault;
  }

  /** Answers where the next frame begins. */
  #whole(chunk: Buffer, at: number): number {
    if (chunk.length - at < lengthBytes) return this.#part(chunk, at);
    const size = this.#sizeOf(chunk, at);
    if (this.#fault !== undefined) return at;
    if (chunk.length - at < size) return this.#part(chunk, at);
    this.#take(chunk, at, size);
    return at + size;
  }

  #part(chunk: Buffer, at: number): number {
    if (this.#partial === undefined) {
      const end = at + chunk.copy(this.#head, this.#filled, at, at + lengthBytes - this.#filled);
      this.#filled += end - at;
      if (this.#filled < lengthBytes) return end;
      const size = this.#sizeOf(this.#head, 0);
      if (this.#fault !== undefined) return end;
      this.#partial = Buffer.allocUnsafe(size);
      this.#head.copy(this.#partial);
      return end;
    }
    const end = at + chunk.copy(this.#partial, this.#filled, at);
    this.#filled += end - at;
    if (this.#filled < this.#partial.length) return end;
    const frame = this.#partial;
    this.#partial = undefined;
    this.#filled = 0;
    this.#take(frame, 0, frame.length);
    return end;
  }

  #sizeOf(bytes: Buffer, at: number): number {
    const length = bytes.readUInt32BE(at);
    if (length < lengthMin) this.#fault = 'too-short';
    if (length > this.bytesMax - lengthBytes) this.#fault = 'too-long';
    return length + lengthBytes;
  }

  #take(bytes: Buffer, at: number, size: number): void {
    const kind = bytes[at + frameHeadBytes - 1] ?? 0;
    if (kind < 1 || kind > kindMax) {
      this.#fault = 'unknown-kind';
      return;
    }
    const payload = bytes.subarray(at + frameHeadBytes, at + size);
    this.#fault = this.#listener(kind as FrameKind, bytes.readUInt32BE(at + lengthBytes), payload);
  }
}

/** As many requests as leave together: one that grows is copied, and thrown away after its write. */
const bufferBytes = 32 * 1024;
/** Written and free again; more only if the other end is slow. */
const spareMax = 4;

/**
 * Frames into as few writes as may be: what is asked for in one turn of the event loop leaves together.
 *
 * Between `begin` and `end` stands one frame, part after part.
 */
export class FrameWriter {
  readonly #write: (bytes: Buffer, written: () => void) => void;
  readonly #spare: Buffer[] = [];
  #bytes: Buffer = Buffer.allocUnsafeSlow(bufferBytes);
  #length = 0;
  #start = 0;
  #isScheduled = false;

  /** `write` says when the bytes may be overwritten. */
  constructor(write: (bytes: Buffer, written: () => void) => void) {
    this.#write = write;
  }

  begin(kind: FrameKind, id: number): this {
    this.#start = this.#length;
    return this.u32(0).u32(id).u8(kind);
  }

  u8(value: number): this {
    this.#reserve(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
    return this;
  }

  u16(value: number): this {
    this.#reserve(2);
    this.#length = this.#bytes.writeUInt16BE(value, this.#length);
    return this;
  }

  u32(value: number): this {
    this.#reserve(4);
    this.#length = this.#bytes.writeUInt32BE(value, this.#length);
    return this;
  }

  bytes(value: Uint8Array): this {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  /** Of characters below 256, such as a header. */
  latin1(value: string): this {
    this.#reserve(value.length);
    this.#length += this.#bytes.write(value, this.#length, 'latin1');
    return this;
  }

  utf8(value: string): this {
    // A UTF-16 unit takes three bytes at most.
    this.#reserve(value.length * 3);
    this.#length += this.#bytes.write(value, this.#length, 'utf8');
    return this;
  }

  /** False: the frame is over the limit, and is taken back. */
  end(): boolean {
    const size = this.#length - this.#start;
    if (size > frameBytesMax) {
      this.#length = this.#start;
      return false;
    }
    this.#bytes.writeUInt32BE(size - lengthBytes, this.#start);
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      setImmediate(() => this.flush());
    }
    return true;
  }

  /** Writes at once what waits. */
  flush(): void {
    this.#isScheduled = false;
    if (this.#length === 0) return;
    const bytes = this.#bytes;
    const length = this.#length;
    this.#bytes = this.#spare.pop() ?? Buffer.allocUnsafeSlow(bufferBytes);
    this.#length = 0;
    this.#write(bytes.subarray(0, length), () => {
      if (this.#spare.length < spareMax && bytes.length === bufferBytes) this.#spare.push(bytes);
    });
  }

  #reserve(count: number): void {
    const wanted = this.#length + count;
    if (wanted <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(wanted, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
