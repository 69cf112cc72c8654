import { createRequire } from 'node:module';
import { buildASTSchema, type GraphQLSchema, parse } from 'graphql';
import type { Logger } from '../runtime/log.ts';
import { publicSchemaOf } from '../schema/public-schema.ts';
import { costMaxDefault } from './cost-limit.ts';
import type { LaneGraph, LanePlan } from './lane-decision.ts';
import { subgraphSchema } from './subgraph-schema.ts';

export interface LaneGraphSources {
  /** As it is served. */
  supergraph: string;
  /** What each subgraph says of itself, by its name in the supergraph; others are not forwarded to. */
  sdls: ReadonlyMap<string, string>;
  planner: PlannerClass;
  log: Logger;
  /** @default costMaxDefault */
  costMax?: number | undefined;
}

/**
 * What the decisions for one supergraph rest on.
 *
 * Errors: throws for a supergraph that is not valid; an SDL that is none is logged, and left out.
 * Cost: some 20 ms.
 */
export function createLaneGraph(sources: LaneGraphSources): LaneGraph {
  const document = parse(sources.supergraph);
  const planner = new sources.planner(sources.supergraph);
  return {
    api: publicSchemaOf(document),
    supergraph: buildASTSchema(document, { assumeValidSDL: true }),
    subgraphs: schemasOf(sources),
    costMax: sources.costMax ?? costMaxDefault,
    plan: (text, operationName) => planOf(planner.plan(text, operationName, noLabels, 0)),
  };
}

/** As the gateway runs: it knows no label. What has one is not forwarded. */
const noLabels: ReadonlySet<string> = new Set();

function schemasOf({ sdls, log }: LaneGraphSources): ReadonlyMap<string, GraphQLSchema> {
  const schemas = new Map<string, GraphQLSchema>();
  for (const [subgraph, sdl] of sdls) {
    try {
      schemas.set(subgraph, subgraphSchema(sdl));
    } catch (error) {
      log.warn({ err: error, subgraph }, 'no fast lane to a subgraph whose SDL cannot be read');
    }
  }
  return schemas;
}

/** What the runtime's native planner is, as far as it matters here. */
export type PlannerClass = new (
  supergraph: string,
) => {
  plan(
    text: string,
    operationName: string | null,
    labels: ReadonlySet<string>,
    percentage: number,
  ): { node?: PlanNode };
};

interface PlanNode {
  kind: string;
  serviceName?: string;
  requires?: readonly unknown[];
  inputRewrites?: readonly unknown[];
  outputRewrites?: readonly unknown[];
}

function planOf({ node }: { node?: PlanNode }): LanePlan {
  if (node?.kind !== 'Fetch' || node.serviceName === undefined) return null;
  const { requires = [], inputRewrites = [], outputRewrites = [] } = node;
  const isPlain = requires.length + inputRewrites.length + outputRewrites.length === 0;
  return isPlain ? { subgraph: node.serviceName } : null;
}

/** The runtime's own, of the release that it plans with; undefined where the platform has no binary. */
export async function openPlanner(): Promise<PlannerClass | undefined> {
  try {
    const { resolve } = createRequire(import.meta.resolve('@graphql-hive/router-runtime'));
    return (await import(resolve('@graphql-hive/router-query-planner'))).QueryPlanner;
  } catch {
    return undefined;
  }
}
