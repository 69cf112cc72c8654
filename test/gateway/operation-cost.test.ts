import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  buildASTSchema,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isObjectType,
  parse,
} from 'graphql';
import * as operations from '../../client/operations.ts';
import { createCostEstimator } from '../../gateway/cost.ts';
import { costMaxDefault } from '../../gateway/cost-limit.ts';
import { overSseGet, overSsePost, overWebSocket } from './live-clients.ts';
import { openToyGateway, type ToyGateway } from './toy-gateway.ts';

/** The viewer, the connection, and two objects for each item; a `pageInfo` is one more. */
const listOf = (first: number | string, more = '') =>
  `viewer { inProgress(first: ${first}) { edges { node { id } } ${more} } }`;
const itemsMax = (costMaxDefault - 2) / 2;
const sizes = {
  'one below the limit': {
    cost: costMaxDefault - 1,
    list: listOf(itemsMax - 1, 'pageInfo { endCursor }'),
  },
  'at the limit': { cost: costMaxDefault, list: listOf(itemsMax) },
  'one above it': { cost: costMaxDefault + 1, list: listOf(itemsMax, 'pageInfo { endCursor }') },
};
const tooMuch = sizes['one above it'];
const refusal = (estimated: number) => ({
  code: 'GRAPHQL_VALIDATION_FAILED',
  retryable: false,
  cost: { estimated, limit: costMaxDefault },
});

describe('what an operation costs', () => {
  let gateway: ToyGateway;
  beforeAll(async () => {
    gateway = await openToyGateway('embedded');
  });
  beforeEach(() => gateway.toys.forget());
  afterAll(() => gateway.close());

  it.each(Object.entries(sizes))(
    'decides whether it runs: %s (LIM-20)',
    async (_where, { cost, list }) => {
      const { errors, data } = await gateway.ask(`{ ${list} }`, { profileId: 'alice' });
      const isRefused = cost > costMaxDefault;
      expect(errors?.map(({ extensions }) => extensions)).toEqual(
        isRefused ? [refusal(cost)] : undefined,
      );
      expect(data === undefined).toBe(isRefused);
      expect(gateway.toys.fetchCount).toBe(isRefused ? 0 : 1);
    },
  );

  it('is told with status 400 to whoever takes the media type of GraphQL, and 200 to others', async () => {
    const query = `{ ${tooMuch.list} }`;
    const modern = { accept: 'application/graphql-response+json' };
    expect((await gateway.ask(query, { headers: modern })).status).toBe(400);
    expect((await gateway.ask(query)).status).toBe(200);
  });

  const variable = `query Q($n: Int!) { ${listOf('$n', 'pageInfo { endCursor }')} }`;
  it.each([
    ['a variable', variable, { n: itemsMax }],
    ["a variable's default", variable.replace('Int!', `Int! = ${itemsMax}`), {}],
    ['a fragment', `{ ...All } fragment All on Query { ${tooMuch.list} }`, {}],
    ['an inline fragment', `{ ... on Query { ... { ${tooMuch.list} } } }`, {}],
    ['two aliases', `{ viewer { a: ${inner(250)} b: ${inner(250)} } }`, {}],
    ['one field twice', `{ viewer { ${inner(500)} } viewer { ${inner(500)} } }`, {}],
    [
      'lists in lists',
      '{ series(id: "s") { episodes(first: 34) { edges { node { series { episodes(first: 29) { edges { node { id } } } } } } } } }',
      {},
    ],
  ])('counts what is in %s', async (_what, query, variables) => {
    const { errors } = await gateway.ask(query, { profileId: 'alice', variables });
    expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
    expect(errors?.[0]?.extensions.cost).toMatchObject({ limit: costMaxDefault });
    expect(gateway.toys.fetchCount).toBe(0);
  });

  it('does not count what is left out', async () => {
    const query = `query Q($no: Boolean! = false) {
      viewer { id ... @include(if: $no) { inProgress(first: 9999) { edges { node { id } } } } }
    }`;
    expect((await gateway.ask(query, { profileId: 'alice' })).errors).toBeUndefined();
    const asked = await gateway.ask(query, { profileId: 'alice', variables: { no: true } });
    expect(asked.errors).toMatchObject([{ extensions: refusal(20_000) }]);
  });

  it('lets no list of heartbeats by alias run at all', async () => {
    const aliases = Array.from(
      { length: 48 },
      (_, index) => `a${index}: recordHeartbeats(input: $i) { playhead { id } }`,
    );
    const { errors } = await gateway.ask(
      `mutation M($i: RecordHeartbeatsInput!) { ${aliases.join(' ')} }`,
      { profileId: 'alice', variables: { i: { session: 's', heartbeats: [] } } },
    );
    expect(errors).toMatchObject([{ extensions: refusal(48 * 21) }]);
    expect(gateway.toys.fetchCount).toBe(0);
  });

  it.each([
    [
      'a number of items',
      'query ($n: Int = 20) { viewer { inProgress(first: $n) { edges { node { positionMs } } } } }',
    ],
    ['what is left out', 'query ($n: Boolean = true) { viewer { id @include(if: $n) } }'],
  ])('refuses a null in the place of a default: %s', async (_what, query) => {
    const { errors } = await gateway.ask(query, { profileId: 'alice', variables: { n: null } });
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', retryable: false } }]);
    expect(gateway.toys.fetchCount).toBe(0);
  });

  it('leaves variables that do not fit to whoever words that', async () => {
    const { errors } = await gateway.ask(variable, { variables: { n: 'many' } });
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
  });

  it.each([
    ['a socket', overWebSocket],
    ['events by POST', overSsePost],
    ['events by GET', overSseGet],
  ])('is limited for subscriptions over %s', async (_how, subscribe) => {
    // The update, and fifty playheads with so many objects in each.
    const events = (objects: number) =>
      `subscription { playheadUpdates { playheads { ${'freshness { degraded } '.repeat(objects - 1)} } } }`;
    const token = await gateway.token('alice');
    const refused = subscribe(gateway, events(20), { token });
    expect((await refused.next())?.errors?.map(({ extensions }) => extensions)).toEqual([
      refusal(1_001),
    ]);
    await refused.leave();
    expect(gateway.toys.fetchCount).toBe(0);
    const admitted = subscribe(gateway, events(19), { token });
    await gateway.toys.events.untilLive(1);
    await admitted.leave();
    await gateway.toys.events.untilLive(0);
  });
});

