import { createHash } from 'node:crypto';
import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  type DocumentNode,
  type GraphQLAbstractType,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { type ErrorCode, PlatformError } from '../../domain/errors.ts';
import type { SubgraphContext } from '../../runtime/subgraph.ts';
import { Chance } from '../support/chance.ts';

/** What every object of such a subgraph is. */
interface Told {
  readonly __typename: string;
  /** What its fields are told by: its key, or else the way to it. */
  readonly identity: string;
  /** What the gateway said of it. */
  readonly given: Readonly<Record<string, unknown>>;
}

export interface Telling {
  /** Two subgraphs tell two values of one field: whoever asks the wrong one is found out. */
  readonly subgraph: string;
  readonly typeDefs: DocumentNode;
  /** Another number, other values. */
  readonly seed: number;
}

/** How many fields of a thousand fail, in either way, and are null where that is allowed, or is not. */
const permille = { plainError: 12, codedError: 12, brokenPromise: 8, null: 80 };

const codes: readonly ErrorCode[] = [
  'STATE_UNAVAILABLE',
  'CATALOG_MISSING',
  'FORBIDDEN',
  'TIMEOUT',
];

/**
 * Resolvers for any SDL: a value is decided by the viewer, by the object's key or the way to it, by the
 * field and its arguments, and by nothing else. So it is the same whichever way a gateway takes.
 */
export function toldBy(telling: Telling): Record<string, Record<string, unknown>> {
  const schema = buildSubgraphSchema([{ typeDefs: telling.typeDefs }]);
  const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('_'));
  const subscription = schema.getSubscriptionType();
  const resolvers: Record<string, Record<string, unknown>> = {};
  for (const type of types) {
    if (isAbstractType(type)) resolvers[type.name] = typeOf(type, telling, schema);
    if (isObjectType(type) && type !== subscription) {
      resolvers[type.name] = resolversOf(type, telling, schema);
    }
  }
  return resolvers;
}

type Resolve = GraphQLFieldResolver<Told | undefined, SubgraphContext>;

function resolversOf(type: GraphQLObjectType, telling: Telling, schema: GraphQLSchema) {
  const fields = Object.keys(type.getFields()).filter((name) => !name.startsWith('_'));
  const resolve: Resolve = (...[parent, args, context, info]) =>
    tell({ parent, args, context, info }, telling, schema);
  return {
    ...Object.fromEntries(fields.map((name) => [name, resolve])),
    __resolveReference: (reference: Reference) => referred(type.name, reference),
  };
}

function typeOf(type: GraphQLAbstractType, telling: Telling, schema: GraphQLSchema) {
  const resolver = { __resolveType: ({ __typename }: Told) => __typename };
  if (!isInterfaceType(type)) return resolver;
  return {
    ...resolver,
    __resolveReference: (reference: Reference) =>
      referred(
        concreteOf(type, { identity: String(reference.id), seed: telling.seed }, schema),
        reference,
      ),
  };
}

type Reference = Record<string, unknown>;

function referred(typename: string, { __typename: _, ...given }: Reference): Told {
  return { __typename: typename, identity: String(given.id), given };
}

/** Which of its types an object has: in every subgraph the same one. */
function concreteOf(
  type: GraphQLAbstractType,
  of: { identity: string; seed: number },
  schema: GraphQLSchema,
): string {
  const names = schema.getPossibleTypes(type).map(({ name }) => name);
  return chanceOf([of.seed, 'type', of.identity]).pick(names.sort());
}

interface Asked {
  parent: Told | undefined;
  args: Record<string, unknown>;
  context: SubgraphContext;
  info: GraphQLResolveInfo;
}

