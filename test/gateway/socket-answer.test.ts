import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocketServer } from 'ws';
import { answerFrames } from '../../gateway/socket-answer.ts';
import { RawSocket } from './raw-socket.ts';

/** Of a `next` whose payload is an empty text. */
const emptyLength = '{"id":"a","type":"next","payload":""}'.length;
const texts = [125, 126, 0xffff, 0x10000].map((length) => 'x'.repeat(length - emptyLength));

describe('an answer as it is written to a socket', () => {
  const server: Server = createServer();
  const sockets = new WebSocketServer({ server });
  let client: RawSocket;
  let written: Socket;
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const accepted = once(sockets, 'connection');
    client = new RawSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const [, request] = (await accepted) as [unknown, { socket: Socket }];
    written = request.socket;
    await client.opened;
  });
  afterAll(() => {
    client.terminate();
    sockets.close();
    server.close();
  });

  const cases: [string, string, string | Buffer][] = [
    ...texts.map((text): [string, string, string] => [`${text.length}`, 'a', JSON.stringify(text)]),
    ['as bytes', 'a', Buffer.from('{"data":{"title":"Das Rückenlicht 🎬"}}')],
    ['as text', 'a', '{"data":{"title":"Das Rückenlicht 🎬"}}'],
    ['of an id that has to be escaped', '"ü"\n', '{"data":{}}'],
    ['of a long id', 'i'.repeat(200), '{"data":{}}'],
  ];
  it.each(cases)('is two messages, whatever their lengths: %s', async (_what, id, payload) => {
    written.write(answerFrames(id, payload));
    const said: unknown = JSON.parse(payload.toString());
    expect(await client.heard()).toEqual({ id, type: 'next', payload: said });
    expect(await client.heard()).toEqual({ id, type: 'complete' });
    expect(client.readyState).toBe(client.OPEN);
  });
});
