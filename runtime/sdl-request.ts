import {
  type FieldNode,
  type GraphQLSchema,
  graphql,
  Kind,
  OperationTypeNode,
  parse,
} from 'graphql';

/** `{ _service { sdl } }`, named and with a variable or two to spare. */
const tokensMax = 24;

/**
 * The answer to a request's body that asks for the subgraph's SDL and nothing else, as composition does;
 * null for anything else.
 *
 * Cost: reads `tokensMax` tokens of a document, at most.
 */
export async function answerSdlRequest(
  schema: GraphQLSchema,
  body: unknown,
): Promise<object | null> {
  const { query } = (body ?? {}) as { query?: unknown };
  if (typeof query !== 'string' || !asksForSdl(query)) return null;
  return graphql({ schema, source: query });
}

function asksForSdl(query: string): boolean {
  try {
    const [operation, ...others] = parse(query, { maxTokens: tokensMax }).definitions;
    if (operation?.kind !== Kind.OPERATION_DEFINITION || others.length > 0) return false;
    const fields = operation.selectionSet.selections;
    return operation.operation === OperationTypeNode.QUERY && fields.every(isService);
  } catch {
    return false;
  }
}

function isService(selection: { kind: Kind }): boolean {
  return selection.kind === Kind.FIELD && (selection as FieldNode).name.value === '_service';
}
