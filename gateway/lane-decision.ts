import type { DocumentNode, GraphQLSchema } from 'graphql';

/** Everything a decision rests on; one for each supergraph, and for each release of a subgraph. */
export interface LaneGraph {
  /** A: what clients see. */
  readonly api: GraphQLSchema;
  /** S, with its `join__` directives. */
  readonly supergraph: GraphQLSchema;
  /** G by its name in the supergraph (`playback`): what each subgraph says of itself. */
  readonly subgraphs: ReadonlyMap<string, GraphQLSchema>;
  /** What one operation may cost, as in the normal lane. */
  readonly costMax: number;
  /** The plan of the normal lane. Errors: throws for what cannot be planned. */
  plan(text: string, operationName: string | null): LanePlan;
}

/** The one fetch that a plan consists of; null: it is anything else. */
export type LanePlan = { readonly subgraph: string } | null;

/** A document that the normal lane has answered before: parsed, valid by its rules, within its limits. */
export interface AnsweredDocument {
  readonly document: DocumentNode;
  readonly operationName: string | null;
}

/** Once for each document: whether one subgraph can answer it as the gateway would. */
export type LaneDecision = LaneForward | LaneRefused;

export interface LaneForward {
  readonly kind: 'forward';
  readonly subgraph: string;
  /** What it is asked: this operation and the fragments it reaches, printed. */
  readonly text: string;
  readonly operation: 'query' | 'mutation';
  /** Something in it is `@authenticated`: without a valid token the normal lane says so. */
  readonly needsViewer: boolean;
}

export interface LaneRefused {
  readonly kind: 'refuse';
  readonly reason: LaneRefusal;
}

/** Why not: labels of a counter, therefore a closed list. By the numbers of docs/fast-lane.md. */
export type LaneRefusal = (typeof laneRefusals)[number];

export const laneRefusals = [
  'not-valid',
  'variable-cost',
  'unsupported-operation',
  'several-fetches',
  'unplannable',
  'unknown-subgraph',
  'field-of-another',
  'different-output',
  'different-input',
  'different-values',
  'abstract-type',
  'introspection',
  'directive',
  'scopes',
  'not-valid-there',
] as const;
