import { beforeAll, describe, expect, it } from '@jest/globals';
import { buildSchema, type GraphQLSchema, parse, printSchema, validate } from 'graphql';
import { documentLimits } from '../../gateway/document-limits.ts';
import { composeSupergraph } from '../../schema/compose.ts';
import { firstSeed } from '../support/seeds.ts';
import { type Feature, features } from './features.ts';
import { type GeneratedOperation, Operations } from './operations.ts';
import { ownSubgraphs } from './own-graph.ts';
import { variantSubgraphs } from './variant-graph.ts';

/** Of one seed after the other: enough that what comes once in a hundred times comes. */
const operationsCount = 400;

const graphs = { own: ownSubgraphs, variant: async () => variantSubgraphs };

describe.each(Object.entries(graphs))('operations over the %s graph', (_name, subgraphsOf) => {
  let schema: GraphQLSchema;
  let generated: GeneratedOperation[];
  beforeAll(async () => {
    const sources = Object.entries(await subgraphsOf()).map(([name, typeDefs]) => {
      return { name, typeDefs, url: 'http://127.0.0.1:9/graphql' };
    });
    schema = buildSchema(composeSupergraph(sources).api);
    const operations = new Operations(schema);
    generated = Array.from({ length: operationsCount }, (_, index) =>
      operations.of(firstSeed + index),
    );
  });

  it('are valid', () => {
    const faults = generated.flatMap(({ seed, query }) =>
      validate(schema, parse(query)).map(({ message }) => ({ seed, message })),
    );
    expect(faults).toEqual([]);
  });

  it('stay within the limits of documents', () => {
    const { tokensMax } = documentLimits;
    const tooLong = generated.filter(({ query }) => tokensIn(query) > tokensMax);
    expect(tooLong.map(({ seed }) => seed)).toEqual([]);
  });

  it('hold each of what they are made for', () => {
    const counted = new Map<Feature, number>(features.map((feature) => [feature, 0]));
    for (const { holds } of generated) {
      for (const feature of holds) counted.set(feature, (counted.get(feature) ?? 0) + 1);
    }
    const rare = [...counted].filter(([, count]) => count < operationsCount / 100);
    expect({ firstSeed, rare }).toEqual({ firstSeed, rare: [] });
  });

  it('are decided by their seeds', () => {
    const again = new Operations(buildSchema(printSchema(schema))).of(firstSeed);
    expect(again).toEqual(generated[0]);
  });
});

function tokensIn(query: string): number {
  let count = 0;
  for (let token = parse(query).loc?.startToken; token != null; token = token.next ?? undefined) {
    count += 1;
  }
  return count;
}
