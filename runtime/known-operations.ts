import type { ApolloServerPlugin } from '@apollo/server';
import {
  type DocumentNode,
  execute,
  type FormattedExecutionResult,
  type GraphQLSchema,
  getOperationAST,
  OperationTypeNode,
  parse,
  validate,
} from 'graphql';
import { BoundedMap } from './bounded-map.ts';
import { toGraphQLError } from './graphql-errors.ts';
import type { Logger } from './log.ts';

/** The documents of a few clients, and a gateway's plans of them, are some hundreds. */
const documentsMax = 500;
/** Parsed, a document takes some 20 times its length: 80 MB are the most that strangers can fill. */
const documentLengthMax = 8 * 1024;

/** An operation that is valid here. */
export interface KnownOperation {
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
}

interface OperationRequest {
  query: string;
  operationName?: string | null;
  variables?: Record<string, unknown> | null;
}

/**
 * Operations whose document Apollo Server has parsed and validated before, run by graphql's own
 * `execute` without going through its request pipeline again.
 *
 * Shape: knows the good case only. Whatever is unusual is answered null, before any resolver has run,
 * and goes to Apollo Server, which words every refusal. So both answer alike.
 */
export class KnownOperations<Context> {
  readonly #schema: GraphQLSchema;
  readonly #log: Logger;
  readonly #documents = new BoundedMap<DocumentNode>(documentsMax);

  constructor(options: { schema: GraphQLSchema; log: Logger }) {
    this.#schema = options.schema;
    this.#log = options.log;
  }

  /** By this Apollo Server tells which documents are valid. */
  get plugin(): ApolloServerPlugin {
    return {
      requestDidStart: async () => ({
        didResolveOperation: async ({ source, document }) => {
          if (source.length <= documentLengthMax) this.#documents.set(source, document);
        },
      }),
    };
  }

  /** Undefined: it is not valid here, or has more than one answer. For callers that are believed. */
  prepare(text: string, operationName?: string): KnownOperation | undefined {
    try {
      const document = parse(text);
      const isValid = validate(this.#schema, document).length === 0;
      return isValid && isOnce(document, operationName) ? { document, operationName } : undefined;
    } catch {
      return undefined;
    }
  }

  /** Null: nothing has run, because the variables do not fit. */
  async run(
    { document, operationName }: KnownOperation,
    variableValues: Record<string, unknown> | undefined,
    contextValue: Context,
  ): Promise<FormattedExecutionResult | null> {
    const args = { schema: this.#schema, document, contextValue };
    const { errors, data } = await execute({ ...args, operationName, variableValues });
    if (data === undefined) return null;
    if (errors === undefined) return { data };
    return { errors: errors.map((error) => toGraphQLError(error, this.#log).toJSON()), data };
  }

  /** The answer to a request's body, errors mapped for clients; null: ask Apollo Server. */
  async execute(
    body: unknown,
    contextOf: () => Promise<Context>,
  ): Promise<FormattedExecutionResult | null> {
    if (!isPlain(body)) return null;
    const { query, operationName, variables } = body;
    const document = this.#documents.get(query);
    if (document === undefined || !isOnce(document, operationName)) return null;
    const contextValue = await contextOf().catch(() => undefined);
    if (contextValue === undefined) return null;
    const args = { schema: this.#schema, document, contextValue };
    const result = await execute({ ...args, operationName, variableValues: variables });
    const { errors, data } = result;
    // Without data nothing has run: a variable did not fit.
    if (data === undefined) return null;
    if (errors === undefined) return { data };
    return { errors: errors.map((error) => toGraphQLError(error, this.#log).toJSON()), data };
  }
}

/** What nearly every request is; Apollo Server knows what to say to the others. */
function isPlain(body: unknown): body is OperationRequest {
  if (!isRecord(body)) return false;
  const { query, operationName, variables, extensions } = body as Record<string, unknown>;
  return (
    typeof query === 'string' &&
    (operationName == null || typeof operationName === 'string') &&
    (variables == null || isRecord(variables)) &&
    (extensions == null || (isRecord(extensions) && !Object.hasOwn(extensions, 'persistedQuery')))
  );
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether the operation is there and is one that has a single answer. */
function isOnce(document: DocumentNode, operationName: string | null | undefined): boolean {
  const operation = getOperationAST(document, operationName);
  return operation != null && operation.operation !== OperationTypeNode.SUBSCRIPTION;
}
