import {
  type DirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type FieldNode,
  Kind,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
  parse,
  type TypeNode,
} from 'graphql';
import { fetchSdl, ownConnection } from '../../schema/fetch-sdl.ts';
import { parseSdl } from '../../schema/read-sources.ts';
import { Unmet } from './expectation.ts';

/** Where a subgraph is, and what only its team can know of it. */
export interface SubgraphAddress {
  url: string;
  /** Its name in the list of subgraphs; another one's is no rival of it. */
  name: string;
  /** Of every request: who asks, where the subgraph wants to know. */
  headers: Readonly<Record<string, string>>;
  /** Keys of entities that exist. */
  entities: readonly { type: string; key: Readonly<Record<string, unknown>> }[];
  /** Mutations that may be sent twice: whole operations, with their arguments in them. */
  mutations: readonly string[];
  /** Whether it must refuse who comes without `headers`. */
  isSigned: boolean;
  /** How it pushes. */
  subscription: { protocol: 'ws' | 'sse'; path: string };
}

/** An answer as it came. */
export interface SubgraphAnswer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a case reads whatever it asked for.
  data: any;
  errors: readonly { message?: string; extensions?: Record<string, unknown> }[];
}

/** One resolvable @key of an object type. */
export interface EntityKey {
  type: string;
  fields: string;
  /** Another subgraph may know more of the type, so this one need not know which keys exist. */
  isStub: boolean;
}

/** One thing that a gateway relies on in every subgraph. */
export interface SubgraphCase {
  rule: string;
  title: string;
  /** Why this one has nothing to show, if so. */
  skip?(subgraph: SubgraphUnderTest): string | undefined;
  /** Errors: Unmet when the rule is not kept. */
  run(subgraph: SubgraphUnderTest): Promise<void>;
}

const jsonHeaders = { 'content-type': 'application/json', accept: 'application/json' };

type ObjectNode = ObjectTypeDefinitionNode | ObjectTypeExtensionNode;

/** Any server that says it is a subgraph. */
export class SubgraphUnderTest {
  readonly address: SubgraphAddress;
  readonly document: DocumentNode;

  private constructor(address: SubgraphAddress, document: DocumentNode) {
    this.address = address;
    this.document = document;
  }

  /** Errors: throws when it does not say what it is. */
  static async open(address: SubgraphAddress): Promise<SubgraphUnderTest> {
    const sdl = await fetchSdl(address.url, address.headers);
    return new SubgraphUnderTest(address, parseSdl(sdl, address.url));
  }

  async ask(
    query: string,
    variables: object = {},
    headers: Readonly<Record<string, string>> = this.address.headers,
  ): Promise<SubgraphAnswer> {
    const response = await fetch(this.address.url, {
      method: 'POST',
      headers: { ...ownConnection, ...jsonHeaders, ...headers },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(10_000),
    });
    const { data = null, errors = [] } = parsed(await response.text());
    return { status: response.status, data, errors };
  }

  /** One answer for each representation. Errors: Unmet when there are not as many, or there is an error. */
  async entities(
    { type, fields }: EntityKey,
    keys: readonly Readonly<Record<string, unknown>>[],
  ): Promise<(Record<string, unknown> | null)[]> {
    const query = `query ($representations: [_Any!]!) {
      _entities(representations: $representations) { ... on ${type} { __typename ${fields} } }
    }`;
    const representations = keys.map((key) => ({ __typename: type, ...key }));
    const { status, data, errors } = await this.ask(query, { representations });
    const found = data?._entities;
    if (errors.length > 0 || !Array.isArray(found) || found.length !== keys.length) {
      throw new Unmet(`${keys.length} answers for ${type} by "${fields}"`, {
        status,
        data,
        errors,
      });
    }
    return found;
  }

  entityKeys(): EntityKey[] {
    return this.#objects().flatMap((object) =>
      (object.directives ?? []).flatMap((directive) => {
        const fields = keyOf(directive);
        const isStub = hasDirective(object, 'interfaceObject') || hasDirective(object, 'extends');
        return fields === undefined ? [] : [{ type: object.name.value, fields, isStub }];
      }),
    );
  }

  /** A key that no entity has, by the types of its fields; `salt` makes another one. */
  unknownKey({ type, fields }: EntityKey, salt: string): Record<string, unknown> {
    const nodes = selectedBy(fields);
    return this.#valueOf(type, { nodes, salt }) as Record<string, unknown>;
  }

  fieldsOf(type: string): FieldDefinitionNode[] {
    const ofType = this.#objects().filter(({ name }) => name.value === type);
    return ofType.flatMap(({ fields }) => fields ?? []);
  }

  /** What to select of a field: nothing of a scalar or an enum, else the type's name. */
  selectionOf({ type }: FieldDefinitionNode): string {
    return this.#isComposite(nameOf(type)) ? '{ __typename }' : '';
  }

  #isComposite(type: string): boolean {
    return this.document.definitions.some(
      (definition) =>
        /^(Object|Interface|Union)Type/.test(definition.kind) &&
        'name' in definition &&
        definition.name?.value === type,
    );
  }

  #valueOf(type: string, of: { nodes: readonly FieldNode[]; salt: string }): unknown {
    const fields = this.fieldsOf(type);
    const pairs = of.nodes.map((node) => {
      const field = fields.find(({ name }) => name.value === node.name.value);
      const named = field === undefined ? 'ID' : nameOf(field.type);
      const nodes = (node.selectionSet?.selections ?? []) as readonly FieldNode[];
      const value =
        nodes.length > 0 ? this.#valueOf(named, { ...of, nodes }) : scalar(named, of.salt);
      return [node.name.value, value];
    });
    return Object.fromEntries(pairs);
  }

  #objects(): ObjectNode[] {
    return this.document.definitions.filter(
      (definition) =>
        definition.kind === Kind.OBJECT_TYPE_DEFINITION ||
        definition.kind === Kind.OBJECT_TYPE_EXTENSION,
    );
  }
}

/** The fields of a key, each with what it selects. */
export function selectedBy(fields: string): readonly FieldNode[] {
  const [operation] = parse(`{ ${fields} }`).definitions;
  const selected =
    operation?.kind === Kind.OPERATION_DEFINITION ? operation.selectionSet : undefined;
  return (selected?.selections ?? []) as readonly FieldNode[];
}

function parsed(text: string): Partial<SubgraphAnswer> {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    // Not GraphQL, which is what a rule will say: the status and no data.
    return {};
  }
}

export function nameOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type);
}

/** Also by the directive's name with its namespace. */
export function hasDirective(
  { directives }: { directives?: readonly DirectiveNode[] | undefined },
  name: string,
): boolean {
  return (directives ?? []).some(
    ({ name: { value } }) => value.replace('federation__', '') === name,
  );
}

function keyOf(directive: DirectiveNode): string | undefined {
  if (directive.name.value.replace('federation__', '') !== 'key') return undefined;
  const argument = (name: string) =>
    directive.arguments?.find((given) => given.name.value === name)?.value;
  const [fields, resolvable] = [argument('fields'), argument('resolvable')];
  if (resolvable?.kind === Kind.BOOLEAN && !resolvable.value) return undefined;
  return fields?.kind === Kind.STRING ? fields.value : undefined;
}

function scalar(type: string, salt: string): unknown {
  if (type === 'Int' || type === 'Float') return -1 - salt.length;
  return type === 'Boolean' ? false : `no-such-${salt}`;
}
