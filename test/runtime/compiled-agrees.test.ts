import { buildSubgraphSchema } from '@apollo/subgraph';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  type DocumentNode,
  execute,
  type GraphQLFormattedError,
  type GraphQLSchema,
  parse,
  validate,
} from 'graphql';
import { compilableSchema } from '../../runtime/compilable-schema.ts';
import { toGraphQLError } from '../../runtime/graphql-errors.ts';
import { KnownOperations } from '../../runtime/known-operations.ts';
import { createLog } from '../../runtime/log.ts';
import { readSubgraph } from '../../schema/subgraph-source.ts';
import { Chance } from '../support/chance.ts';
import { firstSeed, seedToReplay } from '../support/seeds.ts';
import { type RandomOperation, RandomOperations } from './random-operations.ts';
import { RandomResolvers } from './random-resolvers.ts';
import { unusualSchema } from './unusual-schema.ts';

/**
 * Random operations, run by graphql-js and as a subgraph runs what it knows: with equal data and errors.
 * Each is run under its own seed: SEED=… replays one.
 */
const operationsCount = 150;
const log = createLog({ level: 'silent', part: 'test' });

interface Subject {
  plain: GraphQLSchema;
  known: KnownOperations<number>;
}

function subjectOf(typeDefs: DocumentNode, faults: number): Subject {
  const build = () => {
    const schema = buildSubgraphSchema([{ typeDefs }]);
    new RandomResolvers(schema, faults).install();
    return schema;
  };
  const plain = build();
  const compilable = compilableSchema(build());
  const options = { schema: plain, compilable, runsBeforeCompiling: 0, log };
  return { plain, known: new KnownOperations(options) };
}

interface Answered {
  data: unknown;
  errors: readonly GraphQLFormattedError[];
}

interface Compared {
  isCompiled: boolean;
  isRefused: boolean;
  hasErrors: boolean;
}

async function compare(subject: Subject, operation: RandomOperation, seed: number) {
  const { text, operationName, variables } = operation;
  const document = parse(text);
  if (validate(subject.plain, document).length > 0) return undefined;
  const given = JSON.stringify(variables);
  const result = await execute({
    schema: subject.plain,
    document,
    operationName,
    variableValues: JSON.parse(given),
    contextValue: seed,
  });
  const known = subject.known.prepare(text, operationName);
  if (known === undefined) throw new Error('It is valid, and not known.');
  const answer = await subject.known.run(known, variables, seed);
  expect(JSON.stringify(variables)).toBe(given);
  const errors = result.errors?.map((error) => toGraphQLError(error, log).toJSON());
  if (result.data === undefined) expect(answer).toBeNull();
  else expect(seen(answer)).toEqual(seen({ data: result.data, errors: errors ?? [] }));
  return {
    isCompiled: known.compiled != null,
    isRefused: answer === null,
    hasErrors: errors !== undefined,
  };
}

/** Request ids are made up; the order of errors, and which of several made a place null, are chance. */
function seen(answer: unknown): Answered {
  const { data, errors = [] } = JSON.parse(JSON.stringify(answer)) as Partial<Answered>;
  const shown = errors.map(({ message, locations, path = [], extensions }) => {
    const { requestId: _, ...rest } = extensions ?? {};
    const nulled = nulledAbove(data, path);
    return nulled === undefined
      ? JSON.stringify({ message, locations, path, rest })
      : JSON.stringify({ nulled });
  });
  return { data, errors: [...new Set(shown)].sort() as never };
}

/** The place above `path` where the answer ends already. */
function nulledAbove(data: unknown, path: readonly (string | number)[]) {
  let value = data;
  for (const [index, key] of path.entries()) {
    if (value === null) return path.slice(0, index);
    value = (value as Record<string | number, unknown>)[key];
  }
  return undefined;
}

async function compareMany(subject: Subject, counted: { seed: number; count: number }) {
  const compared: Compared[] = [];
  for (let index = 0; index < counted.count; index += 1) {
    const seed = counted.seed + index;
    const operation = new RandomOperations(subject.plain, new Chance(seed)).next();
    try {
      const one = await compare(subject, operation, seed);
      if (one !== undefined) compared.push(one);
    } catch (cause) {
      const replay = `SEED=${seed}\n${operation.text}\n${JSON.stringify(operation.variables)}`;
      throw new Error(`${replay}\n${(cause as Error).message}`, { cause });
    }
  }
  return compared;
}

let playback: DocumentNode;
beforeAll(async () => {
  playback = (await readSubgraph('playback')).typeDefs;
});

describe('operations run as compiled code', () => {
  const count = seedToReplay === undefined ? operationsCount : 1;
  const cases: [what: string, typeDefs: () => DocumentNode, faults: number][] = [
    ['the playback schema', () => playback, 0],
    ['the playback schema, where much fails', () => playback, 0.06],
    ['a schema with what ours lacks', () => unusualSchema, 0],
    ['a schema with what ours lacks, where much fails', () => unusualSchema, 0.06],
  ];

  it.each(cases)('are answered as graphql-js answers them: %s', async (_what, typeDefs, faults) => {
    const subject = subjectOf(typeDefs(), faults);
    const compared = await compareMany(subject, { seed: firstSeed, count });
    if (seedToReplay !== undefined) return;
    const share = (is: (one: Compared) => boolean) => compared.filter(is).length / compared.length;
    expect(compared.length).toBeGreaterThan(count / 2);
    expect(share(({ isCompiled }) => isCompiled)).toBeGreaterThan(0.5);
    expect(share(({ isRefused }) => isRefused)).toBeLessThan(0.4);
    if (faults > 0) expect(share(({ hasErrors }) => hasErrors)).toBeGreaterThan(0.2);
  });
});
