import { describe, expect, it } from '@jest/globals';
import { createPlayhead, type PlayheadOptions, type ServerProblem } from '../../client/index.ts';
import { FakePlayer } from './fake-player.ts';
import { openRig } from './rig.ts';

const good = { url: '/graphql', auth: () => 'token', device: { kind: 'TV' } } as const;

/** Calls as JavaScript allows them. */
const loosely = (options: unknown) => () => createPlayhead(options as PlayheadOptions);

describe('wrong calls of createPlayhead', () => {
  it.each([
    [undefined, 'createPlayhead: `url` is the GraphQL endpoint, such as "/graphql".'],
    [{ ...good, url: '' }, 'createPlayhead: `url` is the GraphQL endpoint, such as "/graphql".'],
    [
      { ...good, auth: 'token' },
      'createPlayhead: `auth` is a function that answers an access token.',
    ],
    [
      { ...good, device: 'TV' },
      'createPlayhead: `device` is { kind, name? }, such as { kind: "TV" }.',
    ],
    [{ ...good, profile: '' }, 'createPlayhead: `profile` is left out or not empty.'],
  ])('throw at once: %j', (options, message) => {
    expect(loosely(options)).toThrow(new TypeError(message));
  });

  it('but a kind of device that is newer than this SDK is OTHER', async () => {
    const rig = openRig({ device: { kind: 'VR' as 'TV' } });
    await rig.client.attach(rig.player, { playableId: 'mov_1', resume: 'never' }).ready;
    rig.player.play();
    await rig.server.settle();
    expect(rig.server.of('BeginSession')[0]?.variables.input.deviceKind).toBe('OTHER');
  });
});

describe('wrong calls of everything else never throw', () => {
  const right = { playableId: 'mov_1', resume: 'never' } as const;
  const id = 'An id is 1 to 64 characters of [A-Za-z0-9_-].';

  it.each([
    [null, right, 'attach: the first argument is a media element.'],
    ['#video', right, 'attach: the first argument is a media element.'],
    [new FakePlayer(), undefined, "attach: `resume` is 'auto', 'never', or a position in ms."],
    [
      new FakePlayer(),
      { ...right, resume: -1 },
      "attach: `resume` is 'auto', 'never', or a position in ms.",
    ],
    [
      new FakePlayer(),
      { ...right, resume: 1.5 },
      "attach: `resume` is 'auto', 'never', or a position in ms.",
    ],
    [
      new FakePlayer(),
      { ...right, durationMs: 'PT1H' },
      'attach: `durationMs` is a whole number of milliseconds.',
    ],
    [
      new FakePlayer(),
      { ...right, creditsStartMs: 2 ** 31 },
      'attach: `creditsStartMs` is a whole number of milliseconds.',
    ],
    [new FakePlayer(), { ...right, playableId: 7 }, 'playableId is the id of a playable, as text.'],
    [new FakePlayer(), { ...right, playableId: 'a:b' }, id],
  ])('attach(%s, %j) is a problem', async (player, options, message) => {
    const told: ServerProblem[] = [];
    const rig = openRig({ on: { problem: (problem) => told.push(problem) } });
    const attachment = rig.client.attach(player as never, options as never);
    expect(await attachment.ready).toMatchObject({ positionMs: null, source: 'none' });
    attachment.detach();
    expect(told).toEqual([{ code: 'INVALID_INPUT', message, path: [expect.any(String)] }]);
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
