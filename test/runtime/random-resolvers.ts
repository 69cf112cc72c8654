import {
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isEnumType,
  isIntrospectionType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { PlatformError } from '../../domain/errors.ts';
import { Chance } from '../support/chance.ts';

/** An object of an answer: from what its fields are drawn. */
interface Drawn {
  __typename: string;
  drawnFrom: number;
  /**
   * Nothing fails in a list whose items must not be null: graphql-js leaves rejections unhandled when an
   * item beside them fails at once, and the process would end.
   */
  isCalm: boolean;
}

/** Resolvers that answer by where they are and what they are asked, so that any two executors get the same. */
export class RandomResolvers {
  readonly #schema: GraphQLSchema;
  /** Share of values that are null, errors, or of another type. */
  readonly #faults: number;

  constructor(schema: GraphQLSchema, faults: number) {
    this.#schema = schema;
    this.#faults = faults;
  }

  /** Composite fields, and those with arguments, get a resolver; the others are plain properties. */
  install(): void {
    for (const type of Object.values(this.#schema.getTypeMap())) {
      if (isIntrospectionType(type)) continue;
      if (isAbstractType(type)) type.resolveType = (value) => (value as Drawn).__typename;
      if (isObjectType(type)) this.#installIn(type);
    }
  }

  #installIn(type: GraphQLObjectType): void {
    for (const field of Object.values(type.getFields())) {
      if (field.name.startsWith('_')) continue;
      const isPlain = field.args.length === 0 && !isComposite(field.type);
      if (isPlain && !this.#isRoot(type)) continue;
      field.resolve = (source, args, context) => {
        const { drawnFrom, isCalm } = (source ?? { drawnFrom: context, isCalm: false }) as Drawn;
        const seed = hashOf([drawnFrom, field.name, sorted(args)]);
        const chance = new Chance(seed);
        const faults = isCalm ? 0 : this.#faults;
        if (chance.of(faults)) throw faultOf(chance);
        return this.#value(field.type, chance, { isLate: true, faults });
      };
    }
  }

  #isRoot(type: GraphQLObjectType): boolean {
    return [this.#schema.getQueryType(), this.#schema.getMutationType()].includes(type);
  }

  #object(type: GraphQLObjectType, chance: Chance, faults: number): Drawn {
    const drawn: Drawn & Record<string, unknown> = {
      __typename: type.name,
      drawnFrom: chance.below(2 ** 31),
      isCalm: faults === 0,
    };
    for (const field of Object.values(type.getFields())) {
      if (field.resolve) continue;
      drawn[field.name] = this.#value(field.type, chance, { isLate: false, faults });
    }
    return drawn;
  }

  #value(type: GraphQLOutputType, chance: Chance, how: How): unknown {
    const { isLate, faults } = how;
    if (isLate && chance.of(0.5)) {
      const own = new Chance(chance.below(2 ** 31));
      return later(own.below(4), () => {
        if (own.of(faults)) throw faultOf(own);
        return this.#value(type, own, { isLate: false, faults });
      });
    }
    if (chance.of(faults)) return chance.pick([null, faultOf(chance)]);
    const inner = isNonNullType(type) ? type.ofType : type;
    if (isListType(inner)) {
      const below = { isLate, faults: isNonNullType(inner.ofType) ? 0 : faults };
      const length = chance.below(4);
      return Array.from({ length }, () => this.#value(inner.ofType, chance, below));
    }
    return this.#single(getNamedType(inner), chance, faults);
  }

  #single(type: GraphQLNamedType, chance: Chance, faults: number): unknown {
    if (isObjectType(type)) return this.#object(type, chance, faults);
    if (isAbstractType(type)) {
      return this.#object(chance.pick(this.#schema.getPossibleTypes(type)), chance, faults);
    }
    if (chance.of(faults / 4)) return chance.pick<unknown>(['other', {}, Number.NaN, []]);
    return leafOf(type, chance);
  }
}

interface How {
  /** Whether it may be a promise. */
  isLate: boolean;
  /** Share of values that are null, errors, or of another type. */
  faults: number;
}

function leafOf(type: GraphQLNamedType, chance: Chance): unknown {
  if (isEnumType(type)) return chance.pick(type.getValues()).value;
  const { name } = type;
  if (name === 'Int') return chance.below(1_000_000);
  if (name === 'Float') return chance.below(1_000) / 8;
  if (name === 'Boolean') return chance.of(0.5);
  return `text ${chance.below(1_000)}`;
}

function faultOf(chance: Chance): Error {
  const retryAfterMs = chance.below(1_000);
  const coded = new PlatformError('Not now.', { code: 'STATE_UNAVAILABLE', retryAfterMs });
  return chance.pick([new Error('secret'), coded]);
}

async function later<Value>(hops: number, value: () => Value): Promise<Value> {
  for (let hop = 0; hop < hops; hop += 1) await undefined;
  return value();
}

function isComposite(type: GraphQLOutputType): boolean {
  const named = getNamedType(type);
  return isObjectType(named) || isAbstractType(named);
}

/** What a resolver can see of its arguments: an absent key and a null are two things. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, sorted(each)] as const);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function hashOf(value: unknown): number {
  let hash = 2_166_136_261;
  for (const character of JSON.stringify(value)) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16_777_619);
  }
  return hash >>> 0;
}
