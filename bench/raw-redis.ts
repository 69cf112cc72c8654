import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export type RawReply = string | number | null | Error | RawReply[];

/** A command as the bytes that go to Redis. */
export function encodeCommand(parts: readonly (string | number)[]): Buffer {
  const bulks = parts.map((part) => {
    const text = String(part);
    return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
  });
  return Buffer.from(`*${parts.length}\r\n${bulks.join('')}`);
}

/** A connection without a driver: commands are made before the clock runs, replies read after it. */
export class RawRedis {
  readonly #socket: Socket;
  #received: Buffer[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#received.push(chunk));
  }

  static async open(port: number): Promise<RawRedis> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new RawRedis(socket);
  }

  /** Errors: throws what Redis answers as an error. */
  async ask(...command: (string | number)[]): Promise<RawReply> {
    const [reply = null] = await this.pipeline([encodeCommand(command)]);
    if (reply instanceof Error) throw reply;
    return reply;
  }

  /** Sends commands in one write and answers their replies, errors among them. */
  async pipeline(commands: readonly Buffer[]): Promise<RawReply[]> {
    this.#socket.write(Buffer.concat(commands));
    for (;;) {
      await once(this.#socket, 'data');
      const received = Buffer.concat(this.#received);
      this.#received = [received];
      const replies = readReplies(received, commands.length);
      if (replies === null) continue;
      this.#received = [];
      return replies;
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** As many replies as were asked for; null while some are still under way. */
function readReplies(bytes: Buffer, count: number): RawReply[] | null {
  const reader = new ReplyReader(bytes);
  const replies: RawReply[] = [];
  while (replies.length < count) {
    const reply = reader.next();
    if (reply === undefined) return null;
    replies.push(reply);
  }
  return replies;
}

/** Reads RESP2, the protocol of a connection that asked for no other. */
class ReplyReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Undefined when the reply is not all there. */
  next(): RawReply | undefined {
    const lineEnd = this.#bytes.indexOf('\r\n', this.#at);
    if (lineEnd < 0) return undefined;
    const kind = String.fromCharCode(this.#bytes[this.#at] ?? 0);
    const line = this.#bytes.toString('latin1', this.#at + 1, lineEnd);
    this.#at = lineEnd + 2;
    switch (kind) {
      case '+':
        return line;
      case '-':
        return new Error(line);
      case ':':
        return Number(line);
      case '$':
        return this.#bulk(Number(line));
      case '*':
        return this.#array(Number(line));
      default:
        throw new Error(`No reply of RESP2 begins with ${kind}.`);
    }
  }

  #bulk(length: number): string | null | undefined {
    if (length < 0) return null;
    const end = this.#at + length;
    if (this.#bytes.length < end + 2) return undefined;
    const text = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end + 2;
    return text;
  }

  #array(length: number): RawReply[] | null | undefined {
    if (length < 0) return null;
    const replies: RawReply[] = [];
    while (replies.length < length) {
      const reply = this.next();
      if (reply === undefined) return undefined;
      replies.push(reply);
    }
    return replies;
  }
}
