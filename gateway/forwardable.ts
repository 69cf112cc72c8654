import { getOperationAST, OperationTypeNode } from 'graphql';
import type {
  AnsweredDocument,
  LaneDecision,
  LaneGraph,
  LaneRefusal,
  LaneRefused,
} from './lane-decision.ts';
import { needsViewer } from './lane-identity.ts';
import { type LaneQuestion, questionOf } from './lane-question.ts';
import type { LaneRule } from './lane-rule.ts';
import { documentRules } from './lane-rules-document.ts';
import { inputRules } from './lane-rules-input.ts';
import { outputRules } from './lane-rules-output.ts';

/** 3: the planner decides who answers what several subgraphs could, so both lanes ask the same one. */
const oneFetch: LaneRule = { name: 'one-fetch', about: 'plan' };

/** All must hold; the cheap ones come first. By their names docs/fast-lane.md explains them. */
export const laneRules: readonly LaneRule[] = [
  ...documentRules,
  oneFetch,
  ...outputRules,
  ...inputRules,
];

/**
 * Whether one subgraph answers a document as the gateway would, and what it is asked then.
 *
 * Shape: knows the good case only; whatever it does not understand is refused.
 * `rules` is for tests, which see what goes wrong without one of them.
 * Cost: a walk over the operation, two validations and a plan; once a document.
 */
export function decide(
  graph: LaneGraph,
  answered: AnsweredDocument,
  rules: readonly LaneRule[] = laneRules,
): LaneDecision {
  const operation = getOperationAST(answered.document, answered.operationName);
  if (operation == null) return refused('unsupported-operation');
  const question = questionOf(graph, answered, operation);
  const wrong = refusalOf(question, rules) ?? forwarded(question, rules);
  return typeof wrong === 'string' ? refused(wrong) : wrong;
}

function refused(reason: LaneRefusal): LaneRefused {
  return { kind: 'refuse', reason };
}

function refusalOf(question: LaneQuestion, rules: readonly LaneRule[]): LaneRefusal | undefined {
  for (const rule of rules) {
    const reason = rule.about === 'document' ? rule.refuse(question) : undefined;
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function forwarded(question: LaneQuestion, rules: readonly LaneRule[]): LaneDecision | LaneRefusal {
  const candidates = candidatesOf(question, rules);
  if (typeof candidates === 'string') return candidates;
  let reason: LaneRefusal = 'unknown-subgraph';
  for (const subgraph of candidates) {
    const wrong = refusalThere(question, subgraph, rules);
    if (wrong === undefined) return forwardTo(subgraph, question);
    reason = wrong;
  }
  return reason;
}

/** Who may be asked: whom the plan names. Without that rule anybody who passes the others. */
function candidatesOf(
  { graph, text }: LaneQuestion,
  rules: readonly LaneRule[],
): readonly string[] | LaneRefusal {
  if (!rules.includes(oneFetch)) return [...graph.subgraphs.keys()];
  try {
    const plan = graph.plan(text, null);
    return plan === null ? 'several-fetches' : [plan.subgraph];
  } catch {
    // The normal lane cannot plan it either, and answers that.
    return 'unplannable';
  }
}

function refusalThere(
  question: LaneQuestion,
  subgraph: string,
  rules: readonly LaneRule[],
): LaneRefusal | undefined {
  const schema = question.graph.subgraphs.get(subgraph);
  if (schema === undefined) return 'unknown-subgraph';
  const there = { ...question, subgraph, schema };
  for (const rule of rules) {
    const reason = rule.about === 'subgraph' ? rule.refuse(there) : undefined;
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function forwardTo(subgraph: string, question: LaneQuestion): LaneDecision {
  const isMutation = question.operation.operation === OperationTypeNode.MUTATION;
  return {
    kind: 'forward',
    subgraph,
    text: question.text,
    operation: isMutation ? 'mutation' : 'query',
    needsViewer: needsViewer(question),
  };
}
