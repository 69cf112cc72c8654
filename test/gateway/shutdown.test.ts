import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '../support/until.ts';
import { overSsePost, overWebSocket } from './live-clients.ts';
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

  it('may be closed twice', async () => {
    await gateway.close();
    await expect(gateway.close()).resolves.toBeUndefined();
  });
});

describe('a process that is told to end', () => {
  let child: ChildProcess;
  let output = '';
  const run = async (closables: string, options: { startsForMs?: number } = {}) => {
    const script = `
      import { setTimeout as delay } from 'node:timers/promises';
      import { closeOnSignal } from './runtime/shutdown.ts';
      import { createLog } from './runtime/log.ts';
      const say = (what) => ({ close: async () => console.log(what) });
      process.on('SIGTERM', () => console.log('a library'));
      const starting = delay(${options.startsForMs ?? 0}, [${closables}]);
      closeOnSignal(starting, createLog({ level: 'silent', part: 'test' }));
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
