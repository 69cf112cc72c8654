import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PlatformError } from '../../../domain/errors.ts';
import { transition } from '../../support/transitions.ts';
import { openWorld, rowQuery, type World } from './world.ts';

describe('a row whose view cannot be read', () => {
  // What breaks: reading the view fails.
  // How: a switch in front of the store.
  // What must hold: the row is what was last read, or null with an error of its own, the viewer stays,
  // a live row ends for nobody, and everything is as before once the view answers.
  const damaged = new PlatformError('The file is damaged.', { code: 'STATE_UNAVAILABLE' });
  let isDown = false;
  let world: World;
  beforeEach(async () => {
    isDown = false;
    world = await openWorld({
      viewings: (real) => ({
        ...real,
        recent: (query) => (isDown ? Promise.reject(damaged) : real.recent(query)),
      }),
    });
    await world.happened(transition({ kind: 'PAUSE', title: 'mov_sintel' }));
  });
  afterEach(() => world.close());

  it('is null, with a code of its own and without the store’s words', async () => {
    isDown = true;
    const { data, errors } = await world.ask(rowQuery);
    expect(data.viewer).toMatchObject({ id: expect.any(String), continueWatching: null });
    expect(errors).toMatchObject([
      {
        message: 'The row cannot be ranked just now.',
        path: ['viewer', 'continueWatching'],
        extensions: { code: 'RANKING_UNAVAILABLE', retryable: true },
      },
    ]);
  });

  it('is what it was when it was last read, and says so', async () => {
    const before = await world.row();
    expect(before.degraded).toBe(false);
    isDown = true;
    await world.clock.advance(1_000);
    const during = await world.row();
    expect([during.degraded, during.edges]).toEqual([true, before.edges]);
    isDown = false;
    await world.happened(
      transition({ kind: 'FINISH', title: 'mov_sintel', occurredAtMs: world.clock.nowMs() }),
    );
    expect(await world.row()).toMatchObject({ degraded: false, edges: [] });
  });

  it('is not what it was before something was forgotten', async () => {
    expect((await world.row()).edges).toHaveLength(1);
    const occurredAtMs = world.clock.nowMs() + 1;
    await world.happened(transition({ kind: 'FORGET', title: 'mov_sintel', occurredAtMs }));
    isDown = true;
    expect((await world.ask(rowQuery)).data.viewer.continueWatching).toBeNull();
  });

  it('takes no neighbour along that asks in the same operation', async () => {
    isDown = true;
    const { data } = await world.ask(
      '{ viewer { a: continueWatching { ranker } b: continueWatching(deviceKind: TV) { ranker } id } }',
    );
    expect(data.viewer).toEqual({ a: null, b: null, id: expect.any(String) });
  });

  it('is told of at once, and told again when it is back', async () => {
    isDown = true;
    const live = await world.subscribe(
      'subscription { continueWatchingUpdates { viewer { continueWatching { edges { node { playableId } } } } } }',
    );
    const first = await live.next();
    expect(first.value).toMatchObject({
      data: { continueWatchingUpdates: { viewer: { continueWatching: null } } },
      errors: [{ extensions: { code: 'RANKING_UNAVAILABLE' } }],
    });
    const second = live.next();
    isDown = false;
    await world.clock.advance(1_000);
    expect((await second).value).toEqual({
      data: {
        continueWatchingUpdates: {
          viewer: { continueWatching: { edges: [{ node: { playableId: 'mov_sintel' } }] } },
        },
      },
    });
    await live.return?.();
  });
});
