import {
  buildASTSchema,
  type DefinitionNode,
  DirectiveLocation,
  type GraphQLSchema,
  isTypeDefinitionNode,
  isTypeExtensionNode,
  Kind,
  type OperationTypeDefinitionNode,
  parse,
  type TypeDefinitionNode,
  type TypeExtensionNode,
  validateSchema,
} from 'graphql';

/** Every subgraph has it, and its SDL need not say so; a schema without a query is none. */
const service = parse('type _Service { sdl: String } type Query { _service: _Service! }');

/**
 * The schema of a subgraph, of what `{ _service { sdl } }` answers: of either version of federation.
 * Only directives of operations are in it: what those of schemas are called, and where they may stand,
 * composition looks at.
 *
 * Errors: throws for what is no schema even so.
 */
export function subgraphSchema(sdl: string): GraphQLSchema {
  const { definitions } = parse(sdl);
  const types = definedOf(definitions);
  const known = new Set(types.map(({ name }) => name.value));
  const spare = service.definitions
    .filter(isTypeDefinitionNode)
    .filter(({ name }) => !known.has(name.value));
  const schema = buildASTSchema(
    {
      kind: Kind.DOCUMENT,
      definitions: [
        ...rootsOf(definitions),
        ...definitions.filter(isOfOperations),
        ...types,
        ...spare,
      ],
    },
    { assumeValidSDL: true },
  );
  const [wrong] = validateSchema(schema);
  if (wrong !== undefined) throw wrong;
  return schema;
}

/** Where root types have names of their own. */
function rootsOf(definitions: readonly DefinitionNode[]): readonly DefinitionNode[] {
  const operationTypes = definitions.flatMap((each): readonly OperationTypeDefinitionNode[] =>
    each.kind === Kind.SCHEMA_DEFINITION || each.kind === Kind.SCHEMA_EXTENSION
      ? (each.operationTypes ?? [])
      : [],
  );
  return operationTypes.length === 0 ? [] : [{ kind: Kind.SCHEMA_DEFINITION, operationTypes }];
}

function isOfOperations(definition: DefinitionNode): boolean {
  return (
    definition.kind === Kind.DIRECTIVE_DEFINITION &&
    definition.locations.some(({ value }) => operationLocations.includes(value))
  );
}

const operationLocations: readonly string[] = [
  DirectiveLocation.QUERY,
  DirectiveLocation.MUTATION,
  DirectiveLocation.SUBSCRIPTION,
  DirectiveLocation.FIELD,
  DirectiveLocation.FRAGMENT_DEFINITION,
  DirectiveLocation.FRAGMENT_SPREAD,
  DirectiveLocation.INLINE_FRAGMENT,
  DirectiveLocation.VARIABLE_DEFINITION,
];

/** What is extended is defined in another subgraph, or a root type: here it is all there is of it. */
function definedOf(
  definitions: readonly DefinitionNode[],
): readonly (TypeDefinitionNode | TypeExtensionNode)[] {
  const defined = new Set(definitions.filter(isTypeDefinitionNode).map(({ name }) => name.value));
  return definitions.flatMap((each): (TypeDefinitionNode | TypeExtensionNode)[] => {
    if (isTypeDefinitionNode(each)) return [each];
    if (!isTypeExtensionNode(each)) return [];
    if (defined.has(each.name.value)) return [each];
    defined.add(each.name.value);
    return [{ ...each, kind: definitionKinds[each.kind] } as TypeDefinitionNode];
  });
}

const definitionKinds = {
  [Kind.SCALAR_TYPE_EXTENSION]: Kind.SCALAR_TYPE_DEFINITION,
  [Kind.OBJECT_TYPE_EXTENSION]: Kind.OBJECT_TYPE_DEFINITION,
  [Kind.INTERFACE_TYPE_EXTENSION]: Kind.INTERFACE_TYPE_DEFINITION,
  [Kind.UNION_TYPE_EXTENSION]: Kind.UNION_TYPE_DEFINITION,
  [Kind.ENUM_TYPE_EXTENSION]: Kind.ENUM_TYPE_DEFINITION,
  [Kind.INPUT_OBJECT_TYPE_EXTENSION]: Kind.INPUT_OBJECT_TYPE_DEFINITION,
} as const;
