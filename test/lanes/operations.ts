import {
  doTypesOverlap,
  type GraphQLArgument,
  GraphQLBoolean,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  GraphQLNonNull,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isUnionType,
  OperationTypeNode,
  parse,
  validate,
} from 'graphql';
import { Chance } from '../support/chance.ts';
import type { Feature } from './features.ts';
import type { GeneratorOptions, Steering, Variable } from './generator-options.ts';
import { type InputValue, inputOf, printedValue, spoilt } from './input-values.ts';

export interface GeneratedOperation {
  readonly seed: number;
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, InputValue>>;
  readonly holds: ReadonlySet<Feature>;
}

/** Random documents may select two things under one key: the next draw of the same seed is tried then. */
const drawsMax = 50;
/** Fields in one another: our limit of depth is 12, and fragments are inside. */
const depthMax = 5;
/** Selections of one operation, before it is brought to its end: our limit of tokens is 1,000. */
const selectionsMax = 36;
const aliases = ['a', 'b', 'id', 'errors', 'data', 'extensions'] as const;

/**
 * Operations over a public schema, each of them valid, by the seed alone.
 *
 * Errors: throws when a seed yields no valid document in 50 draws: then it is the generator that is wrong.
 */
export class Operations {
  readonly #schema: GraphQLSchema;
  readonly #options: GeneratorOptions;

  constructor(schema: GraphQLSchema, options: GeneratorOptions = {}) {
    this.#schema = schema;
    this.#options = options;
  }

  of(seed: number): GeneratedOperation {
    const chance = new Chance(seed);
    for (let draw = 0; draw < drawsMax; draw += 1) {
      const drawn = this.#draw(seed, chance);
      if (validate(this.#schema, parse(drawn.query)).length === 0) return drawn;
    }
    throw new Error(`Seed ${seed} yields no valid document.`);
  }

  #draw(seed: number, chance: Chance): GeneratedOperation {
    const holds = new Set<Feature>();
    const names = chance.of(0.1) ? ['One', 'Two'] : [chance.of(0.7) ? 'One' : ''];
    const { near = [], steering = {} } = this.#options;
    const within = near.length > 0 && chance.of(0.8) ? chance.pick(near) : this.#schema;
    const written = names.map((name) =>
      new Writing(this.#schema, { chance, name, holds, within, steering }).write(),
    );
    const picked = chance.below(written.length);
    if (written.length > 1) holds.add('several operations');
    const { values } = written[picked]!;
    const isNamed = written.length > 1 || (names[picked] !== '' && chance.of(0.5));
    return {
      seed,
      query: written.map(({ text }) => text).join('\n'),
      operationName: isNamed ? names[picked] : undefined,
      variables: this.#variables(values, { chance, holds }),
      holds,
    };
  }

  #variables(
    declared: readonly Variable[],
    { chance, holds }: { chance: Chance; holds: Set<Feature> },
  ): Record<string, InputValue> {
    const values = new Map(
      declared.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const])),
    );
    const hidden = this.#options.hidden ?? { fields: new Map(), values: new Map() };
    if (declared.length > 0 && chance.below(100) < (this.#options.unfitPercent ?? 12)) {
      const { name, type } = chance.pick(declared);
      holds.add('unfit variables');
      if (chance.of(0.15)) values.delete(name);
      else values.set(name, spoilt(values.get(name) ?? null, type, { chance, hidden }));
    }
    return Object.fromEntries(values);
  }
}

/** What has been selected at one place of the answer, by response key. */
interface Scope {
  readonly keys: Map<string, { selects: string; inner: Scope }>;
}

interface Place {
  readonly type: GraphQLCompositeType;
  readonly scope: Scope;
  readonly depth: number;
  /** Conditioned fragments in one another since the last field. */
  readonly conditions: number;
}

const emptyScope = (): Scope => ({ keys: new Map() });

