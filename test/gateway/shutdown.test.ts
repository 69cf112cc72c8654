import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { ManualClock } from '../support/manual-clock.ts';
import { until } from '../support/until.ts';
import { overSsePost, overWebSocket, type SubscribeWith } from './live-clients.ts';
import { openToyGateway, shapes, type ToyGateway } from './toy-gateway.ts';

describe.each(shapes)('a gateway that closes, %s', (shape) => {
  let gateway: ToyGateway;
  let token: string;
  beforeEach(async () => {
    gateway = await openToyGateway(shape);
    token = await gateway.token('alice');
  });
  afterEach(() => gateway.close());

  it('answers the request under way first', async () => {
    const { promise, resolve: release } = Promise.withResolvers<void>();
    gateway.toys.held.set('playback', promise);
    const asking = gateway.ask('{ viewer { playhead(playableId: "mov_1") { positionMs } } }', {
      profileId: 'alice',
    });
    await until(() => gateway.toys.fetches.playback === 1, { what: 'the request is under way' });
    const closed = gateway.close();
    await expect(fetch(gateway.url)).rejects.toThrow();
    release();
    expect((await asking).data.viewer.playhead.positionMs).toBe(1_000);
    await closed;
  });

  it('ends event streams, closes sockets with 1001 and leaves no subscription', async () => {
    const watch = 'subscription { playheadUpdates { kind } }';
    const [socket, events] = [overWebSocket, overSsePost].map((subscribe) =>
      subscribe(gateway, watch, { token }),
    );
    await gateway.toys.events.untilLive(2);
    await gateway.close();
    await expect(socket?.next()).rejects.toMatchObject({ code: 1001 });
    await expect(events?.next()).rejects.toThrow();
    await gateway.toys.events.untilLive(0);
  });

  it('is alive and no longer ready once it is told, and answers for the last time on each connection', async () => {
    const probe = (path: string) => fetch(new URL(path, gateway.url));
    expect((await probe('/health/ready')).status).toBe(200);
    gateway.retire();
    const ready = await probe('/health/ready');
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'closing' }]);
    expect((await probe('/health/live')).status).toBe(200);
    const answer = await fetch(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ __typename }' }),
    });
    expect(answer.headers.get('connection')).toBe('close');
    expect(await answer.json()).toEqual({ data: { __typename: 'Query' } });
  });

  it('may be closed twice', async () => {
    await gateway.close();
    await expect(gateway.close()).resolves.toBeUndefined();
  });
});

describe('a gateway that drains', () => {
  it('sends each live client away at a moment of its own, and takes no more', async () => {
    const clock = new ManualClock();
    const chances = [0.9, 0.1, 0.5];
    const random = () => chances.shift() ?? 0;
    const drain = { overMs: 1_000, random, clock };
    const gateway = await openToyGateway('embedded', { drain });
    const token = await gateway.token('alice');
    const watch = 'subscription { playheadUpdates { kind } }';
    const open = (subscribe: SubscribeWith) => subscribe(gateway, watch, { token });
    const late = open(overWebSocket);
    await gateway.toys.events.untilLive(1);
    const early = open(overWebSocket);
    await gateway.toys.events.untilLive(2);
    const stream = open(overSsePost);
    await gateway.toys.events.untilLive(3);

    const closed = gateway.close();
    await until(() => clock.pending === 3, { what: 'each has its moment' });
    const refused = new WebSocket(gateway.webSocketUrl, 'graphql-transport-ws');
    await expect(once(refused, 'open')).rejects.toThrow('503');
    await clock.advance(100);
    await expect(early.next()).rejects.toMatchObject({ code: 1001 });
    await gateway.toys.events.untilLive(2);
    await clock.advance(400);
    await expect(stream.next()).rejects.toThrow();
    await gateway.toys.events.untilLive(1);
    await clock.advance(400);
    await expect(late.next()).rejects.toMatchObject({ code: 1001 });
    await closed;
  });

  it('is not ready before what it is made of is', async () => {
    let isReady = false;
    const gateway = await openToyGateway('embedded', { isReady: async () => isReady });
    const status = async () => (await fetch(new URL('/health/ready', gateway.url))).status;
    expect(await status()).toBe(503);
    isReady = true;
    expect(await status()).toBe(200);
    await gateway.close();
  });
});

describe('a process that is told to end', () => {
  let child: ChildProcess;
  let output = '';
  const run = async (
    closables: string,
    options: { startsForMs?: number; delayMs?: number } = {},
  ) => {
    const script = `
      import { setTimeout as delay } from 'node:timers/promises';
      import { closeOnSignal } from './runtime/shutdown.ts';
      import { createLog } from './runtime/log.ts';
      const say = (what) => ({ close: async () => console.log(what) });
      process.on('SIGTERM', () => console.log('a library'));
      const starting = delay(${options.startsForMs ?? 0}, [${closables}]);
      closeOnSignal(starting, {
        log: createLog({ level: 'silent', part: 'test' }),
        delayMs: ${options.delayMs ?? 0},
      });
      setInterval(() => {}, 1_000);
      ${options.startsForMs === undefined ? 'await starting;' : ''}
      console.log('running');`;
    const flags = ['--input-type=module', '--eval', script];
    child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
    output = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk) => {
      output += chunk;
    });
    await until(() => output.includes('running'), { what: 'the process runs' });
  };
  afterEach(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });

  const end = async (signal: NodeJS.Signals) => {
    const ended = once(child, 'exit');
    child.kill(signal);
    return (await ended)[0];
  };

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'closes in order and exits with 0 on %s',
    async (signal) => {
      await run(`say('server'), say('gateway'), say('store')`);
      expect(await end(signal)).toBe(0);
      expect(output).toBe('running\nserver\ngateway\nstore\n');
    },
  );

  it('starts to the end first, and closes then', async () => {
    await run(`say('store')`, { startsForMs: 300 });
    expect(await end('SIGTERM')).toBe(0);
    expect(output).toMatch(/^running\n(a library\n)?store\n$/);
  });

  it('says so to each at once, goes on for a while, and closes then', async () => {
    const says = (name: string) =>
      `{ ...say('${name} closes'), retire: () => console.log('${name} retires') }`;
    await run(`${says('server')}, ${says('gateway')}`, { delayMs: 50 });
    expect(await end('SIGTERM')).toBe(0);
    expect(output.split('\n').slice(1, -1)).toEqual([
      'server retires',
      'gateway retires',
      'server closes',
      'gateway closes',
    ]);
  });

  it('closes the rest when one fails, and exits with 1', async () => {
    await run(`{ close: async () => { throw new Error('no'); } }, say('store')`);
    expect(await end('SIGTERM')).toBe(1);
    expect(output).toBe('running\nstore\n');
  });

  it('exits with 1 at a second signal', async () => {
    await run(`{ close: () => { console.log('hangs'); return new Promise(() => {}); } }`);
    child.kill('SIGTERM');
    await until(() => output.includes('hangs'), { what: 'it has begun to close' });
    expect(await end('SIGTERM')).toBe(1);
  });
});
