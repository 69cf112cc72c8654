import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import '../../support/seeds.ts';
import { cutPage, type PagedRow } from '../../../subgraphs/recommendations/page.ts';
import { createRankingMemory } from '../../../subgraphs/recommendations/rankings.ts';
import { ManualClock, noonMs } from '../../support/manual-clock.ts';
import { transition } from '../../support/transitions.ts';
import { minuteMs } from './shows.ts';
import { openWorld, type RowPage, rowQuery, type World } from './world.ts';

const films = ['mov_sintel', 'mov_spring', 'mov_charge', 'mov_wing_it', 'mov_coffee_run'];
const ids = (page: RowPage) => page.edges.map(({ node }) => node.playableId);

describe('pages of a row that changes while it is read', () => {
  let world: World;
  beforeEach(async () => {
    world = await openWorld();
    await world.happened(
      ...films.map((title, index) =>
        transition({ kind: 'PAUSE', title, occurredAtMs: noonMs - index * minuteMs }),
      ),
    );
  });
  afterEach(() => world.close());

  const paused = (title: string) =>
    transition({ kind: 'PAUSE', title, occurredAtMs: world.clock.nowMs() });

  it('go on in the ranking that the first was cut from', async () => {
    const first = await world.row({ first: 2 });
    expect(ids(first)).toEqual(['mov_sintel', 'mov_spring']);
    await world.clock.advance(1_000);
    await world.happened(paused('mov_coffee_run'), paused('ep_tideline_s1e1'));
    const second = await world.row({ first: 2, after: first.pageInfo.endCursor });
    const third = await world.row({ first: 2, after: second.pageInfo.endCursor });
    expect([...ids(second), ...ids(third)]).toEqual([
      'mov_charge',
      'mov_wing_it',
      'mov_coffee_run',
    ]);
    expect([second.rankingId, third.rankingId]).toEqual([first.rankingId, first.rankingId]);
    expect(third.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    const newest = await world.row({ first: 2 });
    expect(ids(newest)).toEqual(['ep_tideline_s1e1', 'mov_coffee_run']);
    expect(newest.rankingId).not.toBe(first.rankingId);
  });

  it('leave out what left the row meanwhile', async () => {
    const first = await world.row({ first: 2 });
    await world.clock.advance(1_000);
    await world.happened(
      transition({ kind: 'HIDE', title: 'mov_charge', occurredAtMs: world.clock.nowMs() }),
    );
    const rest = await world.row({ after: first.pageInfo.endCursor });
    expect(ids(rest)).toEqual(['mov_wing_it', 'mov_coffee_run']);
  });

  it('show a card as it is now, at the place it had', async () => {
    const first = await world.row({ first: 4 });
    await world.clock.advance(1_000);
    await world.happened({ ...paused('mov_coffee_run'), kind: 'PROGRESS' });
    const { edges } = await world.row({ after: first.pageInfo.endCursor });
    expect(edges.map(({ node }) => `${node.kind} ${node.playableId}`)).toEqual([
      'PLAYING_ELSEWHERE mov_coffee_run',
    ]);
  });

  it('repeat nothing when the ranking is no longer kept: after a while', async () => {
    const first = await world.row({ first: 2 });
    await world.clock.advance(11 * minuteMs);
    await world.happened(paused('mov_sintel'), paused('mov_wing_it'));
    const rest = await world.row({ after: first.pageInfo.endCursor });
    expect(ids(rest)).toEqual(['mov_wing_it', 'mov_charge', 'mov_coffee_run']);
    expect(rest.rankingId).not.toBe(first.rankingId);
  });

  it('repeat nothing when the ranking is no longer kept: after a restart', async () => {
    const first = await world.row({ first: 2 });
    await world.restart();
    await world.clock.advance(1_000);
    await world.happened(paused('mov_coffee_run'));
    const second = await world.row({ first: 1, after: first.pageInfo.endCursor });
    const third = await world.row({ after: second.pageInfo.endCursor });
    expect([...ids(second), ...ids(third)]).toEqual([
      'mov_coffee_run',
      'mov_charge',
      'mov_wing_it',
    ]);
  });

  it('name equal orders by equal ids, also after a restart', async () => {
    const before = await world.row();
    await world.restart();
    expect((await world.row()).rankingId).toBe(before.rankingId);
  });

  it('never go by another profile’s ranking', async () => {
    const { pageInfo, rankingId } = await world.row({ first: 2 });
    await world.happened({ ...paused('mov_charge'), profileId: 'other' });
    const { data } = await world.ask(rowQuery, { after: pageInfo.endCursor });
    expect(data.viewer.continueWatching.rankingId).toBe(rankingId);
  });

  it('end with an empty page and no cursors', async () => {
    const { pageInfo } = await world.row({ first: 5 });
    expect(await world.row({ after: pageInfo.endCursor })).toMatchObject({
      edges: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: true, startCursor: null, endCursor: null },
    });
  });

  it.each([
    [{ first: 0 }, 'first'],
    [{ first: -1 }, 'first'],
    [{ first: 101 }, 'first'],
    [{ after: '' }, 'after'],
    [{ after: 'not-a-cursor' }, 'after'],
    [{ after: Buffer.from('["rk",7]').toString('base64url') }, 'after'],
    [{ after: Buffer.from(`["rk","${'x'.repeat(10_000)}"]`).toString('base64url') }, 'after'],
  ])('refuse %j naming the argument', async (page, argument) => {
    const { data, errors } = await world.ask(rowQuery, page);
    expect(data.viewer.continueWatching).toBeNull();
    expect(errors[0]).toMatchObject({
      message: expect.stringContaining(argument),
      extensions: { code: 'BAD_USER_INPUT' },
    });
  });
});

