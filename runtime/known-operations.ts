import { type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  OperationTypeNode,
  parse,
  validate,
} from 'graphql';
import { BoundedMap } from './bounded-map.ts';
import { type CompiledOperation, compileOperation } from './compiled-operation.ts';
import { toGraphQLError } from './graphql-errors.ts';
import type { Logger } from './log.ts';
import { isRecord } from './parsed-json.ts';

/** The documents of a few clients, and a gateway's plans of them, are some hundreds. */
const documentsMax = 500;
/** Parsed, a document takes some 20 times its length: 80 MB are the most that strangers can fill. */
const documentLengthMax = 8 * 1024;

/** Compiling takes some 5 ms, and saves some 50 µs a run: what is asked once or twice is not worth it. */
const runsBeforeCompilingDefault = 20;

export type Variables = Readonly<Record<string, unknown>>;
type OperationName = string | null | undefined;

/** One query or mutation of a document that is valid here. Only who made it can run it. */
export interface KnownOperation {
  readonly text: string;
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  /** How often graphql-js has run it. */
  runs: number;
  /** null: graphql-js goes on running it, compiled it would mean something else. */
  compiled?: CompiledOperation | null;
}

export interface KnownOperationsOptions {
  schema: GraphQLSchema;
  /** The same schema, as `compilableSchema` gives it. @default graphql-js runs everything. */
  compilable?: GraphQLSchema | undefined;
  /** @default 20 */
  runsBeforeCompiling?: number;
  log: Logger;
}

interface OperationRequest {
  query: string;
  operationName?: string | null;
  variables?: Variables | null;
}

/** A document that is valid here, and its operations that were asked for. */
interface KnownDocument {
  readonly text: string;
  readonly document: DocumentNode;
  readonly operations: Map<string, KnownOperation>;
}

/**
 * Operations whose document is known to be valid, run without going through Apollo Server's request
 * pipeline: the one way in which a subgraph answers what it was asked before, whoever asks.
 *
 * Shape: knows the good case only. Whatever is unusual is answered null, before any resolver has run,
 * and goes to Apollo Server, which words every refusal. So both answer alike.
 */
export class KnownOperations<Context> {
  readonly #schema: GraphQLSchema;
  readonly #compilable: GraphQLSchema | undefined;
  readonly #runsBeforeCompiling: number;
  readonly #log: Logger;
  readonly #documents = new BoundedMap<KnownDocument>(documentsMax);

  constructor(options: KnownOperationsOptions) {
    this.#schema = options.schema;
    this.#compilable = options.compilable;
    this.#runsBeforeCompiling = options.runsBeforeCompiling ?? runsBeforeCompilingDefault;
    this.#log = options.log;
  }

  /**
   * By this Apollo Server tells which documents are valid, and runs those it has told of before. It formats
   * no error of such an answer, and calls no hook of an execution: `run` has done all there is to do.
   */
  get plugin(): ApolloServerPlugin {
    return {
      requestDidStart: async () => ({
        responseForOperation: async ({ source, document, request, contextValue }) => {
          const { operationName, variables } = request;
          const operation = this.find(source, operationName);
          if (operation === undefined) {
            if (source.length <= documentLengthMax) this.#keep(source, document);
            return null;
          }
          const singleResult = await this.run(operation, variables, contextValue as Context);
          if (singleResult === null) return null;
          return { http: { headers: new HeaderMap() }, body: { kind: 'single', singleResult } };
        },
      }),
    };
  }

