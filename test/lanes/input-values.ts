import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
} from 'graphql';
import type { Chance } from '../support/chance.ts';

/** A value as JSON; what it is printed as in a document depends on its type. */
export type InputValue =
  | string
  | number
  | boolean
  | null
  | InputValue[]
  | { [name: string]: InputValue };

/** What clients have seen go wrong in texts: quotes, escapes, signs of two code units and of many. */
const strings: readonly string[] = [
  'film',
  'mov_1',
  '',
  'a "quoted" word',
  'back\\slash and \n line',
  '🎬 👩‍🚀 – é',
  '$variable { field }',
  '"errors":[{"message":"no error at all"}],"extensions":{}',
];
const ints: readonly number[] = [0, 1, 2, 3, 20, -1, 100, 2_147_483_647];
const floats: readonly number[] = [0, 0.5, 1, -2.25, 1e21, 3];

const valueOfScalar: Readonly<Record<string, (chance: Chance) => InputValue>> = {
  Int: (chance) => chance.pick(ints),
  Float: (chance) => chance.pick(floats),
  Boolean: (chance) => chance.of(0.5),
  String: (chance) => chance.pick(strings),
  ID: (chance) => (chance.of(0.8) ? chance.pick(strings) : chance.pick(ints)),
  DateTime: () => '2026-11-23T17:00:00.000Z',
};

/** A value that fits the type. */
export function inputOf(type: GraphQLInputType, chance: Chance): InputValue {
  if (isNonNullType(type)) return presentInputOf(type.ofType, chance);
  return chance.of(0.1) ? null : presentInputOf(type, chance);
}

function presentInputOf(type: GraphQLInputType, chance: Chance): InputValue {
  if (isListType(type)) {
    return Array.from({ length: chance.below(3) }, () => inputOf(type.ofType, chance));
  }
  if (isEnumType(type)) return chance.pick(type.getValues()).name;
  if (isInputObjectType(type)) return objectOf(type, chance);
  const scalar = isNonNullType(type) ? '' : type.name;
  const draw = valueOfScalar[scalar] ?? freeValue;
  return draw(chance);
}

/** For a scalar that says nothing of its form. */
function freeValue(chance: Chance): InputValue {
  const text = chance.pick(strings);
  return chance.pick<InputValue>([
    text,
    chance.pick(ints),
    { a: [1, text], b: { c: true } },
    [text],
  ]);
}

function objectOf(type: GraphQLInputObjectType, chance: Chance): InputValue {
  const fields = Object.values(type.getFields());
  if (type.isOneOf) {
    const field = chance.pick(fields);
    return { [field.name]: presentInputOf(field.type, chance) };
  }
  const given = fields.filter((field) => isRequiredInputField(field) || chance.of(0.5));
  return Object.fromEntries(given.map((field) => [field.name, inputOf(field.type, chance)]));
}

/** As it stands in a document. */
export function printedValue(value: InputValue, type: GraphQLInputType): string {
  if (value === null) return 'null';
  if (isNonNullType(type)) return printedValue(value, type.ofType);
  if (isListType(type)) {
    const items = Array.isArray(value) ? value : [value];
    return `[${items.map((item) => printedValue(item, type.ofType)).join(', ')}]`;
  }
  if (isEnumType(type)) return String(value);
  if (isInputObjectType(type)) {
    const fields = type.getFields();
    const parts = Object.entries(value as Record<string, InputValue>).map(
      ([name, part]) => `${name}: ${printedValue(part, fields[name]?.type ?? type)}`,
    );
    return `{ ${parts.join(', ')} }`;
  }
  return printedFreely(value);
}

