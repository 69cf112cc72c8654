import { isDeepStrictEqual } from 'node:util';
import {
  type DefinitionNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  getOperationAST,
  isAbstractType,
  Kind,
  type NamedTypeNode,
  parse,
  print,
  type SelectionSetNode,
  separateOperations,
} from 'graphql';
import type { Subgraph } from '../../runtime/subgraph.ts';
import { areAlike } from './alike.ts';
import { directAnswer } from './direct-answer.ts';
import { askerOf, type LaneAnswer, shown } from './lane-gateways.ts';
import type { GeneratedOperation } from './operations.ts';

/** An operation that the lanes answer differently. */
export interface Disputed {
  readonly operation: GeneratedOperation;
  readonly normal: LaneAnswer;
  readonly lane: LaneAnswer;
  /** Whom the lane has asked. */
  readonly subgraph: Subgraph;
}

/**
 * What the normal lane is known to get wrong, each told by what it looks like. Only where the lane's answer
 * is what graphql itself answers on the schema of the subgraph.
 */
const faults: Readonly<Record<string, (disputed: Disputed) => boolean>> = {
  'looks for variables of an operation that was not asked for': ({ operation, normal }) => {
    const [error] = (normal.errors ?? []) as { message: string }[];
    const name = /^Argument "if" of required type .* the variable "\$(\w+)" which was not/.exec(
      error?.message ?? '',
    )?.[1];
    const asked = getOperationAST(parse(operation.query), operation.operationName);
    const declared = asked?.variableDefinitions?.map(({ variable }) => variable.name.value) ?? [];
    return normal.data === undefined && name !== undefined && !declared.includes(name);
  },
  'answers null for an object of which nothing is asked': ({ normal, lane }) =>
    isNullForEmpty(normal.data, lane.data) && isDeepStrictEqual(normal.errors, lane.errors),
  'loses fields of a condition within another, one of them on an interface': (disputed) => {
    const { operation, normal, lane } = disputed;
    const lost = lostKeys(normal.data, lane.data);
    const risky = keysWithinConditions(operation.query, disputed.subgraph.schema);
    const isAllLost = lost !== undefined && lost.length > 0 && lost.every((key) => risky.has(key));
    return isAllLost && isDeepStrictEqual(normal.errors, lane.errors);
  },
};

/** Whether the two differ in objects alone that hold nothing, and are null in `found`. */
function isNullForEmpty(found: unknown, right: unknown): boolean {
  if (isDeepStrictEqual(found, right)) return true;
  if (found === null) return isDeepStrictEqual(right, {});
  if (!isObject(found) || !isObject(right)) return false;
  const [has, should] = [found, right];
  const keys = Object.keys(should);
  return (
    Object.keys(has).length === keys.length &&
    keys.every((key) => isNullForEmpty(has[key], should[key]))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** What is missing in `found` and nothing else differs; undefined: something does. */
function lostKeys(found: unknown, right: unknown): string[] | undefined {
  if (isDeepStrictEqual(found, right)) return [];
  if (!isObject(found) || !isObject(right)) return undefined;
  const [has, should] = [found, right];
  if (Object.keys(has).some((key) => !Object.hasOwn(should, key))) return undefined;
  const lost: string[] = [];
  for (const [key, value] of Object.entries(should)) {
    const inner = Object.hasOwn(has, key) ? lostKeys(has[key], value) : [key];
    if (inner === undefined) return undefined;
    lost.push(...inner);
  }
  return lost;
}

/** Response keys that stand in a condition within a condition, where one of these is on an abstract type. */
function keysWithinConditions(query: string, schema: GraphQLSchema): ReadonlySet<string> {
  const { definitions } = parse(query);
  const keys = new Set<string>();
  const narrowed = (inner: Narrowing, conditions: readonly string[]) => {
    const name = inner.typeCondition?.name.value;
    look(inner.selectionSet, name === undefined ? conditions : [...conditions, name]);
  };
  const field = (node: FieldNode, conditions: readonly string[]) => {
    const hasAbstract = conditions.some((name) => isAbstractType(schema.getType(name)));
    if (conditions.length > 1 && hasAbstract) keys.add((node.alias ?? node.name).value);
    if (node.selectionSet !== undefined) look(node.selectionSet, []);
  };
  const look = ({ selections }: SelectionSetNode, conditions: readonly string[]) => {
    for (const one of selections) {
      if (one.kind === Kind.FIELD) field(one, conditions);
      else if (one.kind === Kind.INLINE_FRAGMENT) narrowed(one, conditions);
      else narrowed(fragmentOf(definitions, one.name.value), conditions);
    }
  };
  for (const each of definitions) {
    if (each.kind === Kind.OPERATION_DEFINITION) look(each.selectionSet, []);
  }
  return keys;
}

type Narrowing = Pick<FragmentDefinitionNode, 'selectionSet'> & {
  readonly typeCondition?: NamedTypeNode | undefined;
};

function fragmentOf(definitions: readonly DefinitionNode[], name: string): Narrowing {
  for (const each of definitions) {
    if (each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === name) return each;
  }
  throw new Error(`There is no fragment ${name}.`);
}

/** The name of the fault; undefined: it is none of them. */
export async function normalFaultOf(disputed: Disputed): Promise<string | undefined> {
  const { operation, lane, subgraph } = disputed;
  const name = Object.keys(faults).find((fault) => faults[fault]?.(disputed));
  if (name === undefined) return undefined;
  const { variables } = operation;
  const profileId = askerOf(operation);
  const right = await directAnswer(subgraph, { text: textOf(operation), variables, profileId });
  return right !== null && areAlike(shown(right), lane) ? name : undefined;
}

/** The operation that is asked for, with the fragments that it reaches. */
export function textOf({ query, operationName }: GeneratedOperation): string {
  const document = parse(query);
  const name = operationName ?? getOperationAST(document)?.name?.value ?? '';
  const alone: DocumentNode | undefined = separateOperations(document)[name];
  return alone === undefined ? query : print(alone);
}
