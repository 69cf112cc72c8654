import fc from 'fast-check';
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import '../support/seeds.ts';

/** What a client sends. */
export interface Hostile {
  query: string;
  variables?: unknown;
  operationName?: unknown;
}

/** Values that no argument expects, or hardly any: wrong types, far too long, odd characters. */
const values: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('null', 'true', '{}', '[]', '[[[]]]', '""', 'TV', '-1', '1e999', '2147483648'),
  fc.constantFrom('$missing', '{a: {b: {c: 1}}}', '"""block"""', '0.1', '9007199254740993'),
  fc.constantFrom('"a:b"', '"../../etc/passwd"', '"\\u0000"', '"\\uD800"', '"\u202e\u0000"'),
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => JSON.stringify(text)),
  fc.nat({ max: 20_000 }).map((length) => `"${'x'.repeat(length)}"`),
  fc.nat({ max: 400 }).map((length) => `[${'"mov_sintel" '.repeat(length)}]`),
  fc.nat({ max: 400 }).map((depth) => `${'['.repeat(depth)}${']'.repeat(depth)}`),
);

const directives: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constant('') },
  fc.constantFrom(
    '@skip(if: false)',
    '@include(if: "no")',
    '@include',
    '@skip(if: false) @skip(if: false)',
    '@authenticated',
    '@defer',
    '@stream(initialCount: 1)',
    '@join__field(graph: PLAYBACK)',
    '@nobody(knows: {it: [1]})',
  ),
  fc.nat({ max: 60 }).map((count) => '@include(if: true) '.repeat(count)),
);

const aliases = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  fc.constantFrom('a: ', 'id: ', '__typename: ', '__proto__: ', 'constructor: ', '_0: '),
);

type Field = GraphQLField<unknown, unknown>;

/** A selection within this type, so deep at most; fields of ours, misspelt ones and fragments. */
function selections(
  schema: GraphQLSchema,
  type: GraphQLOutputType,
  depth: number,
): fc.Arbitrary<string> {
  const named = getNamedType(type);
  const fields =
    isObjectType(named) || isInterfaceType(named) ? Object.values(named.getFields()) : [];
  const options: fc.Arbitrary<string>[] = [
    fc.constantFrom(
      '__typename',
      'id',
      'nobody',
      '...F0',
      '...F1',
      '... on Movie { title }',
      '__schema { types { name } }',
    ),
  ];
  if (fields.length > 0) {
    options.push(fc.constantFrom(...fields).chain((field) => selected(schema, field, depth)));
    options.push(fc.constantFrom(...fields).chain((field) => selected(schema, field, depth)));
  }
  if (isCompositeType(named) && !isObjectType(named)) {
    const possible = schema.getPossibleTypes(named);
    options.push(
      fc
        .constantFrom(...possible)
        .chain((inner) =>
          selections(schema, inner, depth - 1).map((text) => `... on ${inner.name} ${text}`),
        ),
    );
  }
  return fc
    .array(depth > 0 ? fc.oneof(...options) : fc.constant('__typename'), {
      minLength: 1,
      maxLength: 3,
    })
    .map((parts) => `{ ${parts.join(' ')} }`);
}

function selected(schema: GraphQLSchema, field: Field, depth: number): fc.Arbitrary<string> {
  const isLeaf = !isCompositeType(getNamedType(field.type));
  const inner = isLeaf ? fc.constant('') : selections(schema, field.type, depth - 1);
  return fc
    .tuple(aliases, given(field.args), directives, inner)
    .map(([alias, args, directive, rest]) => `${alias}${field.name}${args} ${directive} ${rest}`);
}

function given(args: readonly GraphQLArgument[]): fc.Arbitrary<string> {
  if (args.length === 0) return fc.constantFrom('', '', '(nobody: 1)');
  return fc
    .array(fc.tuple(fc.constantFrom(...args.map(({ name }) => name)), values), { maxLength: 2 })
    .map((pairs) => {
      const text = pairs.map(([name, value]) => `${name}: ${value}`).join(', ');
      return text === '' ? '' : `(${text})`;
    });
}

/** Anything of our schema, put together by chance. */
function wild(schema: GraphQLSchema): fc.Arbitrary<string> {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const kinds = ['query', 'mutation', 'subscription'];
  const operations = roots.flatMap((root, index) =>
    root ? [selections(schema, root, 6).map((text) => `${kinds[index]} Q${index} ${text}`)] : [],
  );
  const fragments = 'fragment F0 on Viewer { id ...F1 } fragment F1 on Playhead { id }';
  return fc
    .tuple(fc.oneof(...operations), fc.boolean())
    .map(([operation, isWhole]) => (isWhole ? `${operation} ${fragments}` : operation));
}

