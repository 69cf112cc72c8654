import { composeServices, compositionHasErrors } from '@theguild/federation-composition';
import { parse } from 'graphql';
import { decide, laneRules } from '../../gateway/forwardable.ts';
import type { LaneDecision, LaneGraph } from '../../gateway/lane-decision.ts';
import { createLaneGraph, openPlanner } from '../../gateway/lane-graph.ts';
import { createLog } from '../../runtime/log.ts';

const federation = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key", "@shareable", "@inaccessible", "@override", "@requires", "@provides", "@external",
  "@interfaceObject", "@authenticated", "@requiresScopes", "@policy", "@cost", "@listSize"
])`;

/** The supergraph of subgraphs made for one test, and these with the lines that they go without. */
export function composed(sdls: Readonly<Record<string, string>>): Composed {
  const whole = new Map(
    Object.entries(sdls).map(([name, sdl]) => [name, `${federation}\n${sdl}`] as const),
  );
  const result = composeServices(
    [...whole].map(([name, sdl]) => ({ name, url: `http://${name}`, typeDefs: parse(sdl) })),
  );
  if (compositionHasErrors(result)) throw new Error(result.errors.map(String).join('\n'));
  return { supergraph: result.supergraphSdl, sdls: whole };
}

export interface Composed {
  supergraph: string;
  sdls: ReadonlyMap<string, string>;
}

export interface LaneGraphOptions {
  costMax?: number;
  /** Subgraphs that said what they are; @default all */
  known?: readonly string[];
}

export async function laneGraph(
  { supergraph, sdls }: Composed,
  { costMax, known }: LaneGraphOptions = {},
): Promise<LaneGraph> {
  const planner = await openPlanner();
  if (planner === undefined) throw new Error('There is no native planner for this platform.');
  const log = createLog({ level: 'silent', part: 'test' });
  const told = new Map([...sdls].filter(([name]) => known?.includes(name) ?? true));
  return createLaneGraph({ supergraph, sdls: told, planner, log, costMax });
}

/** What `decide` says of a text, by all rules but `without`. */
export function decided(
  graph: LaneGraph,
  text: string,
  {
    operationName = null,
    without = [],
  }: { operationName?: string | null; without?: readonly string[] } = {},
): LaneDecision {
  const rules = laneRules.filter(({ name }) => !without.includes(name));
  return decide(graph, { document: parse(text), operationName }, rules);
}
