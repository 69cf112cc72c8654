import {
  type ConstValueNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  GraphQLIncludeDirective,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  getNullableType,
  getOperationAST,
  getVariableValues,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { BoundedMap } from '../runtime/bounded-map.ts';

/** One operation of a document that passed validation, with the variables that came with it. */
export interface CostedOperation {
  document: DocumentNode;
  operationName?: string | null | undefined;
  variableValues?: Readonly<Record<string, unknown>> | null | undefined;
}

/**
 * What an operation may cost at the most, before any of it runs; undefined when there is no such
 * operation, or its variables do not fit: whoever executes it says so better.
 *
 * Errors: GraphQLError for a null in the place of a default: it fits its variable, and no argument.
 */
export type CostEstimator = (operation: CostedOperation) => number | undefined;

/** Items of a list that says nothing of its size: no subgraph of ours has one, another team's may. */
const listSizeDefault = 10;

/**
 * Counts what an operation may come to: 1 for each object, `@cost` in its place, times the items of the
 * lists around it by `@listSize`. Fragments count where they are spread, a field under two aliases twice,
 * lists with the numbers that the variables hold; what `@skip` and `@include` leave out does not count.
 *
 * Shape: the sum over the fields of an object of `size × (weight + what is selected in an item)`. So does
 * Apollo's router; of alternatives (`... on Movie`, `... on Episode`) it counts all and not the dearest.
 * Cost: a walk over the operation, once for each set of numbers that lists may be asked for with; of a
 * heartbeat once.
 */
export function createCostEstimator(schema: GraphQLSchema): CostEstimator {
  const estimates = new WeakMap<OperationDefinitionNode, BoundedMap<number>>();
  return ({ document, operationName, variableValues }) => {
    const operation = getOperationAST(document, operationName);
    if (operation == null) return undefined;
    const inputs = variableValues ?? {};
    const known = estimates.get(operation) ?? new BoundedMap<number>(estimatesMax);
    estimates.set(operation, known);
    const key = decisiveOf(operation, inputs);
    const estimate = known.get(key) ?? new Walk(schema, { document, operation, inputs }).cost();
    if (estimate !== undefined) known.set(key, estimate);
    return estimate;
  };
}

/**
 * The most that an operation may cost with whatever variables it comes: nothing is left out by them.
 * Undefined where a list's size hangs on one.
 */
export function costBound(
  schema: GraphQLSchema,
  { document, operationName }: Omit<CostedOperation, 'variableValues'>,
): number | undefined {
  const operation = getOperationAST(document, operationName);
  if (operation == null) return undefined;
  return new Walk(schema, { document, operation, inputs: undefined }).cost();
}

/** Lengths of lists that clients ask for with one document, and then some. */
const estimatesMax = 100;

/** All that may decide a cost: sizes are `Int`, what is left out is `Boolean`. */
function decisiveOf(
  { variableDefinitions = [] }: OperationDefinitionNode,
  inputs: Readonly<Record<string, unknown>>,
): string {
  const decisive = variableDefinitions.filter(({ type }) => {
    const named = type.kind === Kind.NON_NULL_TYPE ? type.type : type;
    return named.kind === Kind.NAMED_TYPE && decisiveTypes.includes(named.name.value);
  });
  return decisive.length === 0
    ? ''
    : JSON.stringify(decisive.map(({ variable }) => decisiveValue(inputs, variable.name.value)));
}

/** Short, whatever was sent: what is neither number nor truth value is refused, or decides nothing. */
function decisiveValue(inputs: Readonly<Record<string, unknown>>, name: string): unknown {
  if (!Object.hasOwn(inputs, name)) return 'absent';
  const value = inputs[name];
  return value === null || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : 'unfit';
}

const decisiveTypes: readonly string[] = ['Int', 'Boolean'];

class UnfitVariables extends Error {}

interface Annotations {
  weight: number | undefined;
  assumedSize: number | undefined;
  slicingArguments: readonly string[];
  sizedFields: readonly string[];
}

/** Sizes of the lists in an object that the field which led to it decides. */
type Sizes = ReadonlyMap<string, number>;
const noSizes: Sizes = new Map();

class Walk {
  readonly #schema: GraphQLSchema;
  readonly #operation: OperationDefinitionNode;
  /** Undefined: any. */
  readonly #inputs: Readonly<Record<string, unknown>> | undefined;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  #variables: Record<string, unknown> | undefined;

  constructor(
    schema: GraphQLSchema,
    of: {
      document: DocumentNode;
      operation: OperationDefinitionNode;
      inputs: Readonly<Record<string, unknown>> | undefined;
    },
  ) {
    this.#schema = schema;
    this.#operation = of.operation;
    this.#inputs = of.inputs;
    const definitions = of.document.definitions.filter(
      (definition) => definition.kind === Kind.FRAGMENT_DEFINITION,
    );
    this.#fragments = new Map(definitions.map((fragment) => [fragment.name.value, fragment]));
  }

  /** Undefined when the variables do not fit. */
  cost(): number | undefined {
    const root = this.#schema.getRootType(this.#operation.operation);
    try {
      return root == null ? undefined : this.#costOf(this.#operation.selectionSet, root);
    } catch (error) {
      if (error instanceof UnfitVariables) return undefined;
      throw error;
    }
  }

  #costOf(set: SelectionSetNode, type: GraphQLNamedType, sizes = noSizes): number {
    return set.selections.reduce(
      (sum, selection) => sum + this.#costOfSelection(selection, type, sizes),
      0,
    );
  }

  #costOfSelection(selection: SelectionNode, type: GraphQLNamedType, sizes: Sizes): number {
    if (this.#isLeftOut(selection)) return 0;
    if (selection.kind === Kind.FIELD) return this.#costOfField(selection, type, sizes);
    const fragment =
      selection.kind === Kind.INLINE_FRAGMENT
        ? selection
        : this.#fragments.get(selection.name.value);
    if (fragment === undefined) return 0;
    const condition = fragment.typeCondition?.name.value;
    const narrowed = condition === undefined ? type : this.#schema.getType(condition);
    return narrowed === undefined ? 0 : this.#costOf(fragment.selectionSet, narrowed, sizes);
  }

  #costOfField(node: FieldNode, parent: GraphQLNamedType, sizes: Sizes): number {
    const field = fieldOf(parent, node.name.value);
    if (field === undefined) return 0;
    const annotations = annotationsOf(field);
    const named = getNamedType(field.type);
    const weight = annotations.weight ?? weightOf(named);
    const slice = this.#sliceOf(node, field, annotations);
    const inner =
      node.selectionSet === undefined
        ? 0
        : this.#costOf(node.selectionSet, named, sizesOf(annotations, slice));
    return countOf(field.type, sizes.get(field.name) ?? slice) * (weight + inner);
  }

  /** How many items this field's arguments ask for. */
  #sliceOf(
    node: FieldNode,
    field: GraphQLField<unknown, unknown>,
    { slicingArguments, assumedSize }: Annotations,
  ): number | undefined {
    if (slicingArguments.length === 0) return assumedSize;
    const isVariable = node.arguments?.some(
      ({ name, value }) => slicingArguments.includes(name.value) && value.kind === Kind.VARIABLE,
    );
    const given = getArgumentValues(
      // The others may be of any form: only what decides the size is read.
      { ...field, args: field.args.filter(({ name }) => slicingArguments.includes(name)) },
      node,
      isVariable ? this.#readVariables() : undefined,
    );
    const asked = Object.values(given).filter((value) => typeof value === 'number');
    return asked.length === 0 ? assumedSize : Math.max(0, ...asked);
  }

  #isLeftOut(selection: SelectionNode): boolean {
    if (selection.directives === undefined || selection.directives.length === 0) return false;
    if (this.#inputs === undefined) return false;
    const variables = this.#readVariables();
    const skip = getDirectiveValues(GraphQLSkipDirective, selection, variables);
    if (skip?.if === true) return true;
    return getDirectiveValues(GraphQLIncludeDirective, selection, variables)?.if === false;
  }

  /** With their defaults; read once, and only where they matter. */
  #readVariables(): Record<string, unknown> {
    if (this.#variables !== undefined) return this.#variables;
    if (this.#inputs === undefined) throw new UnfitVariables();
    const definitions = this.#operation.variableDefinitions ?? [];
    const { coerced } = getVariableValues(this.#schema, definitions, this.#inputs, {
      maxErrors: 1,
    });
    if (coerced === undefined) throw new UnfitVariables();
    this.#variables = coerced;
    return coerced;
  }
}

