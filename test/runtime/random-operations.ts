import {
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import type { Chance } from '../support/chance.ts';

export interface RandomOperation {
  text: string;
  operationName: string | undefined;
  variables: Record<string, unknown>;
}

const fieldsMax = 25;
const texts = ['film', '', '7', 'è “quoted”\n\\ 🎬', '__proto__'];

/** A valid operation over any schema, more or less: whoever asks validates it. */
export class RandomOperations {
  readonly #schema: GraphQLSchema;
  readonly #chance: Chance;
  #definitions: string[] = [];
  #fragments: string[] = [];
  #variables: Record<string, unknown> = {};
  #names = 0;
  #fields = 0;

  constructor(schema: GraphQLSchema, chance: Chance) {
    this.#schema = schema;
    this.#chance = chance;
  }

  next(): RandomOperation {
    this.#definitions = [];
    this.#fragments = [];
    this.#variables = {};
    this.#names = 0;
    this.#fields = 0;
    const mutation = this.#schema.getMutationType();
    const isMutation = mutation != null && this.#chance.of(0.4);
    const type = isMutation ? mutation : this.#schema.getQueryType();
    if (type == null) throw new Error('There is nothing to ask for.');
    const body = this.#selections(type, 0);
    const declared = this.#definitions.length === 0 ? '' : `(${this.#definitions.join(', ')})`;
    const others = this.#chance.of(0.1) ? ['query Other { __typename }'] : [];
    const text = [
      ...others,
      `${isMutation ? 'mutation' : 'query'} Asked${declared} ${body}`,
      ...this.#fragments,
    ].join('\n');
    const operationName = others.length > 0 || this.#chance.of(0.3) ? 'Asked' : undefined;
    return { text, operationName, variables: this.#variables };
  }

  #selections(type: GraphQLCompositeType, depth: number): string {
    const count = 1 + this.#chance.below(4);
    const selections = Array.from({ length: count }, () => this.#selection(type, depth));
    return `{ ${selections.join(' ')} }`;
  }

  #selection(type: GraphQLCompositeType, depth: number): string {
    if (depth < 6 && this.#chance.of(0.15)) return this.#fragment(type, depth);
    const fields = 'getFields' in type ? Object.values(type.getFields()) : [];
    const usable = fields.filter(
      (field) => depth < 4 || !isCompositeType(getNamedType(field.type)),
    );
    const field = usable[this.#chance.below(usable.length)];
    if (field === undefined || this.#chance.of(0.08) || this.#fields >= fieldsMax) {
      return this.#chance.of(0.5) ? '__typename' : `t${this.#name()}: __typename`;
    }
    this.#fields += 1;
    return this.#field(field, depth);
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number): string {
    const args = field.args.flatMap((argument) => this.#argument(argument));
    const isAliased = field.args.length > 0 || this.#chance.of(0.2);
    const alias = isAliased ? `f${this.#name()}: ` : '';
    const below = getNamedType(field.type);
    const selections = isCompositeType(below) ? ` ${this.#selections(below, depth + 1)}` : '';
    const called = args.length === 0 ? '' : `(${args.join(', ')})`;
    return `${alias}${field.name}${called}${this.#condition()}${selections}`;
  }

  #fragment(type: GraphQLCompositeType, depth: number): string {
    const on = this.#overlapping(type);
    const body = this.#selections(on, depth + 1);
    if (this.#chance.of(0.2)) return `...${this.#condition()} ${this.#selections(type, depth + 1)}`;
    if (this.#chance.of(0.5)) return `... on ${on.name}${this.#condition()} ${body}`;
    const name = `F${this.#name()}`;
    this.#fragments.push(`fragment ${name} on ${on.name} ${body}`);
    return this.#chance.of(0.3) ? `...${name} ...${name}` : `...${name}`;
  }

  /** Itself, or another type that some of its objects are of. */
  #overlapping(type: GraphQLCompositeType): GraphQLCompositeType {
    const possible = isAbstractType(type) ? this.#schema.getPossibleTypes(type) : [];
    const interfaces = isObjectType(type) ? type.getInterfaces() : [];
    return this.#chance.pick([type, ...possible, ...interfaces]);
  }

  #condition(): string {
    if (!this.#chance.of(0.02)) return '';
    const name = this.#chance.of(0.5) ? 'skip' : 'include';
    if (this.#chance.of(0.5)) return ` @${name}(if: ${this.#chance.of(0.5)})`;
    return ` @${name}(if: ${this.#variable('Boolean!', this.#chance.of(0.5))})`;
  }

  #argument({ name, type, defaultValue }: GraphQLArgument): string[] {
    const isOptional = !isNonNullType(type) || defaultValue !== undefined;
    if (isOptional && this.#chance.of(0.4)) return [];
    return [`${name}: ${this.#input(type, { isOptional: defaultValue !== undefined, depth: 0 })}`];
  }

  /** As a literal, or as a variable that is declared and perhaps given. */
  #input(type: GraphQLInputType, at: { isOptional: boolean; depth: number }): string {
    if (!this.#chance.of(at.depth === 0 ? 0.6 : 0.15)) return this.#literal(type, at.depth);
    const value = this.#chance.of(0.03)
      ? this.#chance.pick([7, 'no', [], {}, true])
      : this.value(type);
    const isStrict = isNonNullType(type) && !(at.isOptional && this.#chance.of(0.5));
    if (!isStrict) return this.#looseVariable(type, value);
    const isDefaulted = at.depth === 0 && this.#chance.of(0.1);
    const initial = isDefaulted ? ` = ${this.#plainLiteral(type)}` : '';
    const isLeftOut = isDefaulted && this.#chance.of(0.7);
    return this.#variable(`${type}${initial}`, isLeftOut ? undefined : value);
  }

  /** One that may be null or absent. */
  #looseVariable(type: GraphQLInputType, value: unknown): string {
    const given = this.#chance.weighted([
      [3, undefined],
      [1, null],
      [6, value],
    ]);
    const initial = this.#chance.of(0.3) ? ` = ${this.#plainLiteral(type)}` : '';
    return this.#variable(`${isNonNullType(type) ? type.ofType : type}${initial}`, given);
  }

  #variable(declared: string, value: unknown): string {
    const name = `v${this.#name()}`;
    this.#definitions.push(`$${name}: ${declared}`);
    if (value !== undefined) this.#variables[name] = value;
    return `$${name}`;
  }

  #plainLiteral(type: GraphQLInputType): string {
    return literalOf(this.value(isNonNullType(type) ? type.ofType : type), type);
  }

  #literal(type: GraphQLInputType, depth: number): string {
    if (isNonNullType(type)) return this.#literal(type.ofType, depth);
    if (isListType(type)) {
      const items = Array.from({ length: this.#chance.below(3) }, () =>
        this.#input(type.ofType, { isOptional: false, depth: depth + 1 }),
      );
      return `[${items.join(', ')}]`;
    }
    if (!isInputObjectType(type)) return literalOf(this.value(type), type);
    const fields = Object.values(type.getFields()).flatMap((field) => {
      const isOptional = !isNonNullType(field.type) || field.defaultValue !== undefined;
      if (isOptional && (depth > 2 || this.#chance.of(0.5))) return [];
      const at = { isOptional: field.defaultValue !== undefined, depth: depth + 1 };
      return [`${field.name}: ${this.#input(field.type, at)}`];
    });
    return `{ ${fields.join(', ')} }`;
  }

  /** One that fits, as JSON has it. */
  value(type: GraphQLInputType, depth = 0): unknown {
    if (isNonNullType(type)) return this.value(type.ofType, depth) ?? this.value(type, depth);
    if (this.#chance.of(0.1)) return null;
    if (isListType(type)) {
      if (this.#chance.of(0.15)) return this.value(type.ofType, depth);
      return Array.from({ length: this.#chance.below(3) }, () => this.value(type.ofType, depth));
    }
    if (isEnumType(type)) return this.#chance.pick(type.getValues()).name;
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).flatMap((field) => {
        const isOptional = !isNonNullType(field.type) || field.defaultValue !== undefined;
        if (isOptional && (depth > 2 || this.#chance.of(0.5))) return [];
        return [[field.name, this.value(field.type, depth + 1)]];
      });
      return Object.fromEntries(fields);
    }
    return this.#scalar(type.name);
  }

  #scalar(name: string): unknown {
    if (name === 'Int') return this.#chance.pick([0, 1, -5, 2_147_483_647]);
    if (name === 'Float') return this.#chance.pick([0, 1.5, -2, 90_000]);
    if (name === 'Boolean') return this.#chance.of(0.5);
    if (name === 'ID') return this.#chance.pick(['film', '007', 42]);
    if (name === '_Any') {
      const entity = this.#chance.pick(['Playhead', 'Playable', 'Viewer', 'Nothing']);
      return { __typename: entity, id: String(this.#chance.below(9)) };
    }
    return this.#chance.pick(texts);
  }

  #name(): number {
    this.#names += 1;
    return this.#names;
  }
}

function literalOf(value: unknown, type: GraphQLInputType): string {
  if (isNonNullType(type)) return literalOf(value, type.ofType);
  if (isListType(type)) {
    if (!Array.isArray(value)) return literalOf(value, type.ofType);
    return `[${value.map((item) => literalOf(item, type.ofType)).join(', ')}]`;
  }
  if (value === null) return 'null';
  if (isEnumType(type)) return String(value);
  if (!isInputObjectType(type)) return untypedLiteral(value);
  const fields = type.getFields();
  const entries = Object.entries(value as object).map(([name, each]) => {
    const field = fields[name];
    return `${name}: ${field ? literalOf(each, field.type) : untypedLiteral(each)}`;
  });
  return `{ ${entries.join(', ')} }`;
}

function untypedLiteral(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([name, each]) => `${name}: ${untypedLiteral(each)}`)
    .join(', ')} }`;
}
