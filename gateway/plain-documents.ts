import type { GatewayPlugin } from '@graphql-hive/gateway-runtime';
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  print,
  type SelectionNode,
  type SelectionSetNode,
  separateOperations,
  visit,
} from 'graphql';

/**
 * Says the same in words that the federation runtime understands. As clients may write them, it repeats the
 * items of a list that is selected twice under one key, and answers null for all that stands behind a
 * `__typename` at the root, or in a document with another operation that asks for the schema.
 *
 * Shape: after all limits, which count what the client wrote.
 * Cost: a walk, once a document and operation. The runtime plans once what it is given again.
 */
export function plainDocuments(): GatewayPlugin {
  const known = new WeakMap<object, DocumentNode>();
  const plain = (args: { document: DocumentNode; operationName?: string | null }) => {
    const operation = getOperationAST(args.document, args.operationName);
    // There is no such operation: whoever executes it says so.
    if (operation == null) return;
    // Authentication copies the nodes of every request; what they say where they stood is the same object.
    const key = operation.loc ?? operation;
    const document = known.get(key) ?? plainDocument(args.document, operation);
    known.set(key, document);
    args.document = document;
  };
  return {
    onExecute: ({ args }) => plain(args),
    onSubscribe: ({ args }) => plain(args),
  };
}

/** One operation of a document, with the fragments that it reaches. */
export function plainDocument(
  document: DocumentNode,
  operation: OperationDefinitionNode,
): DocumentNode {
  const alone = separateOperations(document)[operation.name?.value ?? ''] ?? document;
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of alone.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition);
    }
  }
  // It still stands for the text that came: others look that up.
  const whole: DocumentNode = document.loc === undefined ? alone : { ...alone, loc: document.loc };
  return visit(whole, {
    SelectionSet: { enter: (set) => withoutRepetition(set, fragments) },
    OperationDefinition: {
      leave: (node) => ({ ...node, selectionSet: typenamesLast(node.selectionSet) }),
    },
  });
}

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

/**
 * Fields of one key become one field, in front of the fragments that select it too: what a fragment holds is
 * merged item by item into what is there, the list of a field is put behind it. On another condition a field
 * goes into a fragment of its own.
 */
function withoutRepetition(
  set: SelectionSetNode,
  fragments: Fragments,
): SelectionSetNode | undefined {
  const fields = new Map<string, FieldNode>();
  const conditioned: FieldNode[] = [];
  const others: SelectionNode[] = [];
  const ofFragments = new Set<string>();
  let isChanged = false;
  const take = (field: FieldNode) => {
    const key = keyOf(field);
    const before = fields.get(key);
    isChanged ||= before !== undefined || ofFragments.has(key);
    if (before === undefined) fields.set(key, field);
    else if (isOnSameCondition(before, field)) fields.set(key, merged(before, field));
    else conditioned.push(field);
  };
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      take(selection);
    } else {
      for (const key of keysOf(selection, fragments)) ofFragments.add(key);
      others.push(selection);
    }
  }
  if (!isChanged) return undefined;
  return { ...set, selections: [...fields.values(), ...others, ...conditioned.map(inFragment)] };
}

function isOnSameCondition({ directives = [] }: FieldNode, other: FieldNode): boolean {
  return directives.map(print).join() === (other.directives ?? []).map(print).join();
}

function merged(field: FieldNode, { selectionSet: more }: FieldNode): FieldNode {
  const { selectionSet: set } = field;
  if (set === undefined || more === undefined) return field;
  return {
    ...field,
    selectionSet: { ...set, selections: [...set.selections, ...more.selections] },
  };
}

function keyOf({ alias, name }: FieldNode): string {
  return (alias ?? name).value;
}

/** What is selected at this place. Cost: fragments are followed, to `fieldsMax` fields (document-limits.ts). */
function keysOf(selection: SelectionNode, fragments: Fragments): string[] {
  if (selection.kind === Kind.FIELD) return [keyOf(selection)];
  const holder =
    selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
  return holder?.selectionSet.selections.flatMap((inner) => keysOf(inner, fragments)) ?? [];
}

/** Leaves stay as they are: the planner finds no way to some of them in a fragment. */
function inFragment({ directives = [], ...field }: FieldNode): SelectionNode {
  if (field.selectionSet === undefined) return { ...field, directives };
  return {
    kind: Kind.INLINE_FRAGMENT,
    directives,
    selectionSet: { kind: Kind.SELECTION_SET, selections: [field] },
  };
}

/** An operation that begins with `__typename` passes for one that asks for nothing else. */
function typenamesLast(set: SelectionSetNode): SelectionSetNode {
  const isTypename = (node: SelectionNode) =>
    node.kind === Kind.FIELD && node.name.value === '__typename';
  const { selections } = set;
  const others = selections.filter((node) => !isTypename(node));
  return others.length === 0 || others.length === selections.length
    ? set
    : { ...set, selections: [...others, ...selections.filter(isTypename)] };
}
