import { describe, expect, it } from '@jest/globals';
import { buildSchema, execute, type GraphQLSchema, parse, validate } from 'graphql';
import { PlatformError } from '../../domain/errors.ts';
import { compilableSchema } from '../../runtime/compilable-schema.ts';
import { toGraphQLError } from '../../runtime/graphql-errors.ts';
import { KnownOperations } from '../../runtime/known-operations.ts';
import { createLog } from '../../runtime/log.ts';

/** What compiled code is known to do otherwise than graphql-js: each is repaired, or left to graphql-js. */
const sdl = `
  enum Event { BEAT PAUSE }
  input Beat { sequence: Int! event: Event! = BEAT note: String = "none" within: Within }
  input Within { event: Event! = PAUSE depth: Int }
  input Beats { session: String! beats: [Beat!]! }
  input Optional { note: String }
  input Tree { left: Tree value: Int! = 1 }
  input Choice @oneOf { one: Int other: String }
  interface Thing { id: ID! }
  type Movie implements Thing { id: ID! title: String! }
  type Show implements Thing { id: ID! seasons: [Season!]! }
  type Season { number: Int! show: Show! }
  union Found = Movie | Show
  type Query {
    echo(input: Beats, one: Beat, many: [Beat!], optional: Optional, first: Int! = 20, text: String): String
    tree(tree: Tree): String
    choice(choice: Choice): String
    thing: Thing
    untyped: Thing
    found: [Found]
    show: Show
    late: [String]
    coded: String
    odd: Movie
  }
  type Mutation { step(name: String!, at: Int! = 0): String fail: String }
`;

const steps: string[] = [];
const show = {
  __typename: 'Show',
  id: '1',
  seasons: [{ number: 1, show: null }, { number: null }],
};
const resolvers: Record<string, Record<string, (...args: never[]) => unknown>> = {
  Query: {
    // In which order arguments come is nobody's business.
    echo: (_root: unknown, args: object) =>
      JSON.stringify(Object.entries(args).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    tree: (_root: unknown, args: unknown) => JSON.stringify(args),
    choice: (_root: unknown, args: unknown) => JSON.stringify(args),
    thing: async () => ({ __typename: 'Movie', id: 7, title: 'Sintel' }),
    untyped: async () => ({ id: 7 }),
    found: () => [{ __typename: 'Movie', id: 1, title: 'A' }, null, { __typename: 'Nothing' }],
    show: async () => show,
    // The last is rejected first, and the first is there last.
    late: () => [
      Promise.resolve()
        .then(() => {})
        .then(() => 'first'),
      'second',
      Promise.reject(new Error('third')),
    ],
    coded: async () => {
      throw new PlatformError('Later.', { code: 'STATE_UNAVAILABLE', retryAfterMs: 7 });
    },
    odd: () => ({ id: '1', title: { not: 'text' } }),
  },
  Mutation: {
    step: async (_root: unknown, { name }: { name: string }) => {
      steps.push(`${name} begins`);
      await undefined;
      steps.push(`${name} ends`);
      return name;
    },
    fail: () => {
      throw new Error('secret');
    },
  },
};

function build(): GraphQLSchema {
  const schema = buildSchema(sdl);
  for (const [name, fields] of Object.entries(resolvers)) {
    const type = schema.getType(name);
    if (type === undefined || !('getFields' in type)) throw new Error(`There is no ${name}.`);
    for (const [field, resolve] of Object.entries(fields)) {
      Object.assign(type.getFields()[field] ?? {}, { resolve });
    }
  }
  return schema;
}

const schema = build();
const log = createLog({ level: 'silent', part: 'test' });
const known = new KnownOperations<undefined>({
  schema,
  compilable: compilableSchema(build()),
  runsBeforeCompiling: 0,
  log,
});

interface Asked {
  query: string;
  operationName?: string;
  variables?: Record<string, unknown>;
}

/** Both answers, as a client would read them, and whether compiled code was ready to give ours. */
async function both({ query, operationName, variables = {} }: Asked) {
  const document = parse(query);
  expect(validate(schema, document)).toEqual([]);
  const args = { schema, document, operationName, variableValues: variables };
  const { data, errors } = await execute(args);
  const ofGraphql = data === undefined ? null : readable({ data, errors: errors?.map(mapped) });
  const operation = known.prepare(query, operationName);
  if (operation === undefined) throw new Error('It is valid, and not known.');
  const ours = readable(await known.run(operation, variables, undefined));
  return { ours, ofGraphql, isCompiled: operation.compiled != null };
}

const mapped = (error: unknown) => toGraphQLError(error, log).toJSON();

function readable(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer).replaceAll(/"requestId":"[^"]+"/g, '"requestId":"…"'));
}

