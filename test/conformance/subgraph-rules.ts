import { isDeepStrictEqual } from 'node:util';
import { composeSupergraph } from '../../schema/compose.ts';
import { readSources } from '../../schema/read-sources.ts';
import { expectThat, Unmet } from './expectation.ts';
import { subgraphLiveRules } from './subgraph-live-rules.ts';
import {
  type EntityKey,
  hasDirective,
  type SubgraphAnswer,
  type SubgraphCase,
  type SubgraphUnderTest,
  selectedBy,
} from './subgraph-under-test.ts';

const schemaFolder = new URL('../../schema/', import.meta.url);

const noEntities = (subgraph: SubgraphUnderTest) =>
  subgraph.entityKeys().length === 0 ? 'it has no type with a resolvable @key' : undefined;

export const subgraphRules: readonly SubgraphCase[] = [
  {
    rule: 'sdl',
    title: 'its SDL composes with the other subgraphs',
    async run({ address: { name, url }, document }) {
      const others = await readSources(schemaFolder, name);
      composeSupergraph([...others, { name, url, typeDefs: document }]);
    },
  },
  {
    rule: 'union',
    title: 'the union _Entity has every type with a resolvable @key',
    skip: noEntities,
    async run(subgraph) {
      const query = '{ __type(name: "_Entity") { kind possibleTypes { name } } }';
      const { data, errors } = await subgraph.ask(query);
      const named: { name: string }[] = data?.__type?.possibleTypes ?? [];
      const there = named.map(({ name }) => name);
      const missing = subgraph.entityKeys().filter(({ type }) => !there.includes(type));
      expectThat(missing.length === 0, 'every entity in _Entity', {
        missing: missing.map(({ type }) => type),
        errors,
      });
    },
  },
  {
    rule: 'known',
    title: 'what exists is found by its key, and answers with that key',
    skip: ({ address }) =>
      address.entities.length === 0
        ? `pass --entity 'Type {"id":"…"}' of one that exists`
        : undefined,
    async run(subgraph) {
      for (const { type, key } of subgraph.address.entities) {
        const entityKey = keyFor(subgraph, { type, key });
        const [found] = await subgraph.entities(entityKey, [key]);
        expectThat(isOf(found, { type, key }), `${type} ${JSON.stringify(key)}`, found);
      }
    },
  },
  {
    rule: 'unknown',
    title: 'what does not exist is null, and no error',
    skip: noEntities,
    async run(subgraph) {
      for (const entityKey of subgraph.entityKeys()) {
        const key = subgraph.unknownKey(entityKey, 'a');
        const [found] = await subgraph.entities(entityKey, [key]);
        // Who only adds fields to a type of another subgraph has no way to know.
        const isFine =
          found === null ||
          (isExtending(subgraph, entityKey) && isOf(found, { ...entityKey, key }));
        expectThat(isFine, `null for ${entityKey.type} ${JSON.stringify(key)}`, found);
      }
    },
  },
  {
    rule: 'batch',
    title: 'many keys at once have an answer each, in their order',
    skip: noEntities,
    async run(subgraph) {
      for (const entityKey of subgraph.entityKeys()) {
        const { type } = entityKey;
        const known = subgraph.address.entities.find((entity) => entity.type === type)?.key;
        const [first, second] = [
          subgraph.unknownKey(entityKey, 'a'),
          subgraph.unknownKey(entityKey, 'bb'),
        ];
        const keys = [first, ...(known === undefined ? [] : [known]), second, first];
        const found = await subgraph.entities(entityKey, keys);
        const isInPlace = found.every(
          (one, at) => one === null || isOf(one, { type, key: keys[at] ?? {} }),
        );
        expectThat(isInPlace, `answers in the order of ${JSON.stringify(keys)}`, found);
      }
    },
  },
  {
    rule: 'errors',
    title: 'errors carry a code, and no stack trace',
    async run(subgraph) {
      for (const query of ['{', '{ noSuchField }', unknownType]) {
        const answer = await subgraph.ask(query);
        expectCoded(answer, query);
      }
    },
  },
  {
    rule: 'signed',
    title: 'who does not say that it is the gateway is refused',
    skip: ({ address }) =>
      address.isSigned ? undefined : 'pass --signed, and --header of the gateway',
    async run(subgraph) {
      const mangled = Object.entries(subgraph.address.headers).map(([name, value]) => [
        name,
        `${value}x`,
      ]);
      for (const headers of [{}, Object.fromEntries(mangled)]) {
        const answer = await subgraph.ask('{ __typename }', {}, headers);
        expectThat(answer.data === null, 'no data for an unsigned request', answer);
        expectCoded(answer, 'an unsigned request');
      }
    },
  },
  ...subgraphLiveRules,
  {
    rule: 'twice',
    title: 'a mutation that says it is idempotent answers the second time as the first',
    skip: (subgraph) =>
      repeatable(subgraph).length === 0
        ? `none without arguments is tagged; pass --twice 'mutation { … }' of one that has some`
        : undefined,
    async run(subgraph) {
      for (const query of repeatable(subgraph)) {
        const [first, second] = [await subgraph.ask(query), await subgraph.ask(query)];
        expectThat(isDeepStrictEqual(first, second), JSON.stringify(first), second);
      }
    },
  },
];

const unknownType =
  '{ _entities(representations: [{ __typename: "NoSuchType", id: "1" }]) { __typename } }';

/** Operations that are idempotent because their field is tagged so, or because their team says so. */
function repeatable(subgraph: SubgraphUnderTest): string[] {
  const tagged = subgraph
    .fieldsOf('Mutation')
    .filter(
      (field) =>
        field.directives?.some((directive) =>
          /"idempotent"/.test(JSON.stringify(directive.arguments)),
        ) &&
        !field.arguments?.some(
          ({ type, defaultValue }) => type.kind === 'NonNullType' && !defaultValue,
        ),
    );
  const operations = tagged.map(
    (field) => `mutation { ${field.name.value} ${subgraph.selectionOf(field)} }`,
  );
  return [...operations, ...subgraph.address.mutations];
}

/** Whether another subgraph is the one that knows which of these exist. */
function isExtending(subgraph: SubgraphUnderTest, { type, isStub }: EntityKey): boolean {
  const fields = subgraph.fieldsOf(type);
  return isStub || fields.some((field) => hasDirective(field, 'external'));
}

function keyFor(
  subgraph: SubgraphUnderTest,
  { type, key }: { type: string; key: object },
): EntityKey {
  const given = Object.keys(key).toSorted();
  const found = subgraph.entityKeys().find((one) => {
    const names = selectedBy(one.fields).map(({ name }) => name.value);
    return one.type === type && isDeepStrictEqual(given, names.toSorted());
  });
  if (found === undefined) throw new Unmet(`a resolvable key of ${type}`, key);
  return found;
}

function isOf(found: unknown, { type, key }: { type: string; key: object }): boolean {
  return isDeepStrictEqual({ ...(found as object) }, { __typename: type, ...key });
}

function expectCoded({ status, errors }: SubgraphAnswer, query: string): void {
  const isCoded = errors.every(({ extensions }) => typeof extensions?.code === 'string');
  expectThat(errors.length > 0 && isCoded, `errors with extensions.code for ${query}`, {
    status,
    errors,
  });
  const isClean = !/"(stacktrace|exception)"| at .*:\d+:\d+/.test(JSON.stringify(errors));
  expectThat(isClean, 'errors without a stack trace', errors);
}