function tell(asked: Asked, telling: Telling, schema: GraphQLSchema): unknown {
  const { parent, args, context, info } = asked;
  const given = parent?.given[info.fieldName];
  if (given !== undefined) return given;
  const owner = parent?.identity ?? context.viewer?.profileId ?? 'nobody';
  if (info.fieldName === 'id' && parent !== undefined) return parent.identity;
  const way = [owner, info.parentType.name, info.fieldName, inOrder(args), ...directivesOf(info)];
  const known = parent === undefined ? '' : JSON.stringify(parent.given);
  const chance = chanceOf([telling.seed, telling.subgraph, ...way, known]);
  fail(chance.below(1_000), chance);
  const object = (index: number) => digest([telling.seed, ...way, index]).slice(0, 10);
  return outputOf(info.returnType, { chance, object, schema, telling, index: 0 });
}

/** A directive of the subgraph's own means something to it: the value is another one. */
function directivesOf({ fieldNodes }: GraphQLResolveInfo): readonly string[] {
  const names = fieldNodes.flatMap(({ directives = [] }) =>
    directives.map(({ name }) => name.value),
  );
  return names.filter((name) => name !== 'skip' && name !== 'include');
}

/** Executors give arguments in an order of their own. */
function inOrder(args: Record<string, unknown>): string {
  return JSON.stringify(Object.entries(args).sort(([one], [other]) => (one < other ? -1 : 1)));
}

function fail(draw: number, chance: Chance): void {
  if (draw < permille.plainError) throw new Error('A "plain" error, not for clients.');
  if (draw >= permille.plainError + permille.codedError) return;
  throw new PlatformError('It is "down" – 🎬', { code: chance.pick(codes) });
}

interface Drawing {
  chance: Chance;
  /** The identity of an object found here. */
  object(index: number): string;
  schema: GraphQLSchema;
  telling: Telling;
  index: number;
}

function outputOf(type: GraphQLOutputType, drawing: Drawing): unknown {
  const draw = drawing.chance.below(1_000);
  if (isNonNullType(type)) {
    return draw < permille.brokenPromise ? null : presentOutputOf(type.ofType, drawing);
  }
  return draw < permille.null ? null : presentOutputOf(type, drawing);
}

function presentOutputOf(type: GraphQLOutputType, drawing: Drawing): unknown {
  const { chance, object, schema, telling, index } = drawing;
  if (isListType(type)) {
    const length = chance.below(4);
    return Array.from({ length }, (_, item) =>
      outputOf(type.ofType, { ...drawing, index: index * 4 + item + 1 }),
    );
  }
  const named = getNamedType(type);
  if (isEnumType(named)) return chance.pick(named.getValues()).name;
  if (isObjectType(named)) return { __typename: named.name, identity: object(index), given: {} };
  if (isAbstractType(named)) {
    const identity = object(index);
    const __typename = concreteOf(named, { identity, seed: telling.seed }, schema);
    return { __typename, identity, given: {} };
  }
  return scalarOf(named.name, chance);
}

const texts: readonly string[] = [
  'Sintel',
  '',
  'a "quoted" word',
  '🎬 👩‍🚀 é',
  'back\\slash\n',
  '"errors":[]',
  '"extensions"',
];

function scalarOf(name: string, chance: Chance): unknown {
  switch (name) {
    case 'Int':
      return chance.pick([0, 1, -5, 42, 2_147_483_647]);
    case 'Float':
      return chance.pick([0, 0.5, 1e21, -3]);
    case 'Boolean':
      return chance.of(0.5);
    case 'ID':
      return chance.pick(['id_1', 'id "2"', '3']);
    case 'DateTime':
      return '2026-11-23T17:00:00.000Z';
    case 'Json':
      return chance.pick<unknown>([{ errors: [1, null] }, [{ a: 'é' }], 'text', 7, false]);
    default:
      return chance.pick(texts);
  }
}

function chanceOf(parts: readonly unknown[]): Chance {
  return new Chance(Number.parseInt(digest(parts).slice(0, 8), 16));
}

function digest(parts: readonly unknown[]): string {
  return createHash('sha1').update(JSON.stringify(parts)).digest('hex');
}
