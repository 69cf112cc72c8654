import {
  type DocumentNode,
  type FieldNode,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/** Opens nothing itself: what is asked for is in it. */
const doorFields: readonly string[] = ['viewer'];

const counted = new WeakMap<OperationDefinitionNode, number>();

/**
 * How many fields an operation asks for: those of the root, and in place of `viewer` those objects that are
 * selected in it. Each alias and each place that a fragment is spread at is one; there is always one.
 *
 * Cost: a walk over the operation, once a document.
 */
export function countFields(document: DocumentNode, operationName?: string | null): number {
  const operation = getOperationAST(document, operationName);
  if (operation == null) return 1;
  const known = counted.get(operation);
  if (known !== undefined) return known;
  const count = fieldsOf(operation.selectionSet, document).reduce((sum, field) => {
    const isDoor = doorFields.includes(field.name.value) && field.selectionSet !== undefined;
    return sum + (isDoor ? objectsIn(field.selectionSet, document) : 1);
  }, 0);
  const atLeastOne = Math.max(1, count);
  counted.set(operation, atLeastOne);
  return atLeastOne;
}

/** Where the runtime says that an error is whose subgraph says nothing of that: at the first field. */
export function firstPathOf(document: DocumentNode): readonly string[] {
  const operation = getOperationAST(document);
  const [first] = operation == null ? [] : fieldsOf(operation.selectionSet, document);
  return first === undefined ? [] : [(first.alias ?? first.name).value];
}

function objectsIn(set: SelectionSetNode | undefined, document: DocumentNode): number {
  const fields = set === undefined ? [] : fieldsOf(set, document);
  return Math.max(1, fields.filter(({ selectionSet }) => selectionSet !== undefined).length);
}

/** With those of fragments; validation has seen to it that these end. */
function fieldsOf({ selections }: SelectionSetNode, document: DocumentNode): FieldNode[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection];
    if (selection.kind === Kind.INLINE_FRAGMENT) return fieldsOf(selection.selectionSet, document);
    const fragment = document.definitions.find(
      (definition) =>
        definition.kind === Kind.FRAGMENT_DEFINITION &&
        definition.name.value === selection.name.value,
    );
    return fragment?.kind === Kind.FRAGMENT_DEFINITION
      ? fieldsOf(fragment.selectionSet, document)
      : [];
  });
}
