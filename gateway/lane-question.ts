import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  print,
  type SelectionSetNode,
  stripIgnoredCharacters,
} from 'graphql';
import type { AnsweredDocument, LaneGraph } from './lane-decision.ts';

/** One operation, looked through once: what the rules of `forwardable.ts` ask about. */
export interface LaneQuestion {
  readonly graph: LaneGraph;
  readonly answered: AnsweredDocument;
  readonly operation: OperationDefinitionNode;
  /** Those that the operation reaches, and no other. */
  readonly fragments: readonly FragmentDefinitionNode[];
  /** The operation and these, printed, without a name: other operations may not be valid in a subgraph. */
  readonly text: string;
  /** Every field in every place, those of fragments where they are spread. */
  readonly fields: readonly SelectedField[];
  readonly conditions: readonly TypeCondition[];
}

/** The question put to one subgraph. */
export interface SubgraphQuestion extends LaneQuestion {
  /** As the supergraph names it: `playback`. */
  readonly subgraph: string;
  /** G. */
  readonly schema: GraphQLSchema;
}

export interface SelectedField {
  readonly node: FieldNode;
  /** In the supergraph. */
  readonly parent: GraphQLNamedType;
  /** In the supergraph; undefined for `__typename`, and for what it does not know. */
  readonly field: GraphQLField<unknown, unknown> | undefined;
}

/** `... on Movie` among the selections of a `parent`. */
export interface TypeCondition {
  readonly parent: GraphQLNamedType;
  readonly name: string;
}

/** Cost: a walk over the operation, with its fragments in their places. */
export function questionOf(
  graph: LaneGraph,
  answered: AnsweredDocument,
  operation: OperationDefinitionNode,
): LaneQuestion {
  const walk = new Walk(graph.supergraph, answered.document);
  const root = graph.supergraph.getRootType(operation.operation);
  if (root != null) walk.select(operation.selectionSet, root);
  const { fields, conditions } = walk;
  const fragments = [...walk.reached.values()];
  return {
    ...{ graph, answered, operation, fragments, fields, conditions },
    text: printed(operation, fragments),
  };
}

/** The fields of both, the directives of fields and spreads too: what is not there cannot be answered. */
function printed(
  { name: _name, ...operation }: OperationDefinitionNode,
  fragments: readonly FragmentDefinitionNode[],
): string {
  return stripIgnoredCharacters(
    print({ kind: Kind.DOCUMENT, definitions: [operation, ...fragments] }),
  );
}

/** By the types of the supergraph, which knows all that the public API and the subgraphs do. */
class Walk {
  readonly fields: SelectedField[] = [];
  readonly conditions: TypeCondition[] = [];
  readonly reached = new Map<string, FragmentDefinitionNode>();
  readonly #schema: GraphQLSchema;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;

  constructor(schema: GraphQLSchema, document: DocumentNode) {
    this.#schema = schema;
    const definitions = document.definitions.filter(
      (definition) => definition.kind === Kind.FRAGMENT_DEFINITION,
    );
    this.#fragments = new Map(definitions.map((each) => [each.name.value, each]));
  }

  select({ selections }: SelectionSetNode, parent: GraphQLNamedType): void {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) this.#field(selection, parent);
      else if (selection.kind === Kind.INLINE_FRAGMENT) this.#narrow(selection, parent);
      else this.#spread(selection.name.value, parent);
    }
  }

  #field(node: FieldNode, parent: GraphQLNamedType): void {
    const field = fieldOf(parent, node.name.value);
    this.fields.push({ node, parent, field });
    if (field === undefined || node.selectionSet === undefined) return;
    this.select(node.selectionSet, getNamedType(field.type));
  }

  #spread(name: string, parent: GraphQLNamedType): void {
    const fragment = this.#fragments.get(name);
    if (fragment === undefined) return;
    this.reached.set(name, fragment);
    this.#narrow(fragment, parent);
  }

  #narrow(
    fragment: Pick<FragmentDefinitionNode, 'selectionSet'> & {
      readonly typeCondition?: FragmentDefinitionNode['typeCondition'] | undefined;
    },
    parent: GraphQLNamedType,
  ): void {
    const name = fragment.typeCondition?.name.value;
    if (name !== undefined) this.conditions.push({ parent, name });
    const narrowed = name === undefined ? parent : this.#schema.getType(name);
    if (narrowed !== undefined) this.select(fragment.selectionSet, narrowed);
  }
}

/** Undefined: the type is no object and no interface, or has no such field. */
export function fieldOf(
  type: GraphQLNamedType | undefined,
  name: string,
): GraphQLField<unknown, unknown> | undefined {
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
}

interface Annotated {
  readonly astNode?: { readonly directives?: readonly DirectiveNode[] } | null | undefined;
}

/** How often, and with which arguments, the supergraph has a directive on something. */
export function directivesOf(of: Annotated | undefined, name: string): readonly JoinArguments[] {
  const directives = of?.astNode?.directives ?? [];
  return directives
    .filter((directive) => directive.name.value === name)
    .map(({ arguments: given = [] }) =>
      Object.fromEntries(
        given.map((each) => [each.name.value, 'value' in each.value ? each.value.value : 'given']),
      ),
    );
}

/** As text: names of graphs, `true`. */
export type JoinArguments = Readonly<Record<string, string | boolean | undefined>>;

const graphs = new WeakMap<GraphQLSchema, ReadonlyMap<string, string>>();

/** What `join__` directives call a subgraph: `PLAYBACK` for `playback`. */
export function graphOf(supergraph: GraphQLSchema, subgraph: string): string | undefined {
  const known = graphs.get(supergraph) ?? graphsOf(supergraph);
  graphs.set(supergraph, known);
  return known.get(subgraph);
}

function graphsOf(supergraph: GraphQLSchema): ReadonlyMap<string, string> {
  const type = supergraph.getType('join__Graph');
  const values = isEnumType(type) ? type.getValues() : [];
  return new Map(
    values.flatMap((value) =>
      directivesOf(value, 'join__graph').map(({ name }) => [String(name), value.name] as const),
    ),
  );
}