const sizes = fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 1_200 }), fc.constantFrom(5_000, 20_000));

/** Fragments that spread one another, round and round. */
const circle = (size: number) => (index: number) =>
  `fragment A${index} on Viewer { ...A${(index + 1) % size} }`;

/** Each spreads the next one twice: 2^size fields. */
const bomb = (size: number) => (index: number) =>
  index === size - 1
    ? `fragment B${index} on Viewer { id }`
    : `fragment B${index} on Viewer { ...B${index + 1} ...B${index + 1} }`;

/** The known tricks, in sizes around every limit and far beyond. */
const tricks: fc.Arbitrary<string> = fc.oneof(
  sized((size) => `{ ${'viewer { '.repeat(size)} id ${'}'.repeat(size)} }`),
  sized((size) => `{ viewer { ${numbered(size, (index) => `a${index}: id`)} } }`),
  sized((size) => `{ ${numbered(size, (index) => `a${index}: viewer { id }`)} }`),
  sized(
    (size) => `{ viewer { ...A } } ${numbered(size, circle(size))} fragment A on Viewer { ...A0 }`,
  ),
  sized((size) => `{ viewer { ...B0 } } ${numbered(Math.min(size, 40), bomb(Math.min(size, 40)))}`),
  sized((size) => `query(${numbered(size, (index) => `$v${index}: Int`)}) { viewer { id } }`),
  sized((size) => `{ viewer { id ${'@include(if: true) '.repeat(size)} } }`),
  sized((size) => `{ playables(ids: [${'"mov_sintel" '.repeat(size)}]) { id } }`),
  sized((size) => `{ playable(id: "${'x'.repeat(size * 10)}") { id } }`),
  sized((size) => `{ viewer { id } } # ${'comment '.repeat(size)}`),
  sized((size) => '{'.repeat(size)),
  sized((size) => `{ a(b: ${'['.repeat(size)}${']'.repeat(size)}) }`),
  sized((size) => `{ a(b: ${'{b:'.repeat(size)}1${'}'.repeat(size)}) }`),
  sized((size) => `query ($v: ${'['.repeat(size)}Int${']'.repeat(size)}) { viewer { id } }`),
  sized((size) => numbered(size, (index) => `query Q${index} { viewer { id } }`)),
  fc.constantFrom(
    '',
    ' ',
    '\u0000',
    '\ufeff{ viewer { id } }',
    '{ vïewer { id } }',
    '{ \u202eviewer { id } }',
    '{ __typename @__proto__ }',
    '{ constructor { prototype } }',
    'query __proto__ { viewer { id } }',
    'fragment viewer on Query { viewer { id } }',
    'type Query { hacked: Int } { hacked }',
    'extend schema @link(url: "https://elsewhere.example") { viewer { id } }',
    'subscription { a: playheadUpdates { kind } b: activeSessionUpdates { kind } }',
    '{ _service { sdl } }',
    '{ _entities(representations: [{ __typename: "Playhead", id: "a" }]) { __typename } }',
    'mutation { a: forgetAllPlayheads { forgottenAt } b: forgetAllPlayheads { forgottenAt } }',
  ),
);

function sized(make: (size: number) => string): fc.Arbitrary<string> {
  // None is larger than a body may be: that limit is another attack's.
  return sizes.map((size) => make(size)).filter((text) => text.length < 250_000);
}

function numbered(count: number, make: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => make(index)).join(' ');
}

/** A document that was cut, or into which something was put. */
function broken(documents: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const inserted = fc.string({ unit: 'binary', maxLength: 5 });
  return fc
    .tuple(documents, fc.nat({ max: 2_000 }), inserted)
    .map(([text, at, odd]) => text.slice(0, at) + odd + text.slice(at + odd.length * 2));
}

const otherVariables: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  fc.constantFrom<unknown>(null, [], 'x', 7, { ids: null }, JSON.parse('{"__proto__":{"a":1}}')),
  fc.jsonValue({ maxDepth: 6 }),
);

/** Documents, and what comes with them, of somebody who means harm; all are JSON when sent. */
export function hostileDocuments(schema: GraphQLSchema): fc.Arbitrary<Hostile> {
  const documents = fc.oneof(
    { weight: 4, arbitrary: wild(schema) },
    { weight: 3, arbitrary: tricks },
    { weight: 2, arbitrary: broken(fc.oneof(wild(schema), tricks)) },
  );
  const operationNames = fc.constantFrom<unknown>(undefined, undefined, 'Q0', '', null, 7, {});
  return fc.record(
    { query: documents, variables: otherVariables, operationName: operationNames },
    { requiredKeys: ['query'] },
  );
}
