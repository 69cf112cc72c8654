import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { nonceBytes, proof, readChallenge, readWelcome } from '../../runtime/frame-hello.ts';
import { FrameDecoder, type FrameKind, FrameWriter, frameKinds } from '../../runtime/frames.ts';
import { until } from '../support/until.ts';

export interface HeardFrame {
  kind: FrameKind;
  id: number;
  payload: Buffer;
}

/** Whoever connects to a subgraph's frames: it says what a test wants, right or wrong. */
export class FramePeer {
  readonly heard: HeardFrame[] = [];
  readonly nonce = randomBytes(nonceBytes);
  isClosed = false;
  /** What came before the first frame. */
  head = '';
  readonly #socket: Socket;
  readonly #decoder = new FrameDecoder((kind, id, payload) => {
    this.heard.push({ kind, id, payload: Buffer.from(payload) });
    return undefined;
  });

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
    });
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
  }

  /** Connected, and upgraded as far as the subgraph allows. */
  static async open(url: string, request = upgradeRequest): Promise<FramePeer> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    const peer = new FramePeer(socket);
    socket.write(request);
    await until(() => peer.head.includes('\r\n\r\n'), { what: 'an answer to the upgrade' });
    return peer;
  }

  /** One that has proved that it has this key. */
  static async admitted(url: string, key: string): Promise<FramePeer> {
    const peer = await FramePeer.open(url);
    peer.send(frameKinds.hello, 0, await peer.proof(key));
    const { payload } = await peer.next(frameKinds.hello, 2);
    const said = readWelcome(payload, await peer.#nonces(), key);
    if (typeof said === 'string') throw new Error(said);
    return peer;
  }

  /** The right answer to this connection's challenge. */
  async proof(key: string): Promise<Buffer> {
    return proof(await this.#nonces(), key);
  }

  send(kind: FrameKind, id: number, payload: Uint8Array | string = ''): void {
    const writer = new FrameWriter((bytes) => this.sendBytes(bytes));
    writer.begin(kind, id).bytes(Buffer.from(payload)).end();
    writer.flush();
  }

  sendBytes(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** The first frame of this kind, or the one of this number. */
  next(kind: FrameKind, count = 1): Promise<HeardFrame> {
    const ofKind = () => this.heard.filter((frame) => frame.kind === kind);
    return until(() => ofKind()[count - 1], { what: `frame ${count} of kind ${kind}` });
  }

  /** The word with which the connection was ended. */
  async refusal(): Promise<string> {
    await until(() => this.isClosed, { what: 'the end' });
    const last = this.heard.filter(({ kind, id }) => kind === frameKinds.error && id === 0).at(-1);
    return last?.payload.toString() ?? 'no word';
  }

  /** Says that it will say no more. */
  end(): void {
    this.#socket.end();
  }

  close(): void {
    this.#socket.destroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  async #nonces() {
    const { payload } = await this.next(frameKinds.hello);
    const subgraph = readChallenge(payload);
    if (typeof subgraph === 'string') throw new Error(subgraph);
    return { gateway: this.nonce, subgraph };
  }

  #receive(chunk: Buffer): void {
    if (this.head.includes('\r\n\r\n')) {
      this.#decoder.push(chunk);
      return;
    }
    const text = this.head + chunk.toString('latin1');
    const end = text.indexOf('\r\n\r\n');
    this.head = end < 0 ? text : text.slice(0, end + 4);
    if (end >= 0) this.#decoder.push(Buffer.from(text.slice(end + 4), 'latin1'));
  }
}

export const upgradeRequest = upgradeOf('/graphql/frames', 'playhead-frames');

export function upgradeOf(path: string, protocol: string, method = 'GET'): string {
  return `${method} ${path} HTTP/1.1\r\nHost: toy\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`;
}
