import { type DirectiveNode, Kind, OperationTypeNode, validate, visit } from 'graphql';
import { costBound } from './cost.ts';
import { isGuardedBy } from './lane-identity.ts';
import type { LaneQuestion } from './lane-question.ts';
import type { DocumentRule } from './lane-rule.ts';

/** What is asked, whoever is to answer it. */
export const documentRules: readonly DocumentRule[] = [
  {
    /** 2: a subscription has more than one answer. */
    name: 'query-or-mutation',
    about: 'document',
    refuse: ({ operation }) =>
      operation.operation === OperationTypeNode.SUBSCRIPTION ? 'unsupported-operation' : undefined,
  },
  {
    /** 1: it was valid when it was answered, and the graph may be another by now. */
    name: 'valid',
    about: 'document',
    refuse: ({ graph, answered }) =>
      validate(graph.api, answered.document).length === 0 ? undefined : 'not-valid',
  },
  {
    /** 1: what a document costs is looked at once, so it must be allowed with all variables. */
    name: 'known-cost',
    about: 'document',
    refuse: (question) => (isAffordable(question) ? undefined : 'variable-cost'),
  },
  {
    /** 9: a subgraph would tell of itself; and names that clients read as if the gateway had said them. */
    name: 'no-introspection',
    about: 'document',
    refuse: (question) => (hasIntrospection(question) ? 'introspection' : undefined),
  },
  {
    /** 10: what others mean is between the client and the gateway. */
    name: 'plain-directives',
    about: 'document',
    refuse: (question) => (hasOtherDirectives(question) ? 'directive' : undefined),
  },
  {
    /** 11: what a token must say for these, the normal lane looks at. */
    name: 'no-scopes',
    about: 'document',
    refuse: (question) =>
      isGuardedBy(question, 'requiresScopes') || isGuardedBy(question, 'policy')
        ? 'scopes'
        : undefined,
  },
];

function isAffordable({ graph, answered }: LaneQuestion): boolean {
  try {
    const most = costBound(graph.supergraph, answered);
    return most !== undefined && most <= graph.costMax;
  } catch {
    // A literal null in the place of a default: the normal lane words it.
    return false;
  }
}

function hasIntrospection({ fields }: LaneQuestion): boolean {
  const isMeta = (name: string | undefined) => name?.startsWith('__') ?? false;
  if (fields.some(({ node }) => isMeta(node.alias?.value))) return true;
  const meta = fields.filter(({ node }) => isMeta(node.name.value));
  const isAllMeta = meta.length === fields.length;
  return isAllMeta || meta.some(({ node }) => node.name.value !== '__typename');
}

const plainDirectives: readonly string[] = ['skip', 'include'];

function hasOtherDirectives({ operation, fragments }: LaneQuestion): boolean {
  const onDefinitions = [operation, ...(operation.variableDefinitions ?? []), ...fragments];
  if (onDefinitions.some(({ directives = [] }) => directives.length > 0)) return true;
  let others = 0;
  const count = ({ name }: DirectiveNode) => {
    if (!plainDirectives.includes(name.value)) others += 1;
  };
  for (const definition of [operation, ...fragments])
    visit(definition, { [Kind.DIRECTIVE]: count });
  return others > 0;
}
