import type { LaneRefusal } from './lane-decision.ts';
import type { LaneQuestion, SubgraphQuestion } from './lane-question.ts';

/** One condition: what it refuses, and nothing of what others do. Undefined: it holds. */
export type LaneRule =
  | DocumentRule
  | SubgraphRule
  /** By this the plan is asked for, and names the subgraph. */
  | { readonly name: string; readonly about: 'plan' };

/** Of what is asked, whoever is to answer it. */
export interface DocumentRule {
  readonly name: string;
  readonly about: 'document';
  refuse(question: LaneQuestion): LaneRefusal | undefined;
}

/** Of what is asked of one subgraph. */
export interface SubgraphRule {
  readonly name: string;
  readonly about: 'subgraph';
  refuse(question: SubgraphQuestion): LaneRefusal | undefined;
}