  /**
   * For callers who need no refusal worded: gateways that have said who they are, and this process.
   * undefined: it is not valid here, or it is a subscription.
   */
  prepare(text: string, operationName?: string | null): KnownOperation | undefined {
    const known = this.find(text, operationName);
    if (known !== undefined || text.length > documentLengthMax) return known;
    const document = parsed(text);
    if (document === undefined || !isValid(this.#schema, document)) return undefined;
    return operationOf(this.#keep(text, document), operationName);
  }

  /** undefined: ask Apollo Server, which may never have seen it. */
  find(text: string, operationName?: string | null): KnownOperation | undefined {
    const known = this.#documents.get(text);
    return known && operationOf(known, operationName);
  }

  /**
   * The answer, its errors mapped for clients; null: nothing has run, because the variables do not fit.
   *
   * Errors: never rejects for what a resolver does.
   */
  async run(
    operation: KnownOperation,
    variables: Variables | null | undefined,
    contextValue: Context,
  ): Promise<FormattedExecutionResult | null> {
    const { errors, data } = await this.#result(operation, variables ?? {}, contextValue);
    // Without data nothing has run: a variable did not fit.
    if (data === undefined) return null;
    if (errors === undefined) return { data };
    return { errors: errors.map((error) => toGraphQLError(error, this.#log).toJSON()), data };
  }

  async #result(
    operation: KnownOperation,
    given: Variables,
    contextValue: Context,
  ): Promise<ExecutionResult> {
    const compiled = this.#compiled(operation);
    const variables = compiled?.fit(given);
    if (compiled == null || variables === undefined) {
      const { document, operationName } = operation;
      const args = { schema: this.#schema, document, contextValue, operationName };
      return execute({ ...args, variableValues: given });
    }
    try {
      return await compiled.run(variables, contextValue);
    } catch (error) {
      // What has run has run: it is not asked for a second time.
      return {
        data: null,
        errors: [new GraphQLError('unreadable', { originalError: asError(error) })],
      };
    }
  }

  #compiled(operation: KnownOperation): CompiledOperation | null {
    if (operation.compiled !== undefined) return operation.compiled;
    if (operation.runs < this.#runsBeforeCompiling) {
      operation.runs += 1;
      return null;
    }
    operation.compiled = this.#compile(operation);
    return operation.compiled;
  }

  /** What cannot be compiled for a reason that nobody thought of runs as before. */
  #compile(operation: KnownOperation): CompiledOperation | null {
    try {
      return (this.#compilable && compileOperation(this.#compilable, operation)) ?? null;
    } catch (error) {
      this.#log.error({ err: error }, 'an operation could not be compiled: graphql-js runs it');
      return null;
    }
  }

  /** The answer to a request's body, errors mapped for clients; null: ask Apollo Server. */
  async execute(
    body: unknown,
    contextOf: () => Promise<Context>,
  ): Promise<FormattedExecutionResult | null> {
    if (!isPlain(body)) return null;
    const operation = this.find(body.query, body.operationName);
    if (operation === undefined) return null;
    let contextValue: Context;
    try {
      contextValue = await contextOf();
    } catch {
      return null;
    }
    return this.run(operation, body.variables, contextValue);
  }

  #keep(text: string, document: DocumentNode): KnownDocument {
    const known = { text, document, operations: new Map<string, KnownOperation>() };
    this.#documents.set(text, known);
    return known;
  }
}

/** Made when it is first asked for; there are no more than the document has names, and one without. */
function operationOf(
  { text, document, operations }: KnownDocument,
  operationName: OperationName,
): KnownOperation | undefined {
  // To graphql an empty name is a name, which no operation has.
  if (operationName === '') return undefined;
  const key = operationName ?? '';
  const known = operations.get(key);
  if (known !== undefined) return known;
  const operation = getOperationAST(document, operationName);
  if (operation == null || operation.operation === OperationTypeNode.SUBSCRIPTION) return undefined;
  const made = { text, document, operationName: operationName ?? undefined, runs: 0 };
  operations.set(key, made);
  return made;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error), { cause: error });
}

/** Of a subscription's `@include` and `@skip`, graphql throws what it finds wrong. */
function isValid(schema: GraphQLSchema, document: DocumentNode): boolean {
  try {
    return validate(schema, document).length === 0;
  } catch (error) {
    if (error instanceof GraphQLError) return false;
    throw error;
  }
}

function parsed(text: string): DocumentNode | undefined {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

/** What nearly every request is; Apollo Server knows what to say to the others. */
function isPlain(body: unknown): body is OperationRequest {
  if (!isRecord(body)) return false;
  const { query, operationName, variables, extensions } = body;
  return (
    typeof query === 'string' &&
    (operationName == null || typeof operationName === 'string') &&
    (variables == null || isRecord(variables)) &&
    (extensions == null || (isRecord(extensions) && !Object.hasOwn(extensions, 'persistedQuery')))
  );
}
