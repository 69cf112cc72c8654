import { readFile } from 'node:fs/promises';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import { unifiedGraphHandler } from '@graphql-hive/router-runtime';
import { describe, expect, it } from '@jest/globals';
import {
  type GraphQLSchema,
  isSpecifiedScalarType,
  lexicographicSortSchema,
  parse,
  printType,
  validate,
} from 'graphql';
import { subgraphSchema } from '../../gateway/subgraph-schema.ts';
import { supergraphFile } from '../../gateway/supergraph.ts';
import { conditions } from './lane-conditions.ts';
import { composed, laneGraph } from './lane-graphs.ts';

/** What clients could ask for; what directives of the schema take (`policy__Policy`) is nothing of that. */
function typesOf(schema: GraphQLSchema): Record<string, string> {
  const types = Object.values(lexicographicSortSchema(schema).getTypeMap()).filter(
    (type) => !type.name.includes('__') && !isSpecifiedScalarType(type),
  );
  return Object.fromEntries(types.map((type) => [type.name, printType(type)]));
}

describe('the graph that the lane decides by', () => {
  const ours = async () => ({
    supergraph: await readFile(supergraphFile, 'utf8'),
    sdls: new Map(),
  });
  const graphs = Object.entries(conditions).map(
    ([name, { sdls }]) => [name, async () => composed(sdls)] as const,
  );

  it.each([['our own', ours] as const, ...graphs])(
    'shows what the gateway shows: %s',
    async (_name, open) => {
      const sources = await open();
      const gateway = createGatewayRuntime({
        supergraph: sources.supergraph,
        unifiedGraphHandler,
        logging: false,
      });
      const served = typesOf(await gateway.getSchema());
      await gateway[Symbol.asyncDispose]();
      expect(typesOf((await laneGraph(sources)).api)).toEqual(served);
    },
  );

  it('leaves out a subgraph whose SDL is none', async () => {
    const { supergraph } = composed({ a: 'type Query { one: Int }', b: 'type Query { two: Int }' });
    const sdls = new Map([
      ['a', 'type Query { one: Missing }'],
      ['b', 'type Query { two: Int }'],
    ]);
    expect([...(await laneGraph({ supergraph, sdls })).subgraphs.keys()]).toEqual(['b']);
  });

  it('names subgraphs as their supergraph does', async () => {
    const sources = composed({
      'my-shows': 'type Query { one: Int }',
      My_Stars: 'type Query { two: Int }',
    });
    const graph = await laneGraph(sources);
    expect(graph.plan('{ one }', null)).toEqual({ subgraph: 'my-shows' });
    expect(graph.plan('{ two }', null)).toEqual({ subgraph: 'My_Stars' });
    expect(graph.plan('{ one two }', null)).toBeNull();
    expect(() => graph.plan('{ three }', null)).toThrow();
  });
});

describe('the schema of a subgraph', () => {
  it.each([
    ['extends what others define', 'extend type Query { one: Int } extend type Query { two: Int }'],
    [
      'calls its roots as it likes',
      'extend schema @link(url: "x") schema { query: Root } type Root { one: Int two: Int }',
    ],
    [
      'defines the directives of federation',
      `directive @key(fields: _FieldSet!) repeatable on OBJECT | INTERFACE scalar _FieldSet
       type Query { one: Int two: Int t: T } type T @key(fields: "id") { id: ID! }`,
    ],
    [
      'has the fields of federation',
      `type Query { one: Int two: Int _service: _Service! _entities(of: [_Any!]!): [_Entity]! }
       type _Service { sdl: String! } scalar _Any union _Entity = T type T { id: ID! }`,
    ],
    ['uses directives of nobody', 'type Query @lost(of: {a: 1}) { one: Int @lost two: Int }'],
  ])('is read when it %s', (_what, sdl) => {
    expect(validate(subgraphSchema(sdl), parse('{ one two }'))).toEqual([]);
  });

  it('has a query when it has nothing but a mutation', () => {
    const schema = subgraphSchema('type Mutation { one: Int }');
    expect(validate(schema, parse('mutation { one }'))).toEqual([]);
    expect(validate(schema, parse('{ _service { sdl } }'))).toEqual([]);
  });

  it('takes one of the fields where the SDL says so', () => {
    const schema = subgraphSchema(
      'type Query { one(of: Of): Int } input Of @oneOf { a: Int b: Int }',
    );
    expect(validate(schema, parse('{ one(of: { a: 1, b: 2 }) }'))).toHaveLength(1);
  });

  it.each([
    'type Query {',
    'type Query { one: Missing }',
    'type Query { one: In } input In { a: Int }',
  ])('is none: %s', (sdl) => {
    expect(() => subgraphSchema(sdl)).toThrow();
  });
});
