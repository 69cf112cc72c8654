// What breaks: the network between a client and a server, as the fault proxy makes it break.
// How: every fault of the proxy in turn, over a server that counts and echoes what it is told.
// What must hold: each fault does what it says and no more, and healing ends it.
import { once } from 'node:events';
import {
  type AddressInfo,
  createConnection,
  createServer,
  type Server,
  type Socket,
} from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FaultProxy } from '../support/fault-proxy.ts';
import { until } from '../support/until.ts';

/** A connection, and everything that it heard. */
class Peer {
  heard = '';
  hasEnded = false;
  problem = '';
  isClosed = false;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      this.heard += text;
    });
    socket.on('end', () => {
      this.hasEnded = true;
    });
    socket.on('error', (error: Error & { code?: string }) => {
      this.problem = error.code ?? error.message;
    });
    socket.on('close', () => {
      this.isClosed = true;
    });
  }

  say(text: string): void {
    this.#socket.write(text);
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  hears(text: string): Promise<boolean> {
    return until(() => this.heard.endsWith(text), { what: `${text} is heard` });
  }
}

describe('a fault proxy', () => {
  let target: Server;
  let proxy: FaultProxy;
  /** The far ends of the proxy's links, in the order in which they came. */
  let served: Peer[];
  let clients: Peer[];

  beforeEach(async () => {
    served = [];
    clients = [];
    target = createServer({ allowHalfOpen: true }, (socket) => {
      served.push(new Peer(socket));
      socket.on('data', (text) => socket.write(text));
    });
    target.listen(0, '127.0.0.1');
    await once(target, 'listening');
    proxy = await FaultProxy.open({ port: (target.address() as AddressInfo).port });
  });
  afterEach(async () => {
    for (const peer of [...clients, ...served]) peer.destroy();
    await proxy.close();
    target.close();
  });

  function connect(): Peer {
    const socket = createConnection({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
    const client = new Peer(socket);
    clients.push(client);
    return client;
  }

  /** A connection over which a word and its echo have passed. */
  async function talking(): Promise<{ client: Peer; server: Peer }> {
    const client = connect();
    client.say('hello');
    await client.hears('hello');
    return { client, server: served.at(-1)! };
  }

  it('passes everything, in both directions and in order', async () => {
    const { client, server } = await talking();
    const long = Array.from({ length: 20_000 }, (_, number) => `${number},`).join('');
    client.say(long);
    await client.hears(long);
    expect(server.heard).toBe(`hello${long}`);
    expect(proxy.links).toBe(1);
    client.end();
    await until(() => server.hasEnded, { what: 'the end of the client passes' });
    server.end();
    await until(() => client.hasEnded && proxy.links === 0, { what: 'nothing is left' });
  });

  it('delays a direction, and keeps its order when the delay ends', async () => {
    const { client, server } = await talking();
    proxy.delay(300, 'answers');
    const beganMs = performance.now();
    client.say('1');
    await server.hears('1');
    proxy.delay(0);
    client.say('2');
    await client.hears('12');
    expect(performance.now() - beganMs).toBeGreaterThan(295);
    expect(client.heard).toBe('hello12');
  });

  it('holds what is sent, and delivers it late', async () => {
    const { client, server } = await talking();
    proxy.hold();
    client.say(' held');
    const other = connect();
    other.say('other');
    await until(() => served.length === 2, { what: 'a connection is made all the same' });
    await until(() => proxy.stoppedBytes === ' heldother'.length, { what: 'both are held' });
    expect([client.heard, server.heard, other.heard]).toEqual(['hello', 'hello', '']);
    await proxy.heal();
    await client.hears(' held');
    await other.hears('other');
    expect(client.isClosed).toBe(false);
  });

  it('swallows what is sent while connections stay, and resets those when it is healed', async () => {
    const { client, server } = await talking();
    const silent = await talking();
    proxy.drop();
    client.say(' lost');
    server.say(' lost too');
    await until(() => proxy.stoppedBytes === ' lost lost too'.length, { what: 'both are lost' });
    await proxy.heal();
    await until(() => client.isClosed && server.isClosed, { what: 'the link with a gap is reset' });
    expect([client.heard, server.heard]).toEqual(['hello', 'hello']);
    expect(client.problem).toBe('ECONNRESET');
    silent.client.say(' again');
    await silent.client.hears('hello again');
  });

  it('loses answers only: the server has done it', async () => {
    const { client, server } = await talking();
    proxy.loseAnswers();
    client.say(' done');
    await server.hears('hello done');
    expect(client).toMatchObject({ heard: 'hello', isClosed: false });
    await proxy.heal();
    await until(() => client.isClosed, { what: 'the link with a gap is reset' });
    expect(client.heard).toBe('hello');
  });

  it('goes from one fault to the next without healing between', async () => {
    const { client, server } = await talking();
    proxy.hold('requests');
    client.say(' held');
    await until(() => proxy.stoppedBytes === ' held'.length, { what: 'it is held' });
    proxy.drop('requests');
    await proxy.heal();
    await until(() => client.isClosed, { what: 'what was held has vanished' });
    expect(server.heard).toBe('hello');
  });

  it('resets connections once, and takes new ones', async () => {
    const { client, server } = await talking();
    proxy.reset();
    await until(() => client.isClosed && server.isClosed, { what: 'both ends are reset' });
    expect([client.problem, server.problem]).toEqual(['ECONNRESET', 'ECONNRESET']);
    await talking();
  });

  it('cuts: resets connections and refuses others, until it is healed', async () => {
    const { client, server } = await talking();
    await proxy.cut();
    await until(() => client.isClosed && server.isClosed, { what: 'both ends are reset' });
    const refused = connect();
    await until(() => refused.isClosed, { what: 'a newcomer is refused' });
    expect(refused.problem).toBe('ECONNREFUSED');
    expect(served).toHaveLength(1);
    await proxy.heal();
    await talking();
  });

  it('half closes towards the client: the server goes on in good faith', async () => {
    const { client, server } = await talking();
    proxy.halfClose('answers');
    await until(() => client.hasEnded, { what: 'the client is told of an end' });
    client.say(' still');
    await server.hears('hello still');
    expect(server).toMatchObject({ hasEnded: false, isClosed: false });
    expect(client.heard).toBe('hello');
    await proxy.heal();
    await until(() => server.isClosed, { what: 'the link is gone' });
    const isTold = () => {
      client.say(' anyone?');
      return client.isClosed;
    };
    await until(isTold, { what: 'the client learns it when it speaks' });
  });

  it('half closes towards the server: the client learns nothing', async () => {
    const { client, server } = await talking();
    proxy.halfClose('requests');
    await until(() => server.hasEnded, { what: 'the server is told of an end' });
    server.say(' bye');
    await client.hears('hello bye');
    server.end();
    client.say(' anyone?');
    await proxy.heal();
    await until(() => client.isClosed, { what: 'the link is gone' });
    expect(client.hasEnded).toBe(false);
    expect(server.heard).toBe('hello');
  });

  it('resets a client whose server is not there', async () => {
    target.close();
    const client = connect();
    await until(() => client.isClosed, { what: 'the client is told' });
    expect(client.problem).toBe('ECONNRESET');
    expect(proxy.links).toBe(0);
  });
});
