import { QueryPlanner } from '@graphql-hive/router-query-planner';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { getOperationAST, parse, print } from 'graphql';
import { plainDocument } from '../../gateway/plain-documents.ts';
import { openToyGateway, type ToyGateway } from './toy-gateway.ts';

/** What clients may write and the federation runtime gets wrong: a gateway of ours answers it all the same. */
let gateway: ToyGateway;
beforeAll(async () => {
  gateway = await openToyGateway('embedded');
});
afterAll(() => gateway.close());

const ask = async (query: string, operationName?: string) => {
  const named = operationName === undefined ? {} : { operationName };
  const { data, errors } = await gateway.ask(query, { profileId: 'alice', ...named });
  return { data, errors };
};

const ids = '(ids: ["mov_1", "mov_2"])';
const both = [
  { id: 'mov_1', title: 'Title of mov_1' },
  { id: 'mov_2', title: 'Title of mov_2' },
];

describe('a list that is selected twice under one key', () => {
  it.each([
    ['by two fields', `{ playables${ids} { id } playables${ids} { title } }`],
    [
      'by a field and a fragment before it',
      `{ ...Ids playables${ids} { title } } fragment Ids on Query { playables${ids} { id } }`,
    ],
    [
      'by a field and a fragment behind it',
      `{ playables${ids} { title } ...Ids } fragment Ids on Query { playables${ids} { id } }`,
    ],
    [
      'by a fragment in a fragment',
      `{ ... { ...Ids } playables${ids} { title } } fragment Ids on Query { playables${ids} { id } }`,
    ],
    [
      'once on a condition',
      `{ playables${ids} { id } playables${ids} @include(if: true) { title } }`,
    ],
    ['three times', `{ ${`playables${ids} { id } `.repeat(2)} playables${ids} { title } }`],
  ])('%s holds each item once, whole', async (_how, query) => {
    expect(await ask(query)).toEqual({ data: { playables: both }, errors: undefined });
  });

  it('leaves out what its condition leaves out', async () => {
    const query = `{ playables${ids} { id } playables${ids} @skip(if: true) { title } }`;
    const { data } = await ask(query);
    expect(data).toEqual({ playables: [{ id: 'mov_1' }, { id: 'mov_2' }] });
  });

  it('is joined within objects, and in lists of other subgraphs', async () => {
    const query = `{ viewer { ...Row continueWatching(first: 2) { edges { node { playable { title } } } } } }
      fragment Row on Viewer { continueWatching(first: 2) { edges { cursor node { id } } } }`;
    const { data, errors } = await ask(query);
    expect(errors).toBeUndefined();
    const { edges } = data.viewer.continueWatching;
    expect(edges).toHaveLength(new Set(edges.map(({ cursor }: { cursor: string }) => cursor)).size);
    expect(edges[0]).toEqual({
      cursor: '0',
      node: { id: 'card_0', playable: { title: 'Title of mov_0' } },
    });
  });
});

describe('an operation', () => {
  it('that begins with __typename is answered whole', async () => {
    const query = '{ __typename ...Film } fragment Film on Query { playable(id: "mov_1") { id } }';
    const expected = { __typename: 'Query', playable: { id: 'mov_1' } };
    expect(await ask(query)).toEqual({ data: expected, errors: undefined });
  });

  it('is answered beside another one that asks for the schema', async () => {
    const query = `query Schema { __schema { queryType { name } } }
      query Film { playable(id: "mov_1") { id } }`;
    expect((await ask(query, 'Film')).data).toEqual({ playable: { id: 'mov_1' } });
    expect((await ask(query, 'Schema')).data).toEqual({
      __schema: { queryType: { name: 'Query' } },
    });
  });

  it('of which nothing is left is answered by nothing', async () => {
    const query = 'query Film($no: Boolean!) { playable(id: "mov_1") @include(if: $no) { id } }';
    const { status, data, errors } = await gateway.ask(query, { variables: { no: false } });
    expect({ status, data, errors }).toEqual({ status: 200, data: {}, errors: undefined });
  });

  it('stays as it is written where there is nothing to mend', () => {
    const document = parse(
      'query One { a b { ...F } ...F ... { c: a } __typename } fragment F on T { d }',
    );
    const operation = getOperationAST(document, 'One');
    const plain = plainDocument(document, operation!);
    expect(print(plain)).toBe(print(document));
    expect(plain.loc).toBe(document.loc);
  });
});

it('is planned once, however often it is asked', async () => {
  const { planAsync } = QueryPlanner.prototype;
  let plans = 0;
  QueryPlanner.prototype.planAsync = function planned(...args) {
    plans += 1;
    return planAsync.apply(this, args);
  };
  try {
    for (let times = 0; times < 3; times += 1)
      await ask('{ playable(id: "mov_1") { durationMs } }');
  } finally {
    QueryPlanner.prototype.planAsync = planAsync;
  }
  expect(plans).toBe(1);
});
