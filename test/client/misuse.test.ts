import { describe, expect, it } from '@jest/globals';
import { createPlayhead, type PlayheadOptions, type ServerProblem } from '../../client/index.ts';
import { FakePlayer } from './fake-player.ts';
import { begun } from './fake-server.ts';
import { openRig } from './rig.ts';

const good = { url: '/graphql', auth: () => 'token', device: { kind: 'TV' } } as const;

/** Calls as JavaScript allows them. */
const loosely = (options: unknown) => () => createPlayhead(options as PlayheadOptions);

describe('wrong calls of createPlayhead', () => {
  it.each([
    [undefined, 'url'],
    [{ ...good, url: '' }, 'url'],
    [{ ...good, auth: 'token' }, 'auth'],
    [{ ...good, device: 'TV' }, 'device'],
    [{ ...good, profile: '' }, 'profile'],
  ])('throw at once, naming the option: %j', (options, name) => {
    const message = `createPlayhead: ${name} is not as docs/client.md has it.`;
    expect(loosely(options)).toThrow(new TypeError(message));
  });

  it('but a kind of device that the server does not know yet is OTHER', async () => {
    const rig = openRig({ device: { kind: 'VR' as 'TV' } });
    rig.server.on('BeginSession', ({ variables }) => {
      const isKnown = variables.input.deviceKind === 'OTHER';
      if (isKnown) return begun();
      return { errors: [{ message: 'VR', extensions: { code: 'BAD_USER_INPUT' } }] };
    });
    await rig.client.attach(rig.player, { playableId: 'mov_1', resume: 'never' }).ready;
    rig.player.play();
    await rig.server.settle();
    expect(
      rig.server.of('BeginSession').map(({ variables }) => variables.input.deviceKind),
    ).toEqual(['VR', 'OTHER']);
    expect(rig.server.heartbeats.map(({ event }) => event)).toEqual(['START']);
  });
});

describe('wrong calls of everything else never throw', () => {
  const right = { playableId: 'mov_1', resume: 'never' } as const;
  it.each([
    [null, right, 'player'],
    ['#video', right, 'player'],
    [new FakePlayer(), undefined, 'resume'],
    [new FakePlayer(), { ...right, resume: -1 }, 'resume'],
    [new FakePlayer(), { ...right, resume: 1.5 }, 'resume'],
    [new FakePlayer(), { ...right, durationMs: 'PT1H' }, 'durationMs'],
    [new FakePlayer(), { ...right, creditsStartMs: 2 ** 31 }, 'creditsStartMs'],
    [new FakePlayer(), { ...right, playableId: 7 }, 'playableId'],
    [new FakePlayer(), { ...right, playableId: 'a:b' }, 'playableId'],
  ])('attach(%s, %j) is a problem, naming what is wrong', async (player, options, name) => {
    const told: ServerProblem[] = [];
    const rig = openRig({ on: { problem: (problem) => told.push(problem) } });
    const attachment = rig.client.attach(player as never, options as never);
    expect(await attachment.ready).toMatchObject({ positionMs: null, source: 'none' });
    attachment.detach();
    const message = `${name} is not as docs/client.md has it.`;
    expect(told).toEqual([{ code: 'INVALID_INPUT', message, path: [name] }]);
    expect(rig.server.seen).toEqual([]);
  });

  it('resume with something that is no id is a problem, and unknown', async () => {
    const rig = openRig();
    expect(await rig.client.resume('a:b')).toMatchObject({ positionMs: null, source: 'none' });
    expect(rig.told.problems).toEqual(['INVALID_INPUT']);
  });

  it('a player attached twice reports once', async () => {
    const rig = openRig();
    rig.client.attach(rig.player, { playableId: 'mov_1', resume: 'never' });
    rig.client.attach(rig.player, { playableId: 'mov_2', resume: 'never' });
    await rig.server.settle();
    rig.player.play();
    await rig.server.settle();
    expect(
      rig.server.of('BeginSession').map(({ variables }) => variables.input.playableId),
    ).toEqual(['mov_2']);
  });

  it('a closed client says so', async () => {
    const rig = openRig();
    await rig.client.close();
    await rig.client.resume('mov_1');
    rig.client.attach(rig.player, { playableId: 'mov_1', resume: 'never' });
    expect(rig.told.problems).toEqual(['CLOSED', 'CLOSED']);
  });

  it('a listener that throws stops nothing (ERR-7)', async () => {
    const broken = () => {
      throw new Error('the app is broken');
    };
    const rig = openRig({ on: { problem: broken, offline: broken, superseded: broken } });
    rig.client.live.subscribe(broken);
    rig.server.on('RecordHeartbeats', () => 'unreachable');
    await rig.client.attach(rig.player, { playableId: 'mov_1', resume: 'never' }).ready;
    rig.player.play();
    await rig.server.settle();
    rig.server.restore('RecordHeartbeats');
    rig.page.happens('online');
    await rig.server.settle();
    expect(rig.server.heartbeats.map(({ event }) => event)).toEqual(['START', 'START']);
    await rig.client.close();
  });
});
