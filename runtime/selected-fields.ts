import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/** A selection set, and the type that it is of. */
export interface Scope {
  selections: SelectionSetNode;
  type: string | undefined;
}

export interface SelectedField {
  node: FieldNode;
  /** Undefined for `__typename`. */
  type: GraphQLOutputType | undefined;
}

/** The fields of a document of one operation, its fragments written out. */
export class SelectedFields {
  readonly operation: OperationDefinitionNode | undefined;
  readonly #schema: GraphQLSchema;
  readonly #fragments = new Map<string, FragmentDefinitionNode>();

  constructor(schema: GraphQLSchema, document: DocumentNode) {
    this.#schema = schema;
    for (const definition of document.definitions) {
      if (definition.kind === Kind.OPERATION_DEFINITION) this.operation = definition;
      if (definition.kind !== Kind.FRAGMENT_DEFINITION) continue;
      this.#fragments.set(definition.name.value, definition);
    }
  }

  get root(): Scope | undefined {
    if (this.operation === undefined) return undefined;
    const { selectionSet, operation } = this.operation;
    return { selections: selectionSet, type: this.#schema.getRootType(operation)?.name };
  }

  /** One after the other: there may be more than anybody should keep. */
  *in({ selections, type }: Scope): Generator<SelectedField> {
    for (const selection of selections.selections) {
      if (selection.kind === Kind.FIELD) {
        yield { node: selection, type: this.#typeOf(type, selection) };
        continue;
      }
      const fragment = this.#fragment(selection);
      if (fragment === undefined) continue;
      const on = fragment.typeCondition?.name.value ?? type;
      yield* this.in({ selections: fragment.selectionSet, type: on });
    }
  }

  /** What is selected below a field. */
  below({ node, type }: SelectedField): Scope | undefined {
    if (node.selectionSet === undefined || type === undefined) return undefined;
    return { selections: node.selectionSet, type: getNamedType(type).name };
  }

  #fragment(selection: Exclude<SelectionNode, FieldNode>) {
    if (selection.kind === Kind.INLINE_FRAGMENT) return selection;
    return this.#fragments.get(selection.name.value);
  }

  #typeOf(parent: string | undefined, { name }: FieldNode): GraphQLOutputType | undefined {
    const type = parent === undefined ? undefined : this.#schema.getType(parent);
    if (type === undefined || !('getFields' in type)) return undefined;
    return type.getFields()[name.value]?.type as GraphQLOutputType | undefined;
  }
}
