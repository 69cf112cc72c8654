import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OperationTypeNode, parse, print, validate } from 'graphql';
import { decide, laneRules } from '../../gateway/forwardable.ts';
import type { LaneDecision, LaneForward, LaneGraph } from '../../gateway/lane-decision.ts';
import { createLaneGraph, openPlanner } from '../../gateway/lane-graph.ts';
import { createLog } from '../../runtime/log.ts';
import { areAlike } from './alike.ts';
import { schemasOf } from './comparison.ts';
import { directAnswer } from './direct-answer.ts';
import type { Steering } from './generator-options.ts';
import { guardedSubgraphs } from './guarded-graph.ts';
import { hiddenInputsOf } from './input-values.ts';
import { askerOf, openToldGateway, shown, type ToldGateway } from './lane-gateways.ts';
import { normalFaultOf } from './normal-faults.ts';
import { type GeneratedOperation, Operations } from './operations.ts';

/** A subgraph validates what it is asked, and answers no data for what is not valid there. */
const subgraphItself = 'the subgraph itself';

interface Planted {
  /** The rule. */
  readonly rule: string;
  /** Others that see the same: without all of them, and not without fewer, something is answered wrongly. */
  readonly coveredBy?: readonly string[];
  readonly steering?: Steering;
  /** Operations over what this subgraph has, rather than over what clients see. */
  readonly over?: string;
  /** What an operation may cost. */
  readonly costMax?: number;
}

const planted: readonly Planted[] = [
  {
    rule: 'query-or-mutation',
    coveredBy: ['one-fetch'],
    steering: { root: OperationTypeNode.SUBSCRIPTION },
  },
  { rule: 'valid', over: 'shop', steering: { fields: ['Query.whisper'] } },
  { rule: 'known-cost', costMax: 20 },
  { rule: 'no-introspection', coveredBy: ['one-fetch'], steering: { isCurious: true } },
  { rule: 'plain-directives', steering: { directive: 'loud' } },
  { rule: 'no-scopes', steering: { fields: ['Query.vault'] } },
  { rule: 'one-fetch', steering: { fields: ['Query.shared'] } },
  { rule: 'own-fields', coveredBy: ['one-fetch'], steering: { fields: ['Book.weight'] } },
  {
    rule: 'equal-output',
    coveredBy: ['valid'],
    over: 'shop',
    steering: { fields: ['Query.hiddenShelf', 'Shelf.name'] },
  },
  { rule: 'known-values', steering: { fields: ['Query.cut'] } },
  { rule: 'equal-conditions', coveredBy: ['one-fetch'], steering: { fields: ['Query.best'] } },
  {
    rule: 'valid-there',
    coveredBy: [subgraphItself, 'one-fetch', 'own-fields', 'equal-output'],
    steering: { fields: ['Query.shared', 'Query.now'] },
  },
  { rule: 'equal-input', steering: { fields: ['Query.dye'] } },
];

/** From 1 on; each is caught among the first hundred. */
const seedsMax = 150;
const costMaxes = [undefined, ...new Set(planted.flatMap(({ costMax }) => costMax ?? []))];

const log = createLog({ level: 'silent', part: 'test' });

interface Opened {
  readonly gateway: ToldGateway;
  readonly graph: LaneGraph;
}

describe('without a rule of the lane', () => {
  const opened = new Map<number | undefined, Opened>();
  beforeAll(async () => {
    for (const costMax of costMaxes) opened.set(costMax, await open(costMax));
  });
  afterAll(async () => {
    for (const { gateway } of opened.values()) await gateway.close();
  });

  it('all of them are planted here', () => {
    const rules = planted.map(({ rule }) => rule);
    expect(rules.sort()).toEqual(laneRules.map(({ name }) => name).sort());
  });

  it.each(planted.map((plant) => ({ ...plant, title: titleOf(plant) })))(
    '$title something else is answered without',
    async (plant) => {
      const found = await look(opened.get(plant.costMax)!, plant);
      expect(found).toMatchObject({ rule: plant.rule, difference: { lane: { status: 200 } } });
    },
  );

  it.each([
    ['nobody', 0],
    ['a viewer', 1],
  ])('scopes are asked for in vain by %s: no viewer has any', async (_who, seed) => {
    const { gateway } = opened.get(undefined)!;
    const asked = { seed, query: '{ vault }', operationName: undefined, variables: {} };
    const answer = await gateway.askNormally({ ...asked, holds: new Set() });
    expect(answer).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
  });
});

