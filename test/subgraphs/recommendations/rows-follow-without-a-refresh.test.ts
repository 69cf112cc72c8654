import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'graphql';
import type { TransitionKind } from '../../../domain/transition.ts';
import { subscribeToSubgraph } from '../../../runtime/subscribe.ts';
import { noonMs } from '../../support/manual-clock.ts';
import { transition } from '../../support/transitions.ts';
import { servedModel } from './served-model.ts';
import { minuteMs } from './shows.ts';
import { openWorld, silent, type World } from './world.ts';

const query = `subscription { continueWatchingUpdates { viewer {
  continueWatching { edges { node { kind playableId } } } } } }`;

interface Card {
  node: { kind: string; playableId: string };
}

interface Event {
  data: {
    continueWatchingUpdates: { viewer: { continueWatching: { edges: Card[] } | null } };
  };
}

let world: World;
let updates: AsyncIterableIterator<unknown>;
/** What ranks; undefined: recency. */
let model: unknown;

beforeEach(async () => {
  world = await openWorld({ model });
  updates = await world.subscribe(query);
});
afterEach(async () => {
  await updates.return?.();
  await world.close();
  expect(world.clock.pending).toBe(0);
});

function did(kind: TransitionKind, title: string) {
  return transition({ kind, title, occurredAtMs: world.clock.nowMs() });
}

/** The cards of the next event. */
async function nextRow(pending: Promise<unknown> = updates.next()): Promise<string[] | undefined> {
  const { value } = (await pending) as IteratorResult<Event>;
  const { continueWatching } = value.data.continueWatchingUpdates.viewer;
  return continueWatching?.edges.map(({ node }: Card) => `${node.kind} ${node.playableId}`);
}

/** Whether an event that is asked for stays out, for as long as anything goes on without time passing. */
async function isQuiet(pending: Promise<unknown>): Promise<boolean> {
  let isHere = false;
  void pending.then(() => {
    isHere = true;
  });
  for (let count = 0; count < 50; count += 1) await turn();
  return !isHere;
}

