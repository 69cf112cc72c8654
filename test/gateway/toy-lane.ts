import { parse } from 'graphql';
import { FastLane, type FastLaneOptions, type LaneDocuments } from '../../gateway/fast-lane.ts';
import type { LaneDecision } from '../../gateway/lane-decision.ts';
import type { LaneAnswer, LaneRequest, LaneUpstream } from '../../gateway/lane-upstream.ts';
import type { Subgraph } from '../../runtime/subgraph.ts';
import type { ToyContext } from './toy-subgraphs.ts';

type LaneParts = Pick<FastLaneOptions, 'verifier' | 'metrics' | 'log' | 'rates'> & {
  isProduction?: boolean;
};

/**
 * The real lane over one toy subgraph, without its rules: it forwards what it is told to forward, once it is
 * told, and does not reach its subgraph on demand.
 */
export class ToyLane implements LaneDocuments, LaneUpstream {
  readonly generation = 1;
  readonly isReady = true;
  /** Operations that it was asked for; of the last one, the request. */
  asked = 0;
  last: LaneRequest | undefined;
  /** Leaves everything to the normal lane, once it has looked at it. */
  isUnreachable = false;
  isBroken = false;
  hasGraph = true;
  readonly #decisions = new Map<string, LaneDecision>();
  #subgraph: Subgraph<ToyContext> | undefined;

  /** What a gateway is served with. */
  open(subgraph: Subgraph<ToyContext>, parts: LaneParts): { lane: FastLane } {
    this.#subgraph = subgraph;
    const upstreams = new Map([['playback', this]]);
    const upstreamOf = (name: string) => upstreams.get(name);
    const generationOf = () => this.generation;
    const { isProduction = false } = parts;
    const reached = { upstreams, upstreamOf, generationOf };
    const options = { ...parts, ...reached, documents: this, isProduction };
    return { lane: new FastLane(options as FastLaneOptions) };
  }

  forward(...texts: readonly string[]): void {
    for (const text of texts) {
      const [definition] = parse(text).definitions;
      const operation = (definition as { operation?: 'query' | 'mutation' }).operation ?? 'query';
      const decision = { kind: 'forward', subgraph: 'playback', text, operation } as const;
      this.#decisions.set(text, { ...decision, needsViewer: false });
    }
  }

  find(text: string): LaneDecision | undefined {
    return this.#decisions.get(text);
  }

  async ask(request: LaneRequest): Promise<LaneAnswer> {
    this.asked += 1;
    this.last = request;
    if (this.isBroken) throw new Error('The lane is broken.');
    if (this.isUnreachable || this.#subgraph === undefined) return { kind: 'unsent' };
    const { text: query, variables = {}, authorization } = request;
    const contextValue = await this.#subgraph.contextFor({ authorization });
    const answer = await this.#subgraph.server.executeOperation(
      { query, variables },
      { contextValue },
    );
    const { singleResult } = answer.body as { singleResult?: object };
    return { kind: 'answered', body: Buffer.from(JSON.stringify(singleResult)) };
  }

  async close(): Promise<void> {}
}
