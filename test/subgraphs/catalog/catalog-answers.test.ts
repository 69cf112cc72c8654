import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readConfig } from '../../../runtime/config.ts';
import { createLog } from '../../../runtime/log.ts';
import type { Subgraph } from '../../../runtime/subgraph.ts';
import type { Context } from '../../../subgraphs/catalog/context.ts';
import { openCatalog } from '../../../subgraphs/catalog/main.ts';
import { createTitles } from '../../../subgraphs/catalog/titles.ts';
import { type Answer, ask } from '../../support/ask.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const log = createLog({ level: 'silent', part: 'test' });
const config = readConfig({});
let clock: ManualClock;
let catalog: Subgraph<Context>;

beforeEach(async () => {
  clock = new ManualClock();
  catalog = await openCatalog({ config, clock, log });
});
afterEach(() => catalog.close());

describe('the catalog', () => {
  it('answers a film with its markers', async () => {
    const { data } = await ask(
      catalog,
      '{ playable(id: "mov_sintel") { __typename id title durationMs creditsStartMs artworkUrl(width: 320) ... on Movie { releaseYear } } }',
    );
    expect(data.playable).toEqual({
      __typename: 'Movie',
      id: 'mov_sintel',
      title: 'Sintel',
      durationMs: 888_000,
      creditsStartMs: 740_000,
      artworkUrl: '/demo/artwork/mov_sintel.svg?w=320',
      releaseYear: 2010,
    });
  });

  it('answers null for what it does not know, a series id included', async () => {
    const { data, errors } = await ask(
      catalog,
      '{ a: playable(id: "nobody") { id } b: playable(id: "ser_tideline") { id } c: series(id: "mov_sintel") { id } }',
    );
    expect({ data, errors }).toEqual({ data: { a: null, b: null, c: null }, errors: [] });
  });

  it('keeps the order that was asked, unknown ids included', async () => {
    const ids = ['mov_spring', 'nobody', 'ep_tideline_s1e1', 'mov_spring'];
    const { data } = await ask(catalog, 'query ($ids: [ID!]!) { playables(ids: $ids) { id } }', {
      variables: { ids },
    });
    expect(data.playables.map((one: { id: string } | null) => one?.id ?? null)).toEqual([
      'mov_spring',
      null,
      'ep_tideline_s1e1',
      'mov_spring',
    ]);
  });

  it.each([0, 101])('refuses a list of %i ids', async (length) => {
    const ids = Array.from({ length }, (_, index) => `mov_${index}`);
    const { data, errors } = await ask(
      catalog,
      'query ($ids: [ID!]!) { playables(ids: $ids) { id } }',
      { variables: { ids } },
    );
    expect(data.playables).toBeNull();
    expect(errors[0]).toMatchObject({
      message: expect.stringContaining('ids'),
      extensions: { code: 'BAD_USER_INPUT' },
    });
  });

  it('leads from episode to episode, across seasons, to an end', async () => {
    const { data } = await ask(
      catalog,
      `{ a: playable(id: "ep_tideline_s1e3") { ...next } b: playable(id: "ep_tideline_s2e3") { ...next } }
       fragment next on Episode { series { id } nextEpisode { id seasonNumber episodeNumber } }`,
    );
    expect(data).toEqual({
      a: {
        series: { id: 'ser_tideline' },
        nextEpisode: { id: 'ep_tideline_s2e1', seasonNumber: 2, episodeNumber: 1 },
      },
      b: { series: { id: 'ser_tideline' }, nextEpisode: null },
    });
  });

  it('resolves every entity by key, and an unknown or foreign key to null', async () => {
    const representations = [
      { __typename: 'Movie', id: 'mov_charge' },
      { __typename: 'Episode', id: 'ep_night_signal_s1e1' },
      { __typename: 'Series', id: 'ser_night_signal' },
      { __typename: 'Playable', id: 'mov_charge' },
      { __typename: 'Movie', id: 'ep_night_signal_s1e1' },
      { __typename: 'Episode', id: 'mov_charge' },
      { __typename: 'Series', id: 'nobody' },
      { __typename: 'Playable', id: 'nobody' },
    ];
    const { data, errors } = await ask(
      catalog,
      'query ($of: [_Any!]!) { _entities(representations: $of) { __typename ... on Movie { id } ... on Episode { id } ... on Series { id } } }',
      { variables: { of: representations } },
    );
    expect(errors).toEqual([]);
    expect(data._entities).toEqual([
      { __typename: 'Movie', id: 'mov_charge' },
      { __typename: 'Episode', id: 'ep_night_signal_s1e1' },
      { __typename: 'Series', id: 'ser_night_signal' },
      { __typename: 'Movie', id: 'mov_charge' },
      null,
      null,
      null,
      null,
    ]);
  });
});