const inherited = 'query ($constructor: Int! = 5) { echo(first: $constructor) }';
const beats = 'query ($input: Beats) { echo(input: $input) }';
const beat = { sequence: 1 };

describe('compiled code answers as graphql-js does', () => {
  const cases: [what: string, asked: Asked][] = [
    [
      'a default within a list within an input',
      {
        query: beats,
        variables: { input: { session: 's', beats: [beat, { ...beat, event: 'PAUSE' }] } },
      },
    ],
    [
      'a default below a null, and one beside it',
      {
        query: beats,
        variables: {
          input: {
            session: 's',
            beats: [
              { ...beat, note: null, within: null },
              { ...beat, within: {} },
            ],
          },
        },
      },
    ],
    [
      'one item in place of a list',
      { query: 'query ($many: [Beat!]) { echo(many: $many) }', variables: { many: beat } },
    ],
    ['a null in place of an object', { query: beats, variables: { input: null } }],
    ['an absent variable', { query: beats }],
    [
      'a default of a variable',
      { query: 'query ($one: Beat = { sequence: 3 }) { echo(one: $one) }' },
    ],
    [
      'a default of a variable that must not be null',
      {
        query:
          'query ($first: Int! = 5, $one: Beat! = { sequence: 3, event: PAUSE }) { echo(first: $first, one: $one) }',
      },
    ],
    [
      'a default in the document',
      { query: '{ echo(one: { sequence: 3, within: { depth: 1 } }) }' },
    ],
    [
      'a default of an argument beside an absent variable',
      { query: 'query ($first: Int) { echo(first: $first) }' },
    ],
    [
      'an object that is absent within one in the document',
      {
        query: 'query ($note: String!) { echo(one: { sequence: 1, note: $note }) }',
        variables: { note: 'x' },
      },
    ],
    ['text of every kind', { query: '{ echo(text: "\\u2028 \\" \' ` $ { \\\\ 🎬") }' }],
    [
      'a document with several operations',
      {
        query: 'query A { coded } query B($text: String) { echo(text: $text) }',
        operationName: 'B',
        variables: { text: 'b' },
      },
    ],
    [
      'an interface',
      {
        query:
          '{ thing { __typename id ... on Movie { title } ... on Show { seasons { number } } } }',
      },
    ],
    ['an object of no type', { query: '{ untyped { id } coded }' }],
    [
      'a union with an item of no type',
      { query: '{ found { __typename ... on Thing { id } ...M } } fragment M on Movie { title }' },
    ],
    [
      'a null deep below what may be null',
      { query: '{ show { id seasons { number } } thing { id } }' },
    ],
    [
      'two nulls for one place',
      { query: '{ show { a: seasons { number } b: seasons { show { id } } } }' },
    ],
    ['a list whose last item is rejected first', { query: '{ late }' }],
    ['a code, and what belongs to it', { query: '{\n  coded\r\n  again: coded }' }],
    ['a value of another type', { query: '{ odd { id title } }' }],
    [
      'aliases of one field',
      { query: '{ a: thing { id } b: thing { b: id constructor: id toString: __typename } }' },
    ],
    [
      'a mutation that fails between two others',
      { query: 'mutation { a: step(name: "a") fail b: step(name: "b") }' },
    ],
  ];

  it.each(cases)('%s', async (_what, asked) => {
    const { ours, ofGraphql, isCompiled } = await both(asked);
    expect(ours).toEqual(ofGraphql);
    expect(isCompiled).toBe(true);
  });

  it('runs the fields of a mutation one after the other', async () => {
    steps.length = 0;
    await known.run(prepared('mutation { a: step(name: "a") b: step(name: "b") }'), {}, undefined);
    expect(steps).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('leaves what it was given as it is', async () => {
    const variables = { input: { session: 's', beats: [{ ...beat }] } };
    await both({ query: beats, variables });
    expect(variables).toEqual({ input: { session: 's', beats: [beat] } });
  });
});

const bomb = Array.from(
  { length: 24 },
  (_, index) =>
    `fragment F${index} on Show { a: seasons { show { ...F${index + 1} } } b: seasons { show { ...F${index + 1} } } }`,
).join('\n');

describe('graphql-js runs', () => {
  const cases: [what: string, asked: Asked][] = [
    [
      'conditions',
      {
        query:
          'query ($no: Boolean!) { thing { id @include(if: $no) } thing { ... @skip(if: $no) { __typename } } }',
        variables: { no: false },
      },
    ],
    [
      'an absent variable within an object of the document',
      { query: 'query ($note: String) { echo(one: { sequence: 1, note: $note }, many: []) }' },
    ],
    [
      'a null where only a default makes up for one that is absent',
      {
        query: 'mutation ($at: Int = 1) { step(name: "a", at: $at) b: step(name: "b") }',
        variables: { at: null },
      },
    ],
    [
      'an input type that holds itself',
      { query: 'query ($tree: Tree) { tree(tree: $tree) }', variables: { tree: { left: {} } } },
    ],
    [
      'one of several fields',
      {
        query: 'query ($choice: Choice) { choice(choice: $choice) }',
        variables: { choice: { one: 1 } },
      },
    ],
    [
      'a text that compiled code would run',
      {
        query: `{ echo(text: "${'\\u005f_MAGIC_DATE__33a9e76d_02e0_4128_8e92_3530ad3da74d'}0") }`,
      },
    ],
    ['a name that would be a prototype', { query: '{ thing { __proto__: id } }' }],
    ['a variable called like what objects have', { query: inherited }],
    ['introspection', { query: '{ __type(name: "Movie") { name } }' }],
    [
      'a document that would be much code',
      { query: `{ show { ...F0 } } ${bomb} fragment F24 on Show { id }` },
    ],
  ];

  it.each(cases)('%s', async (_what, asked) => {
    const { ours, ofGraphql } = await both(asked);
    expect(ours).toEqual(ofGraphql);
    const compiled = prepared(asked.query).compiled;
    expect(compiled?.fit(asked.variables ?? {})).toBeUndefined();
  });
});

it('answers what compiling fails at', async () => {
  const broken = {} as GraphQLSchema;
  const options = { schema, compilable: broken, runsBeforeCompiling: 0, log };
  const uncompiled = new KnownOperations<undefined>(options);
  const operation = uncompiled.prepare('{ echo(first: 7) }');
  if (operation === undefined) throw new Error('It is valid, and not known.');
  const answer = { data: { echo: '[["first",7]]' } };
  expect(readable(await uncompiled.run(operation, {}, undefined))).toEqual(answer);
});

describe('nothing runs', () => {
  const cases: [what: string, query: string, variables: Record<string, unknown>][] = [
    ['what must be there is not', beats, { input: { session: 's', beats: [{}] } }],
    [
      'null stands for a default',
      beats,
      { input: { session: 's', beats: [{ ...beat, event: null }] } },
    ],
    [
      'there is no such value',
      beats,
      { input: { session: 's', beats: [{ ...beat, event: 'OTHER' }] } },
    ],
    ['there is no such field', beats, { input: { session: 's', beats: [], more: 1 } }],
    ['a variable is absent', 'query ($one: Beat!) { echo(one: $one) }', {}],
    [
      'a list stands for an object',
      'query ($optional: Optional) { echo(optional: $optional) }',
      { optional: [] },
    ],
    ['a number does not fit', 'query ($first: Int!) { echo(first: $first) }', { first: 2 ** 31 }],
  ];

  it.each(cases)('when %s', async (_what, query, variables) => {
    const { ours, ofGraphql, isCompiled } = await both({ query, variables });
    expect(ours).toBeNull();
    expect(ofGraphql).toBeNull();
    expect(isCompiled).toBe(true);
  });
});

describe('an operation is unknown', () => {
  it.each([
    ['that is none', '{'],
    ['that is not valid', '{ nothing }'],
    ['of a document with several, unnamed', 'query A { coded } query B { coded }'],
  ])('%s', (_what, query) => {
    expect(known.prepare(query)).toBeUndefined();
  });

  it('when graphql throws what is wrong with it', () => {
    const live = buildSchema('type Query { a: Int } type Subscription { a: Int }');
    const unknown = new KnownOperations<undefined>({ schema: live, log });
    expect(unknown.prepare('subscription { a @skip(if: "x") }')).toBeUndefined();
  });

  it('by an empty name', () => {
    prepared('{ coded }');
    expect(known.find('{ coded }', '')).toBeUndefined();
    expect(known.find('{ coded }', 'Other')).toBeUndefined();
  });
});

function prepared(query: string) {
  const operation = known.prepare(query);
  if (operation === undefined) throw new Error('It is valid, and not known.');
  return operation;
}
