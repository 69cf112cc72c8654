import { parse } from 'graphql';

/** What graphql-jit and graphql-js could take two ways, and our own schema has not. */
export const unusualSchema = parse(`
  scalar Instant
  enum Mode { FAST SLOW }
  interface Named { name: String! kin: [Named!] }
  interface Placed implements Named { name: String! kin: [Named!] place: Int }
  type Person implements Named { name: String! kin: [Named!] friends(first: Int! = 2): [Person]! age: Int! mode: Mode }
  type City implements Named & Placed { name: String! kin: [Named!] place: Int mayor: Person! grid: [[Int!]!] }
  type Note { text: String! about: Thing tags: [String!]! at: Instant }
  union Thing = Person | City | Note

  input Inner { mode: Mode! = SLOW depth: Int = 3 label: String }
  input Outer { inner: Inner! = { label: "initial" } inners: [Inner!] = [{ mode: FAST }, {}] list: [[Int!]] = [[1], [2, 3]] id: ID! = "007" ratio: Float = 1 note: String }
  input Deep { outer: Outer! outers: [Outer!]! = [] required: Int! }
  input Tree { value: Int! = 1 left: Tree right: Tree }
  input Choice @oneOf { one: Int other: String }
  input Timed { at: Instant! mode: Mode! = FAST }

  type Query {
    thing(outer: Outer): Thing
    things(deep: Deep!, modes: [Mode!]! = [FAST]): [Thing!]!
    named(inner: Inner! = { mode: FAST }): Named
    placed(ids: [ID], grid: [[Int]]): [Placed]
    tree(tree: Tree): Int!
    choice(choice: Choice): String
    at(time: Instant, timed: Timed): Instant
    count(first: Int! = 20, after: String, ratio: Float): Int
    sum(outer: Outer! = {}, many: [Outer!]): Float!
  }
  type Mutation {
    write(deep: Deep): Note
    erase(inner: Inner!, first: Int! = 5): [Person!]
    move(outers: [Outer]): City!
    touch: Int!
  }
`);