interface Page {
  edges: { node: { id: string } }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; endCursor: string | null };
}

describe('the episodes of a series', () => {
  const query = `query ($first: Int, $after: String) { series(id: "ser_tideline") {
    episodes(first: $first, after: $after) {
      edges { cursor node { id } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    } } }`;

  it('come in pages that together are the series', async () => {
    const seen: string[] = [];
    let after: string | null = null;
    for (let isLast = false; !isLast; ) {
      const answer: Answer = await ask(catalog, query, { variables: { first: 4, after } });
      const { edges, pageInfo }: Page = answer.data.series.episodes;
      expect(pageInfo.hasPreviousPage).toBe(after !== null);
      seen.push(...edges.map(({ node }) => node.id));
      after = pageInfo.endCursor;
      isLast = !pageInfo.hasNextPage;
    }
    expect(seen).toEqual([
      'ep_tideline_s1e1',
      'ep_tideline_s1e2',
      'ep_tideline_s1e3',
      'ep_tideline_s2e1',
      'ep_tideline_s2e2',
      'ep_tideline_s2e3',
    ]);
  });

  it.each([
    [{ first: 0 }, 'first'],
    [{ first: 101 }, 'first'],
    [{ after: 'not-a-cursor' }, 'after'],
  ])('refuse %j naming the argument', async (variables, argument) => {
    const { errors } = await ask(catalog, query, { variables });
    expect(errors[0]).toMatchObject({
      message: expect.stringContaining(argument),
      extensions: { code: 'BAD_USER_INPUT' },
    });
  });

  it('are empty behind the last one', async () => {
    const all = await ask(catalog, query, { variables: { first: 100 } });
    const { endCursor } = all.data.series.episodes.pageInfo;
    const { data } = await ask(catalog, query, { variables: { after: endCursor } });
    expect(data.series.episodes).toEqual({
      edges: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: true, startCursor: null, endCursor: null },
    });
  });
});

describe('an episode that is not playable yet', () => {
  const releaseInMs = 60_000;
  let upcoming: Subgraph<Context>;

  beforeEach(async () => {
    const availableFrom = new Date(clock.nowMs() + releaseInMs).toISOString();
    const episodes = [
      { id: 'ep_1', title: 'One', seasonNumber: 1, episodeNumber: 1 },
      { id: 'ep_2', title: 'Two', seasonNumber: 1, episodeNumber: 2, availableFrom },
      { id: 'ep_3', title: 'Three', seasonNumber: 1, episodeNumber: 3 },
    ];
    const titles = createTitles({ movies: [], series: [{ id: 'ser', title: 'S', episodes }] });
    upcoming = await openCatalog({ config, clock, log, titles });
  });
  afterEach(() => upcoming.close());

  const query = `{
    playable(id: "ep_2") { id ... on Episode { availableFrom } }
    playables(ids: ["ep_2"]) { id }
    before: playable(id: "ep_1") { ... on Episode { nextEpisode { id } } }
    series(id: "ser") { episodes { edges { node { id } } } }
  }`;

  it('is nowhere, and the story is not continued behind it', async () => {
    const { data } = await ask(upcoming, query);
    expect(data).toEqual({
      playable: null,
      playables: [null],
      before: { nextEpisode: null },
      series: { episodes: { edges: [{ node: { id: 'ep_1' } }, { node: { id: 'ep_3' } }] } },
    });
  });

  it('is everywhere from its instant on', async () => {
    await clock.advance(releaseInMs);
    const { data } = await ask(upcoming, query);
    expect(data.playable).toEqual({
      id: 'ep_2',
      availableFrom: new Date(clock.nowMs()).toISOString(),
    });
    expect(data.playables).toEqual([{ id: 'ep_2' }]);
    expect(data.before).toEqual({ nextEpisode: { id: 'ep_2' } });
    expect(data.series.episodes.edges).toHaveLength(3);
  });
});
