import { describe, expect, it } from '@jest/globals';
import { begun, FakeServer, type Reply, recorded } from './fake-server.ts';
import { openRig, type Rig, startWatching, watch } from './rig.ts';

const batches = ({ server }: Rig) =>
  server
    .of('RecordHeartbeats')
    .map(({ variables }) =>
      variables.input.heartbeats.map(({ event }: { event: string }) => event).join(' '),
    );

const fault = (code: string, more: object = {}): Reply => ({
  errors: [{ message: code, extensions: { code, ...more } }],
});

describe('delivery', () => {
  it('has one request in flight; what comes meanwhile goes together, the newest position alone (OUT-1)', async () => {
    const rig = openRig();
    let answer = () => {};
    rig.server.on(
      'RecordHeartbeats',
      () =>
        new Promise((resolve) => {
          answer = () => resolve(recorded());
        }),
    );
    rig.server.on('BeginSession', () => begun({ nextHeartbeatInMs: 1_000 }));
    await startWatching(rig);
    await watch(rig, 3_500);
    rig.player.pause();
    rig.player.play();
    await watch(rig, 1_000);
    expect(batches(rig)).toEqual(['START']);
    rig.server.restore('RecordHeartbeats');
    answer();
    await rig.server.settle();
    expect(batches(rig)).toEqual(['START', 'PAUSE PLAY HEARTBEAT']);
  });

  it.each<[string, Reply]>([
    ['an unreachable server', 'unreachable'],
    ['a server that is down', { status: 503, text: 'down' }],
    ['a server that is asked too much', { status: 429, text: 'later' }],
    ['both stores down', fault('STATE_UNAVAILABLE', { retryable: true })],
    ['a page where an answer should be', { status: 200, text: '<h1>Sign in to the hotel</h1>' }],
    ['an empty answer', { data: { recordHeartbeats: null } }],
    ['an answer without what was asked for', { data: {} }],
    ['an answer of another form', { data: { recordHeartbeats: { ok: true } } }],
    ['JSON that is no GraphQL', { status: 200, text: '[{"ok":true}]' }],
    ['a number', { status: 200, text: '5' }],
    ['data that is a number', { status: 200, text: '{"data":5,"errors":7}' }],
  ])(
    'tries again, the same heartbeats with the same clock, after %s (OUT-2, ERR-5)',
    async (_name, reply) => {
      const rig = openRig();
      rig.server.on('RecordHeartbeats', () => reply);
      await startWatching(rig);
      rig.server.restore('RecordHeartbeats');
      await rig.clock.advance(60_000);
      await rig.server.settle();
      const [first, second] = rig.server.heartbeats;
      expect(second).toEqual(first);
      expect(batches(rig)).toEqual(['START', 'START']);
      expect(rig.told.problems).toEqual([]);
    },
  );

  it('backs off with full jitter from 1 s to 60 s (OUT-3)', async () => {
    const rig = openRig();
    rig.server.on('RecordHeartbeats', () => 'unreachable');
    const atMs: number[] = [];
    rig.server.on('RecordHeartbeats', () => {
      atMs.push(rig.clock.monotonicMs());
      return 'unreachable';
    });
    await startWatching(rig);
    await rig.clock.advance(300_000);
    // Half of each ceiling: 1, 2, 4, … 60 s.
    const waits = atMs.map((at, index) => at - (atMs[index - 1] ?? 0));
    expect(waits.slice(1, 9)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it.each<[string, Reply]>([
    ['retryAfterMs', fault('RATE_LIMITED', { retryAfterMs: 20_000 })],
    ['retry-after', { status: 503, text: 'down', headers: { 'retry-after': '20' } }],
  ])('waits as long as the server asks: %s (OUT-4)', async (_name, reply) => {
    const rig = openRig();
    rig.server.on('RecordHeartbeats', () => reply);
    await startWatching(rig);
    await rig.clock.advance(19_999);
    expect(batches(rig)).toEqual(['START']);
    rig.server.restore('RecordHeartbeats');
    await rig.clock.advance(1);
    await rig.server.settle();
    expect(batches(rig)).toEqual(['START', 'START']);
  });

  it.each(['online', 'visible'] as const)(
    'does not wait any longer once the page is %s (OUT-8)',
    async (event) => {
      const rig = openRig();
      rig.server.on('RecordHeartbeats', () => 'unreachable');
      await startWatching(rig);
      await rig.clock.advance(20_000);
      rig.server.restore('RecordHeartbeats');
      const before = batches(rig).length;
      rig.page.happens(event);
      await rig.server.settle();
      expect(batches(rig)).toHaveLength(before + 1);
    },
  );

  it('tells the app when the server is out of reach, and when it is back', async () => {
    const rig = openRig();
    rig.server.on('RecordHeartbeats', () => 'unreachable');
    await startWatching(rig);
    await rig.clock.advance(10_000);
    rig.server.restore('RecordHeartbeats');
    rig.page.happens('online');
    await rig.server.settle();
    expect(rig.told.offline).toEqual([true, false]);
  });

  it('gives up a request that hangs, and the heartbeats behind it go (NET-4)', async () => {
    const rig = openRig();
    rig.server.on('RecordHeartbeats', () => new Promise(() => {}));
    await startWatching(rig);
    rig.player.pause();
    rig.server.restore('RecordHeartbeats');
    await rig.clock.advance(11_000);
    await rig.server.settle();
    expect(batches(rig)).toEqual(['START', 'START PAUSE']);
  });

  it('cuts off a request that hangs, and none that was answered: an app may still read its copy', async () => {
    const server = new FakeServer();
    const sent: { operation: string; signal: AbortSignal | null | undefined }[] = [];
    const fetch: typeof globalThis.fetch = (input, init) => {
      sent.push({ operation: JSON.parse(String(init?.body)).operationName, signal: init?.signal });
      return server.fetch(input, init);
    };
    const rig = openRig({ fetch }, { server });
    await startWatching(rig);
    rig.server.on('RecordHeartbeats', () => new Promise(() => {}));
    rig.player.pause();
    await rig.clock.advance(60_000);
    expect(sent.slice(0, 3).map(({ operation, signal }) => [operation, signal?.aborted])).toEqual([
      ['BeginSession', false],
      ['RecordHeartbeats', false],
      ['RecordHeartbeats', true],
    ]);
  });

  it('goes at once when the network came back while a request was failing', async () => {
    const rig = openRig();
    await startWatching(rig);
    let fail = () => {};
    rig.server.on(
      'RecordHeartbeats',
      () =>
        new Promise((resolve) => {
          fail = () => resolve('unreachable');
        }),
    );
    rig.player.pause();
    await rig.server.settle();
    rig.page.happens('online');
    rig.server.restore('RecordHeartbeats');
    fail();
    await rig.server.settle();
    expect(batches(rig)).toEqual(['START', 'PAUSE', 'PAUSE']);
    // Once: after that a failure waits again.
    rig.server.on('RecordHeartbeats', () => 'unreachable');
    rig.player.play();
    await rig.server.settle();
    expect(batches(rig)).toEqual(['START', 'PAUSE', 'PAUSE', 'PLAY']);
  });

  it('does not send again what was refused for good (ERR-2)', async () => {
    const rig = openRig();
    const problem = { code: 'POSITION_OUT_OF_RANGE', message: '', path: ['heartbeats', '0'] };
    rig.server.on('RecordHeartbeats', () => recorded({ outcome: 'REFUSED', problems: [problem] }));
    await startWatching(rig);
    await rig.clock.advance(120_000);
    expect(batches(rig)).toEqual(['START']);
    expect(rig.told.problems).toEqual(['POSITION_OUT_OF_RANGE']);
  });

  it('does not send again what was forbidden (ERR-4)', async () => {
    const rig = openRig();
    rig.server.on('RecordHeartbeats', () => fault('FORBIDDEN'));
    await startWatching(rig);
    await rig.clock.advance(120_000);
    expect(batches(rig)).toEqual(['START']);
    expect(rig.told.problems).toEqual(['FORBIDDEN']);
  });

  it('leaves out what an older server does not know, once (ERR-6)', async () => {
    const rig = openRig();
    rig.server.on('RecordHeartbeats', () => fault('BAD_USER_INPUT'));
    await startWatching(rig);
    await rig.clock.advance(120_000);
    const [first, second, ...others] = rig.server.heartbeats;
    expect(first).toHaveProperty('durationMs');
    expect(second).not.toHaveProperty('durationMs');
    expect(others).toEqual([]);
    expect(rig.told.problems).toEqual(['BAD_USER_INPUT']);
  });

  it('sends the newest again later when the server is too busy to store it (ACK-5)', async () => {
    const rig = openRig();
    rig.server.on('RecordHeartbeats', () =>
      recorded({ outcome: 'REFUSED', durability: 'NONE', nextHeartbeatInMs: 8_000 }),
    );
    await startWatching(rig);
    await rig.clock.advance(7_999);
    expect(batches(rig)).toEqual(['START']);
    rig.server.restore('RecordHeartbeats');
    await rig.clock.advance(1);
    await rig.server.settle();
    expect(batches(rig)).toEqual(['START', 'START']);
  });

  it('nor what the viewer did while the busy server was thinking (ACK-5)', async () => {
    const rig = openRig();
    await startWatching(rig);
    let answer = () => {};
    rig.server.on(
      'RecordHeartbeats',
      () =>
        new Promise((resolve) => {
          answer = () => resolve(recorded({ outcome: 'REFUSED', nextHeartbeatInMs: 60_000 }));
        }),
    );
    await watch(rig, 5_000);
    rig.player.pause();
    rig.server.restore('RecordHeartbeats');
    answer();
    await rig.server.settle();
    expect(batches(rig)).toEqual(['START', 'HEARTBEAT', 'HEARTBEAT PAUSE']);
  });

  it('does not let that wait hold up what the viewer does (ACK-5)', async () => {
    const rig = openRig();
    rig.server.on('RecordHeartbeats', () =>
      recorded({ outcome: 'REFUSED', nextHeartbeatInMs: 60_000 }),
    );
    await startWatching(rig);
    rig.server.restore('RecordHeartbeats');
    rig.player.pause();
    await rig.server.settle();
    expect(batches(rig)).toEqual(['START', 'START PAUSE']);
  });
});

describe('a session that is not valid any more', () => {
  const invalid = () =>
    recorded({
      outcome: 'REFUSED',
      problems: [{ code: 'SESSION_INVALID', message: 'Begin again.', path: ['session'] }],
    });

  it('is begun again, and what was refused goes with the new one, numbered from 0 (SES-6)', async () => {
    const rig = openRig();
    await startWatching(rig);
    rig.server.on('RecordHeartbeats', ({ variables }) => {
      rig.server.restore('RecordHeartbeats');
      expect(variables.input.heartbeats[0].sequence).toBe(1);
      return invalid();
    });
    await watch(rig, 5_000);
    const [first, second] = rig.server.of('BeginSession').map(({ variables }) => variables.input);
    expect(second.sessionId).not.toBe(first.sessionId);
    expect(second.elapsedMs).toBe(5_000);
    expect(rig.server.heartbeats.at(-1)).toMatchObject({
      event: 'HEARTBEAT',
      sequence: 0,
      elapsedMs: 5_000,
    });
    await watch(rig, 5_000);
    expect(rig.server.heartbeats.at(-1)).toMatchObject({ sequence: 1, elapsedMs: 10_000 });
  });

  it('starts from what this playback last wrote, so that it is not stale against itself', async () => {
    const rig = openRig();
    await startWatching(rig);
    rig.server.on('RecordHeartbeats', () => {
      rig.server.restore('RecordHeartbeats');
      return invalid();
    });
    await watch(rig, 5_000);
    expect(rig.server.of('BeginSession')[1]?.variables.input.basedOn).toMatch(/1000000$/);
  });

  it('is begun again once, not for ever (SES-6)', async () => {
    const rig = openRig();
    rig.server.on('RecordHeartbeats', invalid);
    await startWatching(rig);
    await watch(rig, 60_000);
    expect(rig.server.of('BeginSession')).toHaveLength(2);
    expect(rig.server.of('RecordHeartbeats')).toHaveLength(2);
    expect(rig.told.problems).toEqual(['SESSION_INVALID', 'SESSION_INVALID']);
  });

  it('takes along only the heartbeats it was refused for', async () => {
    const rig = openRig();
    rig.server.on('RecordHeartbeats', () => 'unreachable');
    await startWatching(rig);
    rig.player.pause();
    rig.server.on('RecordHeartbeats', () => {
      rig.server.restore('RecordHeartbeats');
      const path = ['heartbeats', '1', 'elapsedMs'];
      return recorded({ problems: [{ code: 'SESSION_INVALID', message: 'Ahead.', path }] });
    });
    rig.page.happens('online');
    await rig.server.settle();
    expect(batches(rig)).toEqual(['START', 'START PAUSE', 'PAUSE']);
  });
});

describe('a token that is refused', () => {
  const refused = fault('UNAUTHENTICATED');

  it('is replaced by a fresh one, at once (NET-3)', async () => {
    const rig = openRig();
    rig.server.on('RecordHeartbeats', ({ authorization }) =>
      authorization === 'Bearer token-2' ? refused : recorded(),
    );
    await startWatching(rig);
    const tokens = rig.server.of('RecordHeartbeats').map(({ authorization }) => authorization);
    expect(tokens).toEqual(['Bearer token-2', 'Bearer token-3']);
    expect(rig.told.problems).toEqual([]);
  });

  it('is told to the app once, and what waits goes when it has signed in again (NET-3)', async () => {
    const rig = openRig();
    rig.server.on('RecordHeartbeats', () => ({ status: 401, text: '' }));
    await startWatching(rig);
    await rig.clock.advance(5_000);
    expect(rig.told.problems).toEqual(['UNAUTHENTICATED']);
    rig.server.restore('RecordHeartbeats');
    await rig.clock.advance(60_000);
    await rig.server.settle();
    expect(batches(rig).at(-1)).toBe('START');
    expect(rig.told.offline).toEqual([]);
  });

  it('and an auth() that fails change nothing for the player (ERR-7)', async () => {
    const rig = openRig({
      auth: () => {
        throw new Error('the app is broken');
      },
    });
    await startWatching(rig);
    await watch(rig, 5_000);
    expect(rig.server.seen).toEqual([]);
    expect(rig.told.problems).toEqual(['UNAUTHENTICATED']);
    expect(rig.player.paused).toBe(false);
  });
});