interface WritingParts {
  readonly chance: Chance;
  readonly name: string;
  readonly holds: Set<Feature>;
  /** Of what is selected, most is there as well. */
  readonly within: GraphQLSchema;
  readonly steering: Steering;
}

/** One operation, being written. */
class Writing {
  readonly #schema: GraphQLSchema;
  readonly #chance: Chance;
  readonly #name: string;
  readonly #holds: Set<Feature>;
  readonly #within: GraphQLSchema;
  readonly #steering: Steering;
  readonly #variables: Variable[] = [];
  #selections = 0;
  readonly #fragments: { name: string; type: GraphQLCompositeType; text: string }[] = [];

  constructor(schema: GraphQLSchema, of: WritingParts) {
    this.#schema = schema;
    this.#chance = of.chance;
    this.#name = of.name;
    this.#holds = of.holds;
    this.#within = of.within;
    this.#steering = of.steering;
  }

  write(): { text: string; values: readonly Variable[] } {
    const kind = this.#kind();
    const root = this.#schema.getRootType(kind);
    if (root == null) throw new Error(`There is no ${kind} type.`);
    if (kind === OperationTypeNode.MUTATION) this.#holds.add('mutation');
    const scope = emptyScope();
    const selected = this.#selectionSet({ type: root, scope, depth: 0, conditions: 0 });
    if (scope.keys.size > 1) this.#holds.add('several root fields');
    const definitions = this.#variables.map(({ definition }) => definition).join(', ');
    const head = `${kind} ${this.#name}`;
    const texts = [
      `${head}${definitions === '' ? '' : `(${definitions})`} ${selected}`,
      ...this.#fragments.map(({ text }) => text),
    ];
    return { text: texts.join('\n'), values: this.#variables };
  }

  #kind(): OperationTypeNode {
    const { root } = this.#steering;
    if (root !== undefined) return root;
    // Of one that has none, nothing but `__typename` could be asked.
    const isMutation = this.#within.getMutationType() != null && this.#chance.of(0.35);
    return isMutation ? OperationTypeNode.MUTATION : OperationTypeNode.QUERY;
  }

  #selectionSet(place: Place): string {
    const count = this.#isLong ? 1 : 1 + this.#chance.below(place.depth === 0 ? 3 : 4);
    const selections = Array.from({ length: count }, () => this.#selection(place));
    return `{ ${selections.join(' ')} }`;
  }

