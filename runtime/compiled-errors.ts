import {
  type ExecutionResult,
  GraphQLError,
  type GraphQLOutputType,
  isListType,
  isNonNullType,
  Source,
} from 'graphql';
import type { Scope, SelectedField, SelectedFields } from './selected-fields.ts';

type Key = string | number;

/**
 * Errors of compiled code as graphql-js has them: with their place in the document, and one for each
 * place that is null because of something below.
 */
export class CompiledErrors {
  readonly #fields: SelectedFields;
  readonly #source: Source;
  readonly #lineStarts: readonly number[];

  constructor(options: { fields: SelectedFields; text: string }) {
    this.#fields = options.fields;
    this.#source = new Source(options.text);
    const breaks = [...options.text.matchAll(/\r\n|[\n\r]/g)];
    this.#lineStarts = [0, ...breaks.map((each) => each.index + each[0].length)];
  }

  rebuild({ data, errors = [] }: ExecutionResult): ExecutionResult {
    if (data === undefined) return { errors };
    /** Places that something below made null. */
    const told = new Set<string>();
    const kept = errors.filter(({ path = [] }) => {
      const place = this.#madeNull(path);
      if (place === undefined) return true;
      const key = place.join('.');
      return !told.has(key) && told.add(key);
    });
    return { data, errors: kept.map((error) => this.#rebuilt(error)) };
  }

  #rebuilt(error: GraphQLError): GraphQLError {
    const { originalError, locations = [], path } = error;
    if (originalError instanceof GraphQLError && originalError.path !== undefined) {
      return originalError;
    }
    return new GraphQLError(error.message, {
      source: this.#source,
      positions: locations.map(
        ({ line, column }) => (this.#lineStarts[line - 1] as number) + column - 1,
      ),
      path: path ?? null,
      originalError: originalError instanceof Error ? originalError : null,
    });
  }

  /** The place above that an error at `path` makes null; undefined: `path` itself may be null. */
  #madeNull(path: readonly Key[]): readonly Key[] | undefined {
    const types = this.#typesAt(path);
    const last = types.at(-1);
    if (last === undefined || !isNonNullType(last)) return undefined;
    return path.slice(0, types.findLastIndex((type) => !isNonNullType(type)) + 1);
  }

  /**
   * Of each key of a path. Fields of one name are alike in whether they may be null, whatever the type of
   * the object (validation sees to that), so that any of them will do.
   */
  #typesAt(path: readonly Key[]): readonly GraphQLOutputType[] {
    const types: GraphQLOutputType[] = [];
    let scopes = this.#fields.root === undefined ? [] : [this.#fields.root];
    for (const key of path) {
      if (typeof key === 'number') {
        const type = types.at(-1);
        const list = isNonNullType(type) ? type.ofType : type;
        if (isListType(list)) types.push(list.ofType);
        continue;
      }
      const found = scopes.flatMap((scope) => this.#named(key, scope));
      const type = found[0]?.type;
      if (type === undefined) break;
      types.push(type);
      scopes = found.flatMap((field) => this.#fields.below(field) ?? []);
    }
    return types;
  }

  #named(key: string, scope: Scope): SelectedField[] {
    return [...this.#fields.in(scope)].filter(
      ({ node }) => (node.alias ?? node.name).value === key,
    );
  }
}