function inner(first: number): string {
  return `inProgress(first: ${first}) { edges { node { id } } }`;
}

describe('the cost of the schema', () => {
  let schema: GraphQLSchema;
  beforeAll(async () => {
    const supergraph = parse(await readFile('schema/supergraph.graphql', 'utf8'));
    schema = buildASTSchema(supergraph, { assumeValid: true });
  });

  it('leaves room for what the SDK asks', () => {
    const estimate = createCostEstimator(schema);
    const variableValues = { first: 20, playableId: 'mov_1', input: {} };
    const costs = Object.values(operations)
      .filter((operation): operation is operations.Operation => typeof operation === 'object')
      .map(({ name, document }) => [name, estimate({ document: parse(document), variableValues })]);
    expect(Object.fromEntries(costs)).toEqual({
      ActiveSessionUpdates: 21,
      BeginSession: 26,
      ContinueWatchingUpdates: 203,
      PlayheadOf: 8,
      PlayheadUpdates: 251,
      RecordHeartbeats: 28,
      TakeOver: 31,
    });
  });

  it('is known of each list of objects', () => {
    const silent = Object.values(schema.getTypeMap())
      .filter(isObjectType)
      .filter(({ name }) => !name.startsWith('__'))
      .flatMap((type) =>
        Object.values(type.getFields())
          .filter(isListOfObjects)
          .filter((field) => !saysSize(field) && !isSizedByParent(schema, type.name, field.name))
          .map((field) => `${type.name}.${field.name}`),
      );
    expect(silent).toEqual([]);
  });
});

function isListOfObjects({ type }: GraphQLField<unknown, unknown>): boolean {
  return isListType(getNullableType(type)) && isCompositeType(getNamedType(type));
}

const saysSize = (field: GraphQLField<unknown, unknown>) => listSizeOf(field) !== undefined;

function listSizeOf({ astNode }: GraphQLField<unknown, unknown>) {
  return astNode?.directives?.find(({ name }) => name.value === 'listSize');
}

/** Whether each field that leads to this type says how long this list of it is. */
function isSizedByParent(schema: GraphQLSchema, typeName: string, fieldName: string): boolean {
  const leading = Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .flatMap((type) => Object.values(type.getFields()))
    .filter(({ type }) => getNamedType(type).name === typeName);
  const sizes = (field: GraphQLField<unknown, unknown>) =>
    listSizeOf(field)?.arguments?.some(
      ({ name, value }) =>
        name.value === 'sizedFields' &&
        value.kind === 'ListValue' &&
        value.values.some((each) => each.kind === 'StringValue' && each.value === fieldName),
    );
  return leading.length > 0 && leading.every(sizes);
}