  get #isLong(): boolean {
    return this.#selections > selectionsMax;
  }

  #selection(place: Place): string {
    this.#selections += 1;
    const isDeep = place.conditions >= 3 || this.#isLong;
    const fieldWeight = isUnionType(place.type) ? 0 : 66;
    const kinds: [number, (at: Place) => string][] = [
      [fieldWeight, (at) => this.#field(at)],
      [8, (at) => this.#typename(at)],
      [isDeep ? 0 : 5, (at) => this.#unconditioned(at)],
      [isDeep ? 0 : 14, (at) => this.#conditioned(at)],
      [isDeep ? 0 : 9, (at) => this.#spread(at)],
      [place.depth === 0 ? this.#curiosity : 0, () => this.#introspection(place)],
    ];
    return this.#chance.weighted(kinds)(place);
  }

  get #curiosity(): number {
    return this.#steering.isCurious === true ? 100 : 1;
  }

  #typename({ scope }: Place): string {
    this.#holds.add('__typename');
    const key = this.#chance.of(0.2) ? this.#keyFor('__typename', scope) : '__typename';
    const alias = key === '__typename' ? '' : `${key}: `;
    return `${alias}__typename${this.#conditions()}`;
  }

  #introspection({ type, scope }: Place): string {
    if (type !== this.#schema.getQueryType())
      return this.#typename({ type, scope, depth: 0, conditions: 0 });
    this.#holds.add('introspection');
    const name = this.#chance.pick(Object.keys(this.#schema.getTypeMap()));
    return this.#chance.pick([
      '__schema { queryType { name } }',
      `__type(name: "${name}") { name kind fields { name } }`,
    ]);
  }

  #field(place: Place): string {
    const { type, scope, depth } = place;
    if (isUnionType(type)) return this.#typename(place);
    const all = Object.values(type.getFields());
    const isLast = depth >= depthMax || this.#isLong;
    const near = this.#chance.of(0.97) ? all.filter(({ name }) => this.#isNear(type, name)) : all;
    const open = near.filter((field) => !isLast || !isCompositeType(getNamedType(field.type)));
    if (open.length === 0) return this.#typename(place);
    const field = this.#chance.pick(this.#preferred(type, open));
    const call = `${field.name}${this.#arguments(field)}`;
    const key = this.#keyFor(call, scope, field.name);
    const known = scope.keys.get(key);
    if (known !== undefined) this.#holds.add('key selected twice');
    const inner = known?.inner ?? emptyScope();
    scope.keys.set(key, { selects: call, inner });
    const alias = key === field.name ? '' : `${key}: `;
    const below = getNamedType(field.type);
    const head = `${alias}${call}${this.#conditions()}${this.#directive()}`;
    if (!isCompositeType(below)) return head;
    return `${head} ${this.#selectionSet({ type: below, scope: inner, depth: depth + 1, conditions: 0 })}`;
  }

  #preferred<Field extends { name: string }>(
    { name }: GraphQLCompositeType,
    all: readonly Field[],
  ): readonly Field[] {
    const { fields = [] } = this.#steering;
    const preferred = all.filter((field) => fields.includes(`${name}.${field.name}`));
    return preferred.length > 0 && this.#chance.of(0.5) ? preferred : all;
  }

  #directive(): string {
    const { directive } = this.#steering;
    return directive !== undefined && this.#chance.of(0.1) ? ` @${directive}` : '';
  }

  #isNear({ name }: GraphQLCompositeType, field: string): boolean {
    const type = this.#within.getType(name);
    return (isObjectType(type) || isInterfaceType(type)) && Object.hasOwn(type.getFields(), field);
  }

  /** A response key that selects the same, or nothing yet; now and then whatever comes. */
  #keyFor(call: string, scope: Scope, name?: string): string {
    const wanted = name === undefined || this.#chance.of(0.15) ? this.#chance.pick(aliases) : name;
    const known = scope.keys.get(wanted);
    const isFree = known === undefined || known.selects === call || this.#chance.of(0.02);
    const key = isFree ? wanted : `k${scope.keys.size}`;
    if (key !== name) this.#holds.add('alias');
    return key;
  }

  #arguments(field: GraphQLField<unknown, unknown>): string {
    const given = field.args.filter((arg) => isRequiredArgument(arg) || this.#chance.of(0.4));
    if (given.length === 0) return '';
    const parts = given.map((arg) => `${arg.name}: ${this.#argument(arg)}`);
    return `(${parts.join(', ')})`;
  }

  #argument(arg: GraphQLArgument): string {
    if (this.#chance.of(0.5)) {
      this.#holds.add('variable argument');
      return `$${this.#variableFor(arg)}`;
    }
    this.#holds.add('inline argument');
    return printedValue(inputOf(arg.type, this.#chance), arg.type);
  }

  #variableFor(arg: GraphQLArgument): string {
    const same = this.#variables.filter(({ type }) => String(type) === String(arg.type));
    if (same.length > 0 && this.#chance.of(0.4)) return this.#chance.pick(same).name;
    const isLoose = isNonNullType(arg.type) && arg.defaultValue !== undefined;
    const type =
      isLoose && this.#chance.of(0.5)
        ? (arg.type as { ofType: GraphQLInputType }).ofType
        : arg.type;
    return this.#declare(type);
  }

  #declare(type: GraphQLInputType): string {
    const name = `v${this.#variables.length}`;
    const hasDefault = this.#chance.of(0.2);
    const fallback = inputOf(type, this.#chance);
    if (hasDefault) this.#holds.add('default of a variable');
    const isAbsent = (hasDefault || !isNonNullType(type)) && this.#chance.of(0.3);
    this.#variables.push({
      name,
      type,
      definition: `$${name}: ${String(type)}${hasDefault ? ` = ${printedValue(fallback, type)}` : ''}`,
      value: isAbsent ? undefined : inputOf(type, this.#chance),
    });
    return name;
  }

  #conditions(): string {
    return [...this.#condition('skip', 0.06), ...this.#condition('include', 0.06)].join('');
  }

  #condition(directive: 'skip' | 'include', probability: number): string[] {
    if (!this.#chance.of(probability)) return [];
    this.#holds.add(`@${directive}`);
    if (this.#chance.of(0.4)) return [` @${directive}(if: ${this.#chance.of(0.5)})`];
    this.#holds.add('condition by variable');
    const known = this.#variables.filter(({ type }) => String(type) === 'Boolean!');
    if (known.length > 0 && this.#chance.of(0.3)) {
      return [` @${directive}(if: $${this.#chance.pick(known).name})`];
    }
    return [` @${directive}(if: $${this.#declareCondition()})`];
  }

  #declareCondition(): string {
    const name = `v${this.#variables.length}`;
    const type = new GraphQLNonNull(GraphQLBoolean);
    const value = this.#chance.of(0.5);
    const hasDefault = this.#chance.of(0.5);
    if (hasDefault) this.#holds.add('condition by default');
    this.#variables.push({
      name,
      type,
      definition: `$${name}: Boolean!${hasDefault ? ` = ${!value}` : ''}`,
      value: hasDefault && this.#chance.of(0.5) ? undefined : value,
    });
    return name;
  }

  #unconditioned(place: Place): string {
    this.#holds.add('fragment without condition');
    return `...${this.#conditions()} ${this.#selectionSet({ ...place, conditions: place.conditions + 1 })}`;
  }

  #conditioned(place: Place): string {
    const type = this.#overlapping(place.type);
    if (place.conditions > 0) this.#holds.add('nested conditions');
    const inner = this.#selectionSet({ ...place, type, conditions: place.conditions + 1 });
    return `... on ${type.name}${this.#conditions()} ${inner}`;
  }

  #spread(place: Place): string {
    this.#holds.add('named fragment');
    const fitting = this.#fragments.filter(({ type }) => this.#canBe(place.type, type));
    if (fitting.length > 0 && this.#chance.of(0.4)) {
      return `...${this.#chance.pick(fitting).name}${this.#conditions()}`;
    }
    const type = this.#overlapping(place.type);
    const inner = this.#selectionSet({ ...place, type, conditions: place.conditions + 1 });
    const name = `${this.#name}F${this.#fragments.length}`;
    this.#fragments.push({ name, type, text: `fragment ${name} on ${type.name} ${inner}` });
    return `...${name}${this.#conditions()}`;
  }

  #overlapping(type: GraphQLCompositeType): GraphQLCompositeType {
    if (this.#chance.of(0.3)) {
      this.#holds.add('fragment on its own type');
      return type;
    }
    const all = Object.values(this.#schema.getTypeMap()).filter(
      (candidate): candidate is GraphQLNamedType & GraphQLCompositeType =>
        isCompositeType(candidate) &&
        this.#within.getType(candidate.name) !== undefined &&
        !candidate.name.startsWith('__') &&
        this.#canBe(type, candidate),
    );
    const chosen = all.length === 0 ? type : this.#chance.pick(all);
    this.#holds.add(chosen === type ? 'fragment on its own type' : 'fragment on another type');
    return chosen;
  }

  #canBe(type: GraphQLCompositeType, other: GraphQLCompositeType): boolean {
    if (isObjectType(type) && isObjectType(other)) return type === other;
    return doTypesOverlap(this.#schema, type, other);
  }
}