describe('the pages of one ranking', () => {
  const allIds = Array.from({ length: 45 }, (_, index) => `cw_${index}`);
  const orders = fc.shuffledSubarray(allIds, { minLength: allIds.length });
  const rowOf = (order: readonly string[], atMs: number): PagedRow => {
    const items = order.map((id) => ({
      id,
      kind: 'RESUME' as const,
      playableId: id,
      playable: { id },
      score: null,
      reasons: [],
    }));
    return {
      profileId: 'demo',
      items: items.slice(0, 40),
      behind: items.slice(40),
      ranker: 'recency',
      rankedAtMs: atMs,
      degraded: false,
      continuationProbability: null,
    };
  };

  it('are together that ranking, whatever was ranked between them', () => {
    fc.assert(
      fc.property(
        fc.array(orders, { minLength: 2, maxLength: 8 }),
        fc.integer({ min: 1, max: 50 }),
        (history, first) => {
          const clock = new ManualClock();
          const memory = createRankingMemory(clock);
          const seen: string[] = [];
          let after: string | null = null;
          for (let turn = 0; turn === 0 || after !== null; turn += 1) {
            const order = history[turn % history.length] ?? [];
            const row = rowOf(order, clock.nowMs());
            const page = cutPage(row, { first, after }, memory);
            seen.push(...page.edges.map(({ node }) => node.id));
            after = page.pageInfo.hasNextPage ? (page.pageInfo.endCursor ?? null) : null;
          }
          expect(seen).toEqual(history[0]?.slice(0, 40));
        },
      ),
    );
  });

  it('repeat nothing even if every one of them is cut by another process', () => {
    fc.assert(
      fc.property(
        fc.array(orders, { minLength: 2, maxLength: 8 }),
        fc.integer({ min: 1, max: 20 }),
        (history, first) => {
          const clock = new ManualClock();
          const seen: string[] = [];
          let after: string | null = null;
          for (const order of history) {
            const memory = createRankingMemory(clock);
            const page = cutPage(rowOf(order, clock.nowMs()), { first, after }, memory);
            seen.push(...page.edges.map(({ node }) => node.id));
            after = page.pageInfo.endCursor ?? after;
          }
          expect(new Set(seen).size).toBe(seen.length);
        },
      ),
    );
  });
});
