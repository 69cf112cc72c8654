import {
  defaultTypeResolver,
  type GraphQLFieldResolver,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLScalarType,
  type GraphQLSchema,
  type GraphQLTypeResolver,
  getNullableType,
  isAbstractType,
  isIntrospectionType,
  isListType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
} from 'graphql';

/**
 * Makes a schema of its own fit for graphql-jit, which does not expect what graphql-js takes: a rejected
 * promise within a list (it moves the other items), a `resolveType` that throws (the request would never
 * be answered), a scalar that serializes to nothing.
 *
 * Shape: changes the schema, which nobody else may execute. undefined: nothing of it can be compiled.
 * Fields without a resolver are read as plain properties: neither functions nor promises.
 */
export function compilableSchema(schema: GraphQLSchema): GraphQLSchema | undefined {
  const types = Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type));
  const objects = types.filter((type) => isObjectType(type));
  const fields = objects.flatMap((type) =>
    Object.values(type.getFields()).map((field) => ({ field, name: `${type.name}${field.name}` })),
  );
  // By such a name compiled code calls a resolver.
  const isAmbiguous = new Set(fields.map(({ name }) => name)).size < fields.length;
  if (isAmbiguous || objects.some(({ isTypeOf }) => isTypeOf != null)) return undefined;
  for (const { field } of fields) {
    const { resolve, type } = field;
    if (resolve && isListType(getNullableType(type))) {
      field.resolve = withSettledItems(resolve, type);
    }
  }
  for (const type of types) guard(type);
  return schema;
}

function guard(type: GraphQLNamedType): void {
  if (isAbstractType(type)) {
    type.resolveType = withoutFault(type.resolveType ?? defaultTypeResolver, type);
  }
  if (isScalarType(type) && !isSpecifiedScalarType(type)) type.serialize = serializer(type);
}

type Resolver = GraphQLFieldResolver<unknown, unknown>;

function withSettledItems(resolve: Resolver, type: GraphQLOutputType): Resolver {
  return (...args) => {
    const list = resolve(...args);
    return isPromise(list) ? list.then((items) => settled(items, type)) : settled(list, type);
  };
}

/** A list without promises: an item that was rejected is an Error, which graphql takes for the same. */
function settled(value: unknown, type: GraphQLOutputType): unknown {
  const nullable = getNullableType(type);
  if (!isListType(nullable) || !isList(value)) return value;
  const items = [...value].map((item: unknown) =>
    isPromise(item)
      ? item.then((each) => settled(each, nullable.ofType), asError)
      : settled(item, nullable.ofType),
  );
  return items.some(isPromise) ? Promise.all(items) : items;
}

function isList(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason), { cause: reason });
}

type TypeResolver = GraphQLTypeResolver<unknown, unknown>;

/** Without a type the value is an error, as it is in graphql-js when nobody can tell the type. */
function withoutFault(resolveType: TypeResolver, type: Parameters<TypeResolver>[3]): TypeResolver {
  return (value, context, info) => {
    try {
      const name = resolveType(value, context, info, type);
      return typeof name === 'string' ? name : undefined;
    } catch {
      return undefined;
    }
  };
}

function serializer(type: GraphQLScalarType): GraphQLScalarType['serialize'] {
  const serialize = type.serialize.bind(type);
  return (value) => {
    const serialized = serialize(value);
    if (serialized == null) throw new Error(`${type.name} serializes to nothing.`);
    // JSON makes a null of it, and graphql-js leaves that to JSON.
    return Number.isNaN(serialized) ? null : serialized;
  };
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