describe.each([
  ['recency', undefined],
  ['a model', servedModel({ log_h_since: -1, is_newest: 0.5 })],
])('a live row, ranked by %s', (_ranker, chosen) => {
  beforeAll(() => {
    model = chosen;
  });
  afterAll(() => {
    model = undefined;
  });

  it('is ranked by it', async () => {
    await world.happened(did('PAUSE', 'mov_sintel'));
    expect((await world.row()).ranker).toBe(chosen === undefined ? 'recency' : 'linear-7');
  });

  it('tells at once, also of an empty row', async () => {
    expect(await nextRow()).toEqual([]);
  });

  it('tells of each change of order or content, with the row as it then is', async () => {
    await nextRow();
    let next = updates.next();
    await world.clock.advance(2_000);
    await world.happened(did('PAUSE', 'mov_sintel'));
    expect(await nextRow(next)).toEqual(['RESUME mov_sintel']);

    next = updates.next();
    await world.clock.advance(2_000);
    await world.happened(did('PAUSE', 'mov_spring'));
    expect(await nextRow(next)).toEqual(['RESUME mov_spring', 'RESUME mov_sintel']);

    next = updates.next();
    await world.clock.advance(2_000);
    await world.happened(did('FINISH', 'mov_sintel'));
    expect(await nextRow(next)).toEqual(['RESUME mov_spring']);
  });

  it('is quiet while only the position moves', async () => {
    await world.happened(did('PROGRESS', 'mov_sintel'));
    expect(await nextRow()).toEqual(['PLAYING_ELSEWHERE mov_sintel']);
    const next = updates.next();
    await world.clock.advance(15_000);
    await world.happened({ ...did('PROGRESS', 'mov_sintel'), positionMs: 31 * minuteMs });
    expect(await isQuiet(next)).toBe(true);
    await world.clock.advance(1);
    await world.happened(did('PAUSE', 'mov_sintel'));
    expect(await nextRow(next)).toEqual(['RESUME mov_sintel']);
  });

  it('is quiet about another profile', async () => {
    await nextRow();
    const next = updates.next();
    await world.clock.advance(2_000);
    await world.happened({ ...did('PAUSE', 'mov_sintel'), profileId: 'other' });
    expect(await isQuiet(next)).toBe(true);
  });

  it('tells at most once a second, then of everything at once', async () => {
    await nextRow();
    const next = updates.next();
    await world.happened(did('PAUSE', 'mov_sintel'), did('PAUSE', 'mov_spring'));
    expect(await isQuiet(next)).toBe(true);
    await world.clock.advance(999);
    await world.happened(did('PAUSE', 'mov_charge'));
    expect(await isQuiet(next)).toBe(true);
    await world.clock.advance(1);
    expect(await nextRow(next)).toHaveLength(3);
    const after = updates.next();
    await world.clock.advance(5_000);
    expect(await isQuiet(after)).toBe(true);
  });

  it('tells a slow reader once, of the latest', async () => {
    await nextRow();
    for (const title of ['mov_sintel', 'mov_spring', 'mov_charge']) {
      await world.clock.advance(2_000);
      await world.happened(did('PAUSE', title));
    }
    expect(await nextRow()).toHaveLength(3);
    await world.clock.advance(2_000);
    await world.happened(did('PAUSE', 'mov_wing_it'));
    expect(await nextRow()).toHaveLength(4);
  });

  it('tells that a silent player is gone, though nothing more is heard of it', async () => {
    await world.happened(did('PROGRESS', 'mov_sintel'));
    expect(await nextRow()).toEqual(['PLAYING_ELSEWHERE mov_sintel']);
    const next = updates.next();
    await world.clock.advance(27_499);
    expect(await isQuiet(next)).toBe(true);
    await world.clock.advance(1);
    expect(await nextRow(next)).toEqual(['RESUME mov_sintel']);
  });

  it('is nobody’s without a token', async () => {
    const headers = { authorization: undefined };
    const refused = await subscribeToSubgraph(
      world.subgraph,
      { document: parse(query), headers },
      silent,
    );
    expect(refused).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  });
});

describe('the end of a live row', () => {
  it('settles at once while a change is waited for', async () => {
    await nextRow();
    const waiting = updates.next();
    expect(await updates.return?.()).toEqual({ done: true, value: undefined });
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await updates.next()).toEqual({ done: true, value: undefined });
  });

  it('comes with the end of the subgraph', async () => {
    await nextRow();
    const waiting = updates.next();
    await world.subgraph.close();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });
});

describe('a new episode', () => {
  const releasedMs = noonMs + 5 * minuteMs;
  let upcoming: World;

  beforeEach(async () => {
    upcoming = await openWorld({
      titles: {
        movies: [],
        series: [
          {
            id: 'ser',
            title: 'S',
            episodes: [
              { id: 'ep_1', title: 'One', seasonNumber: 1, episodeNumber: 1 },
              {
                id: 'ep_2',
                title: 'Two',
                seasonNumber: 1,
                episodeNumber: 2,
                availableFrom: new Date(releasedMs).toISOString(),
              },
            ],
          },
        ],
      },
    });
  });
  afterEach(() => upcoming.close());

  it('brings its series back into an open row within two minutes of its release', async () => {
    await upcoming.happened(transition({ kind: 'FINISH', title: 'ep_1' }));
    const live = await upcoming.subscribe(query);
    expect(await nextRow(live.next())).toEqual([]);
    const next = live.next();
    await upcoming.clock.advance(releasedMs - noonMs - 1);
    expect(await isQuiet(next)).toBe(true);
    await upcoming.clock.advance(2 * minuteMs);
    expect(await nextRow(next)).toEqual(['NEW_EPISODE ep_2']);
    await live.return?.();
  });
});