function titleOf({ rule, coveredBy = [] }: Planted): string {
  return coveredBy.length === 0 ? `${rule}:` : `${rule}, covered by ${coveredBy.join(', ')}:`;
}

/** Goes through the operations up to the first that is answered differently. */
async function look(of: Opened, plant: Planted) {
  const operations = operationsOf(plant, of);
  let forwarded = 0;
  for (let seed = 1; seed <= seedsMax; seed += 1) {
    // Sockets that were kept open too long are closed meanwhile.
    await setImmediate();
    const operation = operations.of(seed);
    const decision = wronglyForwarded(of.graph, operation, plant);
    if (decision === undefined) continue;
    forwarded += 1;
    const { gateway } = of;
    const difference = await differenceOf({ gateway, operation, decision, plant });
    const { rule } = plant;
    if (difference !== undefined) return { rule, seed, forwarded, difference };
  }
  return { rule: plant.rule, forwarded };
}

async function open(costMax: number | undefined): Promise<Opened> {
  const gateway = await openToldGateway({
    subgraphs: guardedSubgraphs,
    seed: 1,
    shape: 'embedded',
    ...(costMax !== undefined && { costMax }),
  });
  const planner = await openPlanner();
  if (planner === undefined) throw new Error('There is no native planner for this platform.');
  const sdls = new Map(Object.entries(guardedSubgraphs).map(([name, sdl]) => [name, print(sdl)]));
  const { supergraph } = gateway;
  return {
    gateway,
    graph: createLaneGraph({ supergraph, sdls, planner, log, costMax: costMax ?? 1e12 }),
  };
}

function operationsOf({ over, steering = {} }: Planted, { gateway, graph }: Opened): Operations {
  const there = over === undefined ? undefined : graph.subgraphs.get(over);
  const near = there === undefined ? schemasOf(gateway) : [];
  const hidden = hiddenInputsOf(gateway.api, schemasOf(gateway));
  return new Operations(there ?? gateway.api, { near, hidden, steering, unfitPercent: 30 });
}

/** What the lane would do without all of the rules, if it does so only then. */
function wronglyForwarded(
  graph: LaneGraph,
  operation: GeneratedOperation,
  { rule, coveredBy = [] }: Planted,
): LaneForward | undefined {
  const answered = {
    document: parse(operation.query),
    operationName: operation.operationName ?? null,
  };
  const without = (names: readonly string[]): LaneDecision =>
    decide(
      graph,
      answered,
      laneRules.filter(({ name }) => !names.includes(name)),
    );
  const removed = [rule, ...coveredBy];
  const decision = without(removed);
  if (decision.kind === 'refuse') return undefined;
  const fewer = removed.map((kept) =>
    removed.filter((name) => name !== kept && name !== subgraphItself),
  );
  const isForwardedAnyway = fewer.some(
    (names, index) =>
      removed[index] !== subgraphItself && isDeepStrictEqual(without(names), decision),
  );
  return isForwardedAnyway ? undefined : decision;
}

interface Asked {
  readonly gateway: ToldGateway;
  readonly operation: GeneratedOperation;
  readonly decision: LaneForward;
  readonly plant: Planted;
}

async function differenceOf({ gateway, operation, decision, plant }: Asked) {
  const subgraph = gateway.subgraphs.get(decision.subgraph)!;
  const profileId = askerOf(operation);
  // The normal lane answers both.
  if (decision.needsViewer && profileId === undefined) return undefined;
  const isValidThere = validate(subgraph.schema, parse(decision.text)).length === 0;
  if (!isValidThere && plant.coveredBy?.includes(subgraphItself) !== true) return undefined;
  const { variables } = operation;
  const answer = await directAnswer(subgraph, { text: decision.text, variables, profileId });
  if (answer === null) return undefined;
  const [normal, lane] = [shown(await gateway.askNormally(operation)), shown(answer)];
  if (areAlike(normal, lane)) return undefined;
  const fault = await normalFaultOf({ operation, normal, lane, subgraph });
  return fault === undefined ? { normal, lane } : undefined;
}