/** Fields of introspection are none of a type's own, and cost nothing: production has none. */
function fieldOf(type: GraphQLNamedType, name: string): GraphQLField<unknown, unknown> | undefined {
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
}

/** 1 for an object, nothing for a value, unless its type says otherwise. */
function weightOf(type: GraphQLNamedType): number {
  const own = isAbstractType(type) ? undefined : argumentsOf(type.astNode, 'cost')?.weight;
  return own === undefined ? Number(isCompositeType(type)) : (numberOf(own) ?? 0);
}

function countOf(type: GraphQLOutputType, size: number | undefined): number {
  return isListType(getNullableType(type)) ? (size ?? listSizeDefault) : 1;
}

function sizesOf({ sizedFields }: Annotations, slice: number | undefined): Sizes {
  if (sizedFields.length === 0 || slice === undefined) return noSizes;
  return new Map(sizedFields.map((name) => [name, slice]));
}

const kept = new WeakMap<GraphQLField<unknown, unknown>, Annotations>();

function annotationsOf(field: GraphQLField<unknown, unknown>): Annotations {
  const known = kept.get(field);
  if (known !== undefined) return known;
  const listSize = argumentsOf(field.astNode, 'listSize');
  const annotations = {
    weight: numberOf(argumentsOf(field.astNode, 'cost')?.weight),
    assumedSize: numberOf(listSize?.assumedSize),
    slicingArguments: textsOf(listSize?.slicingArguments),
    sizedFields: textsOf(listSize?.sizedFields),
  };
  kept.set(field, annotations);
  return annotations;
}

interface Annotated {
  readonly directives?: readonly {
    name: { value: string };
    arguments?: readonly { name: { value: string }; value: ConstValueNode }[];
  }[];
}

/** As the supergraph has them: no directive of the schema's own need be defined for it. */
function argumentsOf(
  node: Annotated | null | undefined,
  name: string,
): Record<string, ConstValueNode | undefined> | undefined {
  const directive = node?.directives?.find((each) => each.name.value === name);
  return (
    directive &&
    Object.fromEntries((directive.arguments ?? []).map((each) => [each.name.value, each.value]))
  );
}

function numberOf(value: ConstValueNode | undefined): number | undefined {
  return value?.kind === Kind.INT || value?.kind === Kind.FLOAT ? Number(value.value) : undefined;
}

function textsOf(value: ConstValueNode | undefined): readonly string[] {
  if (value?.kind !== Kind.LIST) return [];
  return value.values.flatMap((each) => (each.kind === Kind.STRING ? [each.value] : []));
}
