import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  isScalarType,
  isSpecifiedScalarType,
  typeFromAST,
  type VariableDefinitionNode,
  valueFromAST,
} from 'graphql';
import { NotCompilable } from './not-compilable.ts';

type Fill = (value: unknown) => unknown;
type Variables = Readonly<Record<string, unknown>>;

/**
 * Writes the defaults into a request's variables, which graphql-jit does not do: those of variables, of
 * input fields, of fields within those. Walks only input types that have a default somewhere, or no field
 * that must be there.
 *
 * Shape: what it is given stays as it is, because Apollo Server may have to word why it does not fit.
 * Errors: throws NotCompilable for input types that graphql-jit does not check as graphql-js does.
 */
export function variableDefaults(
  schema: GraphQLSchema,
  definitions: readonly VariableDefinitionNode[],
): (variables: Variables) => Variables {
  const slots = definitions.flatMap((definition) => {
    const type = typeFromAST(schema, definition.type as never) as GraphQLInputType | undefined;
    if (!isInputType(type)) throw new NotCompilable();
    const name = definition.variable.name.value;
    return slotOf({ name, type, defaultValue: valueFromAST(definition.defaultValue, type) }, []);
  });
  return slots.length === 0 ? (variables) => variables : (given) => filled(given, slots);
}

/** A variable or an input field that may have to be filled. */
interface Slot {
  name: string;
  /** As a client would have sent it; undefined: it has no default. */
  initial: unknown;
  fill: Fill | undefined;
}

interface Input {
  name: string;
  type: GraphQLInputType;
  defaultValue?: unknown;
}

function slotOf({ name, type, defaultValue }: Input, within: readonly string[]): [] | [Slot] {
  const fill = fillerOf(type, within);
  if (defaultValue === undefined && fill === undefined) return [];
  const initial = defaultValue === undefined ? undefined : externalOf(defaultValue, type);
  return [{ name, initial: fill === undefined ? initial : fill(initial), fill }];
}

function fillerOf(type: GraphQLInputType, within: readonly string[]): Fill | undefined {
  if (isNonNullType(type)) return fillerOf(type.ofType, within);
  if (isListType(type)) {
    const fill = fillerOf(type.ofType, within);
    return fill && ((value) => (Array.isArray(value) ? mapped(value, fill) : fill(value)));
  }
  if (!isInputObjectType(type)) return undefined;
  // Compiled code checks neither of them: the first it cannot write down, the second it does not know.
  if (within.includes(type.name) || type.isOneOf) throw new NotCompilable();
  const fields = Object.values(type.getFields());
  const slots = fields.flatMap((field) => slotOf(field, [...within, type.name]));
  const isEmptyFit = !fields.some(isRequiredInputField);
  if (slots.length === 0 && !isEmptyFit) return undefined;
  return (value) => {
    if (typeof value !== 'object' || value === null) return value;
    return Array.isArray(value) ? refused : filled(value as Variables, slots);
  };
}

/** In place of an empty list, which compiled code takes for an object without fields. */
const refused = 0;

/** The object itself if it lacks nothing. */
function filled(given: Variables, slots: readonly Slot[]): Variables {
  let copy: Record<string, unknown> | undefined;
  for (const { name, initial, fill } of slots) {
    const value = given[name];
    const wanted = value === undefined ? initial : (fill?.(value) ?? value);
    if (wanted === value) continue;
    copy ??= { ...given };
    copy[name] = wanted;
  }
  return copy ?? given;
}

function mapped(list: readonly unknown[], fill: Fill): readonly unknown[] {
  let copy: unknown[] | undefined;
  list.forEach((value, index) => {
    const wanted = fill(value);
    if (wanted === value) return;
    copy ??= [...list];
    copy[index] = wanted;
  });
  return copy ?? list;
}

/** A default as it would have been sent: compiled code reads it like everything else that was sent. */
function externalOf(value: unknown, type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return externalOf(value, type.ofType);
  if (value === null) return null;
  if (isListType(type)) {
    return Array.isArray(value) ? value.map((item) => externalOf(item, type.ofType)) : value;
  }
  if (isInputObjectType(type)) return externalFields(value as Variables, type);
  // What it serializes to need not be what it parses to the same value.
  if (isScalarType(type) && !isSpecifiedScalarType(type)) throw new NotCompilable();
  return type.serialize(value);
}

function externalFields(value: Variables, type: GraphQLInputObjectType): Variables {
  const fields = type.getFields();
  const entries = Object.entries(value).map(([name, each]) => {
    const field = fields[name];
    return [name, field === undefined ? each : externalOf(each, field.type)];
  });
  return Object.fromEntries(entries);
}
