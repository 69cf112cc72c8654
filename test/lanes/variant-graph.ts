import { parse } from 'graphql';

const linked = (...directives: string[]) => `
  extend schema @link(
    url: "https://specs.apollo.dev/federation/v2.9"
    import: [${directives.map((name) => `"@${name}"`).join(', ')}]
  )
`;

/**
 * A graph of nothing that ours is about, with all that ours lacks: hidden fields, arguments, inputs and
 * values, fields that moved, need others, are provided, or are shared and differ, unions, interface
 * objects, oneOf, and scalars of its own.
 */
export const variantSubgraphs = {
  shop: parse(`
    ${linked('key', 'shareable', 'inaccessible', 'external', 'requires', 'provides', 'override', 'authenticated', 'interfaceObject')}
    scalar Json
    scalar DateTime

    enum Size { SMALL LARGE SECRET @inaccessible }
    enum Shade { LIGHT DARK HIDDEN @inaccessible }
    enum Order { UP DOWN }

    input Filter {
      size: Size
      words: [String!] = ["all"]
      inner: Filter
      backdoor: Boolean @inaccessible
      free: Json
    }
    input Pick @oneOf { id: ID name: String filter: Filter }

    interface Thing { id: ID! label(width: Int = 3): String! }
    interface Priced { price: Int }

    type Book implements Thing & Priced @key(fields: "id") {
      id: ID!
      label(width: Int = 3): String!
      price: Int
      pages: Int!
      shade: Shade @shareable
      cost: Int @inaccessible
      writers: [Writer!]!
      weight: Float @external
      postage: Float @requires(fields: "weight")
      free: Json
    }
    type Film implements Thing @key(fields: "id") {
      id: ID!
      label(width: Int = 3): String!
      minutes: Int @shareable
      cast: [Writer]
    }
    type Draft implements Thing @inaccessible { id: ID! label(width: Int = 3): String! }

    type Writer @key(fields: "id") {
      id: ID!
      name: String! @shareable
      rating: Int @override(from: "press")
      bio: String @external
      books(first: Int! = 2, order: Order): [Book!]!
    }
    type Shelf {
      name: String
      front: Found
      things: [Thing!]!
      sizes: [Size!]
      owner: Writer @provides(fields: "bio")
      note(secret: String @inaccessible, size: Size): String
      media: Media
    }
    union Found = Book | Film | Writer
    type Media @key(fields: "id") @interfaceObject { id: ID! copies: Int }

    type Query {
      shelf(filter: Filter = { words: ["best"] }): Shelf
      found(pick: Pick!): [Found]
      things(filters: [Filter!]): [Thing]
      writer(id: ID!): Writer
      shared(size: Size): Int @shareable
      secretShelf: Shelf @authenticated
      hiddenShelf: Shelf @inaccessible
    }
    type Mutation {
      sell(pick: Pick!, times: Int! = 1): Sale
      paint(shade: Shade!, filter: Filter): Book
    }
    type Sale { at: DateTime! sold: [Thing!]! shade: Shade! by: Writer }
  `),
  press: parse(`
    ${linked('key', 'shareable', 'interfaceObject', 'inaccessible')}
    scalar Json
    scalar DateTime

    type Writer @key(fields: "id") {
      id: ID!
      name: String! @shareable
      rating: Int
      bio: String @shareable
      awards: [Award!]
    }
    type Award { year: Int! label: String! }
    type Book @key(fields: "id") { id: ID! weight: Float shade: Shade @shareable }
    enum Shade { LIGHT DARK HIDDEN @inaccessible }

    type Media @key(fields: "id") @interfaceObject {
      id: ID!
      reviews(first: Int! = 2): [Review!]!
      score: Float
    }
    type Review { id: ID! text: String! media: Media by: Writer verdict: Verdict }
    union Verdict = Praise | Blame
    type Praise { stars: Int! text: String }
    type Blame { text: String reason: Json }

    type Query {
      reviews(about: ID): [Review!]
      best: Media
      award: Award
      shared: Int @shareable
      now: DateTime
    }
    type Mutation { review(text: String!, tags: [String!]! = ["new"]): Review }
  `),
  library: parse(`
    ${linked('key', 'shareable')}
    interface Media @key(fields: "id") { id: ID! title: String }
    type Song implements Media @key(fields: "id") { id: ID! title: String seconds: Int! }
    type Clip implements Media @key(fields: "id") { id: ID! title: String film: Film }
    type Film @key(fields: "id") { id: ID! minutes: Int! @shareable studio: String }

    type Query {
      media(id: ID!): Media
      lent: [Media!]!
      film: Film
    }
  `),
};
