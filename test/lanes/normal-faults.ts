import { isDeepStrictEqual } from 'node:util';
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  getOperationAST,
  type InlineFragmentNode,
  isAbstractType,
  Kind,
  parse,
  print,
  separateOperations,
  visit,
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
  'loses fields of a condition within a fragment on an interface': (disputed) => {
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

/** Response keys that stand in a conditioned fragment, where one on an abstract type is in the document. */
function keysWithinConditions(query: string, schema: GraphQLSchema): ReadonlySet<string> {
  const keys = new Set<string>();
  let hasAbstract = false;
  const look = (node: FragmentDefinitionNode | InlineFragmentNode) => {
    hasAbstract ||= isAbstractType(schema.getType(node.typeCondition?.name.value ?? ''));
    if (node.typeCondition === undefined) return;
    for (const one of node.selectionSet.selections) {
      if (one.kind === Kind.FIELD) keys.add((one.alias ?? one.name).value);
    }
  };
  visit(parse(query), { FragmentDefinition: look, InlineFragment: look });
  return hasAbstract ? keys : new Set();
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
