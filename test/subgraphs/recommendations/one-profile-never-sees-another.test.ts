import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { viewerId } from '../../../runtime/identity.ts';
import { cardId, openCardId } from '../../../subgraphs/recommendations/card-id.ts';
import { ask } from '../../support/ask.ts';
import { transition } from '../../support/transitions.ts';
import { openWorld, rowQuery, type World } from './world.ts';

const entities = `query ($of: [_Any!]!) { _entities(representations: $of) {
  ... on Viewer { own: id } ... on ContinueWatchingItem { id playableId } } }`;
const sintelOf = (profileId: string) => cardId({ profileId, showId: 'mov_sintel' });

let world: World;
beforeEach(async () => {
  world = await openWorld();
  await world.happened(
    transition({ kind: 'PAUSE', title: 'mov_sintel' }),
    transition({ kind: 'PAUSE', title: 'mov_sintel', profileId: 'other' }),
    transition({ kind: 'PAUSE', title: 'mov_spring', profileId: 'other' }),
  );
});
afterEach(() => world.close());

describe('a token', () => {
  it('answers its own profile’s row and nobody else’s', async () => {
    expect(await world.cards()).toEqual(['RESUME mov_sintel']);
    const authorization = await world.authorization('other');
    const { data } = await ask(world.subgraph, rowQuery, { authorization });
    expect(data.viewer.id).toBe(viewerId('other'));
    expect(data.viewer.continueWatching.edges).toHaveLength(2);
  });

  it('resolves its own entities, and another profile’s to null', async () => {
    const own = sintelOf('demo');
    const { data, errors } = await world.ask(entities, {
      of: [
        { __typename: 'Viewer', id: viewerId('demo') },
        { __typename: 'ContinueWatchingItem', id: own },
        { __typename: 'Viewer', id: viewerId('other') },
        { __typename: 'ContinueWatchingItem', id: sintelOf('other') },
      ],
    });
    expect(errors).toEqual([]);
    expect(data._entities).toEqual([
      { own: viewerId('demo') },
      { id: own, playableId: 'mov_sintel' },
      null,
      null,
    ]);
  });

  it.each(['', 'cw_', 'cw_%%%', 'cw_ZGVtbw', cardId({ profileId: 'demo', showId: 'mov_spring' })])(
    'resolves a card that it does not have to null: %j',
    async (id) => {
      const of = [{ __typename: 'ContinueWatchingItem', id }];
      const { data, errors } = await world.ask(entities, { of });
      expect({ data, errors }).toEqual({ data: { _entities: [null] }, errors: [] });
    },
  );

  it('that is missing means signed out: no viewer, no entity, no error', async () => {
    const { data, errors } = await ask(world.subgraph, rowQuery);
    expect({ data, errors }).toEqual({ data: { viewer: null }, errors: [] });
    const of = [
      { __typename: 'Viewer', id: viewerId('demo') },
      { __typename: 'ContinueWatchingItem', id: sintelOf('demo') },
    ];
    const answer = await ask(world.subgraph, entities, { variables: { of } });
    expect(answer.data._entities).toEqual([null, null]);
  });
});

describe('the id of a card', () => {
  it('stays while what it plays moves on', async () => {
    const watched = (kind: 'PAUSE' | 'FINISH', afterMs: number) =>
      transition({
        kind,
        title: 'ep_tideline_s1e1',
        occurredAtMs: world.clock.nowMs() + afterMs,
      });
    await world.happened(watched('PAUSE', 1));
    const [before] = (await world.row()).edges;
    await world.happened(watched('FINISH', 2));
    const [after] = (await world.row()).edges;
    expect([before?.node.playableId, after?.node.playableId]).toEqual([
      'ep_tideline_s1e1',
      'ep_tideline_s1e2',
    ]);
    expect(after?.node.id).toBe(before?.node.id);
  });

  it('opens to what it was made of, whatever a catalog calls its shows', () => {
    for (const showId of ['mov_sintel', 'a/b', 'ünï', '\n']) {
      const key = { profileId: 'demo', showId };
      expect(openCardId(cardId(key))).toEqual(key);
    }
  });
});

describe('the row of one operation', () => {
  it('is built once, however often it is asked for', async () => {
    const { subgraph } = world;
    const context = await subgraph.contextFor({ authorization: await world.authorization() });
    const { rows } = context.deps;
    let built = 0;
    context.deps.rows = {
      build(question) {
        built += 1;
        return rows.build(question);
      },
    };
    const aliases = Array.from(
      { length: 30 },
      (_, index) => `a${index}: continueWatching { ranker }`,
    );
    await subgraph.server.executeOperation(
      { query: `{ viewer { ${aliases.join(' ')} } }` },
      { contextValue: context },
    );
    context.deps.rows = rows;
    expect(built).toBe(1);
  });

  it('is read anew in the next turn of the same context: nothing is kept', async () => {
    const context = await world.subgraph.contextFor({
      authorization: await world.authorization(),
    });
    expect((await context.row(null)).items).toHaveLength(1);
    await world.happened(transition({ kind: 'PAUSE', title: 'mov_charge' }));
    expect((await context.row(null)).items).toHaveLength(2);
  });

  it('names its ranker and gives no number that nobody worked out', async () => {
    const row = await world.row();
    expect(row).toMatchObject({ ranker: 'recency', continuationProbability: null });
    expect(row.edges[0]?.node.score).toBeNull();
    expect(row.rankedAt).toBe(new Date(world.clock.nowMs()).toISOString());
  });
});
