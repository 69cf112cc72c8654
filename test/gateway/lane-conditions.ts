import type { LaneGraphOptions } from './lane-graphs.ts';

/** A document that must not be forwarded, and every rule that sees it. */
export interface Refused {
  why: string;
  text: string;
  seenBy: readonly string[];
  /** Whom it would go to; @default whoever else passes */
  there?: string;
}

export interface Conditions extends LaneGraphOptions {
  sdls: Readonly<Record<string, string>>;
  /** Subgraphs that are not what they were when the supergraph was composed: text for text. */
  since?: readonly (readonly [old: string, now: string])[];
  /** Documents, and who answers them. */
  forwarded: Readonly<Record<string, string>>;
  refused: readonly Refused[];
}

const marks = `directive @mark on QUERY | FIELD | VARIABLE_DEFINITION | FRAGMENT_DEFINITION
  | FRAGMENT_SPREAD | INLINE_FRAGMENT`;

/** By what they are about. */
export const conditions: Readonly<Record<string, Conditions>> = {
  'what is asked': {
    costMax: 20,
    sdls: {
      a: `${marks}
        type Query {
          shows(first: Int! = 2, hidden: Int @inaccessible): [Show!]
            @listSize(slicingArguments: ["first"], requireOneSlicingArgument: false)
          dear: Show @cost(weight: 15)
          scoped: Int @requiresScopes(scopes: [["a"]])
          policed: Int @policy(policies: [["a"]])
          vault: Vault
        }
        type Vault @requiresScopes(scopes: [["a"]]) { gold: Int }
        type Mutation { rename(id: ID!): Show }
        type Subscription { renamed: Show }
        type Show @key(fields: "id") { id: ID! title: String }`,
      b: `${marks}
        type Query { other: Int }
        type Show @key(fields: "id") { id: ID! stars: Int }`,
    },
    forwarded: {
      '{ shows { id } }': 'a',
      '{ shows(first: 4) { id title } }': 'a',
      'query ($not: Boolean!) { shows @skip(if: $not) { id ...F @include(if: true) } } fragment F on Show { title }':
        'a',
      'mutation { rename(id: 1) { kind: __typename title } again: rename(id: 2) { id } }': 'a',
      '{ __typename other }': 'b',
      'query ($not: Boolean!) { shows @skip(if: $not) { id } dear { id } }': 'a',
    },
    refused: [
      {
        why: 'an argument is hidden from clients',
        text: '{ shows(hidden: 1) { id } }',
        seenBy: ['valid'],
      },
      {
        why: 'its cost hangs on a variable',
        text: 'query ($n: Int!) { shows(first: $n) { id } }',
        seenBy: ['known-cost'],
      },
      {
        why: 'with one set of variables it costs too much',
        text: 'query ($not: Boolean!) { shows @skip(if: $not) { id } dear { id } x: dear @skip(if: $not) { id } }',
        seenBy: ['known-cost'],
      },
      {
        why: 'a null stands in the place of a default',
        text: '{ shows(first: null) { id } }',
        seenBy: ['valid', 'known-cost', 'valid-there'],
      },
      {
        why: 'it has many answers',
        text: 'subscription { renamed { id } }',
        seenBy: ['query-or-mutation', 'one-fetch'],
      },
      {
        why: 'it asks about the schema',
        text: '{ __schema { queryType { name } } }',
        seenBy: ['no-introspection', 'one-fetch'],
      },
      {
        why: 'it asks about the schema beside data',
        text: '{ other x: __type(name: "Show") { name } }',
        seenBy: ['no-introspection', 'one-fetch'],
      },
      {
        why: 'an alias looks like a name of the schema',
        text: '{ __typename: other }',
        seenBy: ['no-introspection'],
      },
      {
        why: 'it asks for nothing',
        text: '{ a: __typename ... { __typename } }',
        seenBy: ['no-introspection'],
      },
      {
        why: 'a directive on the operation',
        text: 'query @mark { other }',
        seenBy: ['plain-directives'],
      },
      { why: 'a directive on a field', text: '{ other @mark }', seenBy: ['plain-directives'] },
      {
        why: 'a directive on a variable',
        text: 'query ($not: Boolean! @mark) { other @skip(if: $not) }',
        seenBy: ['plain-directives', 'one-fetch'],
      },
      {
        why: 'a directive on a fragment',
        text: '{ ...F } fragment F on Query @mark { other }',
        seenBy: ['plain-directives'],
      },
      {
        why: 'a directive in a fragment',
        text: '{ ...F } fragment F on Query { ... @mark { other } }',
        seenBy: ['plain-directives'],
      },
      { why: 'it needs scopes', text: '{ scoped }', seenBy: ['no-scopes'] },
      { why: 'it needs a policy', text: '{ policed }', seenBy: ['no-scopes'] },
      { why: 'what it returns needs scopes', text: '{ vault { gold } }', seenBy: ['no-scopes'] },
      {
        why: 'two subgraphs have what it asks for',
        text: '{ shows { id } other }',
        seenBy: ['one-fetch', 'own-fields', 'equal-output', 'valid-there'],
      },
      { why: 'it cannot be planned', text: '{ other @skip(if: true) }', seenBy: ['one-fetch'] },
    ],
  },
  'who answers a field': {
    sdls: {
      a: `type Query { show: Show shared: Int @shareable card: Card @shareable moved: Int }
        type Card @shareable { title: String }
        type Show @key(fields: "id") {
          id: ID!
          weight: Int
          gone: Int
          labelled: Int
          diced: Int
        }
        interface Media { id: ID! title: String }
        type Book implements Media @key(fields: "id") { id: ID! title: String }
        type Film implements Media @key(fields: "id") { id: ID! title: String }`,
      b: `type Query {
          review: Review
          shared: Int @shareable
          card: Card @shareable
          moved: Int @override(from: "a")
          show2: Show
          media: Media
        }
        type Card @shareable { title: String }
        type Review { show: Show @provides(fields: "weight") plain: Show }
        type Show @key(fields: "id") {
          id: ID!
          weight: Int @external
          postage: Int @requires(fields: "weight")
          gone: Int @override(from: "a")
          labelled: Int @override(from: "a", label: "new")
          diced: Int @override(from: "a", label: "percent(50)")
          own: Int
        }
        interface Media { id: ID! title: String }
        type Book implements Media @key(fields: "id") { id: ID! title: String @external }
        type Film implements Media @key(fields: "id") { id: ID! title: String @shareable }`.replace(
        'Film implements Media @key(fields: "id") { id: ID! title: String @shareable',
        'Film implements Media @key(fields: "id") { id: ID! title: String @override(from: "a")',
      ),
    },
    forwarded: {
      '{ show { id weight } }': 'a',
      '{ review { show { id own gone } } moved }': 'b',
      '{ media { id __typename } }': 'b',
    },
    refused: [
      {
        why: 'what another provides is not its own',
        text: '{ review { show { weight } } }',
        seenBy: ['own-fields'],
      },
      {
        why: 'it requires what another has',
        text: '{ review { plain { postage } } }',
        seenBy: ['one-fetch', 'own-fields'],
      },
      { why: 'it has moved', text: '{ show { gone } }', seenBy: ['one-fetch', 'own-fields'] },
      { why: 'a label says who has it', text: '{ show { labelled } }', seenBy: ['own-fields'] },
      {
        why: 'a label says who has it, there',
        text: '{ show2 { labelled } }',
        seenBy: ['one-fetch', 'own-fields'],
      },
      {
        why: 'chance says who has it',
        text: '{ show { diced } }',
        seenBy: ['one-fetch', 'own-fields'],
      },
      {
        why: 'one of the types has it from elsewhere',
        text: '{ media { title } }',
        seenBy: ['one-fetch', 'own-fields'],
      },
    ],
  },
  'what comes back': {
    sdls: {
      a: `type Query {
          x: Int! @shareable
          y: Int @shareable
          far(n: Int!): Int @shareable
          near(n: Int): Int @shareable
          mood: Mood
          kept: Kept
          found: Found
          node: Node
          named: Named
          plain(n: Int = 1): Int
          stamp: Stamp
          thing: Thing
        }
        enum Mood { GOOD BAD SECRET @inaccessible }
        enum Kept { A }
        union Found = Book | Film | Ghost
        interface Node { id: ID! }
        interface Named { name: String }
        type Book implements Node & Named { id: ID! name: String }
        type Film implements Node { id: ID! }
        type Ghost implements Node & Named @inaccessible { id: ID! name: String }
        scalar Stamp
        type Thing { id: ID! }`,
      b: `type Query {
          x: Int @shareable
          y: Int! @shareable
          far(n: Int): Int @shareable
          near(n: Int!): Int @shareable
          kept2: Kept
        }
        enum Kept { A B }`,
    },
    since: [
      ['plain(n: Int = 1)', 'plain(n: Int = 2)'],
      ['scalar Stamp', 'enum Stamp { NOW }'],
      ['type Thing { id: ID! }', 'interface Thing { id: ID! }'],
    ],
    forwarded: { '{ kept }': 'a', '{ kept2 }': 'b', '{ __typename kept }': 'a' },
    refused: [
      { why: 'null is allowed in one only', text: '{ x y }', seenBy: ['equal-output'] },
      {
        why: 'an argument is optional in one only',
        text: '{ far(n: 1) near(n: 1) }',
        seenBy: ['equal-output'],
      },
      { why: 'a default is another', text: '{ plain }', seenBy: ['equal-output'] },
      {
        why: 'a value is of another kind',
        text: '{ stamp }',
        seenBy: ['equal-output', 'known-values'],
      },
      {
        why: 'an object is of another kind',
        text: '{ thing { id } }',
        seenBy: ['equal-output', 'known-values'],
      },
      { why: 'a value is hidden', text: '{ mood }', seenBy: ['known-values'] },
      {
        why: 'a member of a union is hidden',
        text: '{ found { __typename } }',
        seenBy: ['known-values'],
      },
      {
        why: 'a type of an interface is hidden',
        text: '{ node { id } }',
        seenBy: ['known-values'],
      },
      {
        why: 'a type of an interface is hidden, narrowed or not',
        text: '{ node { ... on Named { name } } }',
        seenBy: ['known-values', 'equal-conditions'],
      },
    ],
  },
  'what the root is called': {
    sdls: { a: 'type Query { one: Int }', b: 'type Query { two: Int }' },
    since: [['type Query { one', 'schema { query: Root } type Root { one']],
    forwarded: { '{ two __typename }': 'b' },
    refused: [
      {
        why: 'by another name it is another type',
        text: '{ one }',
        seenBy: ['equal-output'],
      },
    ],
  },
  'what is sent': {
    sdls: {
      a: `type Query {
          put(in: In): Int
          deep(outer: Outer): Int
          mood(mood: Mood): Int
          fine(fine: Fine = { n: 2 }): Int
          either(either: Either): Int
          short(short: Short): Int
          any(any: Any): Int
          bare: Int
        }
        input In { x: Int secret: Int @inaccessible }
        input Outer { inner: [Inner!] }
        input Inner { again: Outer in: In }
        enum Mood { GOOD SECRET @inaccessible }
        input Fine { n: Int = 1 again: Fine kind: Kind }
        enum Kind { A B }
        input Either { x: Int y: Int }
        input Short { n: Int = 1 }
        scalar Any`,
      b: 'type Query { two(in: In): Int } input In { x: Int y: Int }',
    },
    since: [
      ['input Either', 'input Either @oneOf'],
      ['input Short { n: Int = 1', 'input Short { n: Int = 2'],
      ['bare: Int', 'bare(must: Int!): Int'],
    ],
    forwarded: {
      'query ($fine: Fine) { fine(fine: $fine) }': 'a',
      'query ($any: Any) { any(any: { of: [$any] }) }': 'a',
    },
    refused: [
      {
        why: 'a variable may hold what is hidden',
        text: 'query ($in: In) { put(in: $in) }',
        seenBy: ['equal-input'],
      },
      {
        why: 'a variable may hold what one of them knows',
        text: 'query ($in: In) { two(in: $in) }',
        seenBy: ['equal-input'],
      },
      {
        why: 'a variable may hold what is hidden, further in',
        text: 'query ($outer: Outer) { deep(outer: $outer) }',
        seenBy: ['equal-input'],
      },
      {
        why: 'a variable may be a value that is hidden',
        text: 'query ($mood: Mood) { mood(mood: $mood) }',
        seenBy: ['equal-input'],
      },
      {
        why: 'it takes one of them only',
        text: 'query ($either: Either) { either(either: $either) }',
        seenBy: ['equal-input'],
      },
      {
        why: 'a default is another',
        text: 'query ($short: Short) { short(short: $short) }',
        seenBy: ['equal-input'],
      },
      { why: 'it would have to be told more', text: '{ bare }', seenBy: ['valid-there'] },
    ],
  },
  'types that stand for others': {
    sdls: {
      a: `interface Playable @key(fields: "id") { id: ID! title: String }
        type Movie implements Playable & Node @key(fields: "id") { id: ID! title: String }
        type Clip implements Playable @key(fields: "id") { id: ID! title: String }
        interface Node { id: ID! }
        interface Named { name: String }
        type Query { movie: Movie y: Y }
        type Y implements Named @key(fields: "id") { id: ID! name: String @shareable }`,
      b: `type Playable @key(fields: "id") @interfaceObject { id: ID! seen: Int next: Playable }
        type Query { last: Playable node: Node thing: Thing }
        interface Node { id: ID! }
        type Head implements Node { id: ID! playable: Playable }
        interface Thing { id: ID! }
        interface Named { name: String }
        type X implements Thing & Named { id: ID! name: String }
        type Y implements Thing @key(fields: "id") { id: ID! name: String @shareable }`,
    },
    forwarded: {
      '{ last { id seen next { ... on Playable { id } } } }': 'b',
      '{ node { __typename id ... on Head { playable { seen } } ... on Node { id } } }': 'b',
      '{ movie { __typename ... on Playable { title } } }': 'a',
    },
    refused: [
      {
        why: 'an interface object is of a type that it does not know',
        text: '{ last { __typename } }',
        there: 'b',
        seenBy: ['one-fetch', 'equal-conditions'],
      },
      {
        why: 'an interface object may be any of its types',
        text: '{ last { ... on Movie { id } } }',
        there: 'b',
        seenBy: ['one-fetch', 'own-fields', 'equal-output', 'equal-conditions', 'valid-there'],
      },
      {
        why: 'one of the types is narrowed to elsewhere only',
        text: '{ thing { ... on Named { name } } }',
        there: 'b',
        seenBy: ['equal-conditions'],
      },
    ],
  },
};
