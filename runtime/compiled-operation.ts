import { type ExecutionResult, type GraphQLSchema, Kind, parse, separateOperations } from 'graphql';
import { compileQuery, isCompiledQuery } from 'graphql-jit';
import { judgeDocument } from './compilable-document.ts';
import { CompiledErrors } from './compiled-errors.ts';
import { variableDefaults } from './input-defaults.ts';
import { NotCompilable } from './not-compilable.ts';
import { SelectedFields } from './selected-fields.ts';

type Variables = Readonly<Record<string, unknown>>;

/** An operation as code, where that means the same as graphql-js running it. */
export interface CompiledOperation {
  /** With their defaults; undefined: graphql-js must run it with these. */
  fit(variables: Variables): Variables | undefined;
  /**
   * Without `data`: nothing has run, the variables do not fit.
   *
   * Errors: throws when a value that a resolver gave cannot be read; everything has run then.
   */
  run(variables: Variables, contextValue: unknown): Promise<ExecutionResult> | ExecutionResult;
}

/** undefined: graphql-js must run it. `schema` is one that `compilableSchema` gave. */
export function compileOperation(
  schema: GraphQLSchema,
  { text, operationName }: { text: string; operationName: string | undefined },
): CompiledOperation | undefined {
  try {
    const document = operationAlone(text, operationName);
    if (document === undefined) return undefined;
    const unfit = judgeDocument(schema, document);
    const definitions = document.definitions.flatMap((definition) =>
      definition.kind === Kind.OPERATION_DEFINITION ? (definition.variableDefinitions ?? []) : [],
    );
    const withDefaults = variableDefaults(schema, definitions);
    const compiled = compileQuery(schema, document, operationName ?? '', {
      // Errors are rebuilt, and their stacks say nothing of resolvers.
      disablingCapturingStackErrors: true,
    });
    if (!isCompiledQuery(compiled)) return undefined;
    const errors = new CompiledErrors({ fields: new SelectedFields(schema, document), text });
    return {
      fit(given) {
        const variables = withDefaults(given);
        const isUnfit =
          unfit.absent.some((name) => variables[name] === undefined) ||
          unfit.null.some((name) => variables[name] === null);
        return isUnfit ? undefined : variables;
      },
      run(variables, contextValue) {
        const result = compiled.query(undefined, contextValue, variables);
        return result instanceof Promise ? result.then(rebuilt) : rebuilt(result);
      },
    };
    function rebuilt(result: ExecutionResult): ExecutionResult {
      return result.errors === undefined ? result : errors.rebuild(result);
    }
  } catch (error) {
    if (error instanceof NotCompilable) return undefined;
    throw error;
  }
}

/** Parsed anew: compiling writes into the document. */
function operationAlone(text: string, operationName: string | undefined) {
  const alone = separateOperations(parse(text));
  return operationName === undefined ? Object.values(alone)[0] : alone[operationName];
}