function printedFreely(value: InputValue): string {
  if (Array.isArray(value)) return `[${value.map(printedFreely).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const parts = Object.entries(value).map(([name, part]) => `${name}: ${printedFreely(part)}`);
    return `{ ${parts.join(', ')} }`;
  }
  return JSON.stringify(value);
}

/** Names that a subgraph knows and clients must not: what somebody would try. */
export interface HiddenInputs {
  /** By the name of the input type. */
  readonly fields: ReadonlyMap<string, ReadonlyMap<string, GraphQLInputType>>;
  /** By the name of the enum. */
  readonly values: ReadonlyMap<string, readonly string[]>;
}

/** What the subgraphs take and the public schema does not show. */
export function hiddenInputsOf(
  api: GraphQLSchema,
  subgraphs: readonly GraphQLSchema[],
): HiddenInputs {
  const fields = new Map<string, Map<string, GraphQLInputType>>();
  const values = new Map<string, readonly string[]>();
  for (const type of subgraphs.flatMap((schema) => Object.values(schema.getTypeMap()))) {
    const shown = api.getType(type.name);
    if (isInputObjectType(type) && isInputObjectType(shown)) {
      const hidden = new Map(fields.get(type.name));
      for (const field of fieldsBeyond(shown, type)) hidden.set(field.name, field.type);
      fields.set(type.name, hidden);
    }
    if (isEnumType(type) && isEnumType(shown)) {
      const names = type.getValues().map(({ name }) => name);
      values.set(
        type.name,
        names.filter((name) => shown.getValue(name) === undefined),
      );
    }
  }
  return { fields, values };
}

function fieldsBeyond(shown: GraphQLInputObjectType, type: GraphQLInputObjectType) {
  const names = Object.keys(shown.getFields());
  return Object.values(type.getFields()).filter(({ name }) => !names.includes(name));
}

/** How a value is made unfit. */
interface Spoiling {
  readonly chance: Chance;
  readonly hidden: HiddenInputs;
}

/** The value made unfit in one place, or fit for a subgraph only. */
export function spoilt(value: InputValue, type: GraphQLInputType, by: Spoiling): InputValue {
  const { chance } = by;
  if (isNonNullType(type)) return chance.of(0.15) ? null : spoilt(value, type.ofType, by);
  if (isListType(type)) return spoiltList(value, type, by);
  if (isEnumType(type)) return strangeValueOf(type.name, by);
  if (isInputObjectType(type)) return spoiltObject(value, type, by);
  return chance.pick<InputValue>([{ a: 1 }, ['x', 'y'], 'text', 1.5, true, 2 ** 53]);
}

function spoiltList(
  value: InputValue,
  { ofType }: { ofType: GraphQLInputType },
  by: Spoiling,
): InputValue {
  const items = Array.isArray(value) ? value : [];
  const [first, ...rest] = items;
  if (first === undefined || by.chance.of(0.1)) {
    return [...items, spoilt(presentInputOf(ofType, by.chance), ofType, by)];
  }
  return [spoilt(first, ofType, by), ...rest];
}

function strangeValueOf(enumName: string, { chance, hidden }: Spoiling): InputValue {
  const names = hidden.values.get(enumName) ?? [];
  if (names.length > 0 && chance.of(0.7)) return chance.pick(names);
  return chance.pick<InputValue>(['NOT_THERE', 3, {}]);
}

function spoiltObject(value: InputValue, type: GraphQLInputObjectType, by: Spoiling): InputValue {
  const { chance, hidden } = by;
  const fields = Object.values(type.getFields());
  const object =
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? value
      : Object.fromEntries(
          fields
            .filter(isRequiredInputField)
            .map((field) => [field.name, inputOf(field.type, chance)]),
        );
  const secret = [...(hidden.fields.get(type.name) ?? [])];
  if (secret.length > 0 && chance.of(0.5)) {
    const [name, secretType] = chance.pick(secret);
    return { ...object, [name]: presentInputOf(secretType, chance) };
  }
  if (chance.of(0.2)) return { ...object, notThere: 1 };
  const field = chance.pick(fields);
  const { [field.name]: part = null, ...rest } = object;
  if (chance.of(0.3)) return rest;
  return { ...rest, [field.name]: spoilt(part, field.type, by) };
}
