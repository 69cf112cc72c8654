import type { GraphQLSchema } from 'graphql';
import { areAlike } from './alike.ts';
import { hiddenInputsOf } from './input-values.ts';
import { type LaneAnswer, shown, type ToldGateway } from './lane-gateways.ts';
import { normalFaultOf } from './normal-faults.ts';
import { type GeneratedOperation, Operations } from './operations.ts';

/** Times an operation is sent until the lane has decided: the decision is made behind an answer. */
const triesMax = 5;
/** More are not kept waiting for a decision. */
const batchSize = 24;
/** Answers of the lane to what it has not decided, or never will: the normal lane refused the document. */
const undecided = 'unknown-document';

export interface Difference {
  readonly seed: number;
  readonly query: string;
  readonly variables: unknown;
  readonly operationName: string | undefined;
  readonly normal: LaneAnswer;
  readonly lane: LaneAnswer;
}

/** What became of all operations. */
export interface Tally {
  /** By what the lane did: `forwarded`, or why not. */
  readonly ways: Record<string, number>;
  /** Answers that differ by a fault of the normal lane, by its name. */
  readonly faults: Record<string, number>;
  /** Forwarded ones whose answers hold errors. */
  failed: number;
  readonly differences: Difference[];
}

/** Sends the same operations to both lanes of a gateway. */
export class Comparison {
  readonly tally: Tally = { ways: {}, faults: {}, failed: 0, differences: [] };
  readonly #gateway: ToldGateway;
  readonly #operations: Operations;

  constructor(gateway: ToldGateway) {
    this.#gateway = gateway;
    const near = schemasOf(gateway);
    const hidden = hiddenInputsOf(gateway.api, near);
    this.#operations = new Operations(gateway.api, { near, hidden });
  }

  /** In batches: while the normal lane answers the others, one after the other is decided. */
  async of(seeds: readonly number[]): Promise<void> {
    for (let from = 0; from < seeds.length; from += batchSize) {
      const operations = seeds
        .slice(from, from + batchSize)
        .map((seed) => this.#operations.of(seed));
      const answers = await Promise.all(
        operations.map((operation) => this.#gateway.askNormally(operation)),
      );
      for (const [index, operation] of operations.entries()) {
        await this.#compare(operation, shown(answers[index]!));
      }
    }
  }

  async #compare(operation: GeneratedOperation, normal: LaneAnswer): Promise<void> {
    const { answer, subgraph, refusal } = await this.#askLane(operation);
    const lane = shown(answer);
    count(this.tally.ways, subgraph === undefined ? (refusal ?? 'nothing') : 'forwarded');
    if (subgraph !== undefined && lane.errors !== undefined) this.tally.failed += 1;
    if (areAlike(normal, lane)) return;
    const told = subgraph === undefined ? undefined : this.#gateway.subgraphs.get(subgraph);
    const fault = told && (await normalFaultOf({ operation, normal, lane, subgraph: told }));
    if (fault !== undefined) return count(this.tally.faults, fault);
    const { seed, query, variables, operationName } = operation;
    this.tally.differences.push({ seed, query, variables, operationName, normal, lane });
  }

  async #askLane(operation: GeneratedOperation) {
    let laned = await this.#gateway.askLane(operation);
    for (let tries = 1; laned.refusal === undecided && tries < triesMax; tries += 1) {
      laned = await this.#gateway.askLane(operation);
    }
    return laned;
  }
}

export function schemasOf({ subgraphs }: ToldGateway): readonly GraphQLSchema[] {
  return [...subgraphs.values()].map(({ schema }) => schema);
}

function count(counts: Record<string, number>, what: string): void {
  counts[what] = (counts[what] ?? 0) + 1;
}
