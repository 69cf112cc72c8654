import {
  type GraphQLNamedType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  Kind,
  type TypeNode,
} from 'graphql';
import { fieldOf, type SubgraphQuestion } from './lane-question.ts';
import type { SubgraphRule } from './lane-rule.ts';
import { defaultOf, kindOf } from './lane-rules-output.ts';

/** What is sent must mean the same to the gateway and the subgraph. */
export const inputRules: readonly SubgraphRule[] = [
  {
    /**
     * 6: variables come with each request, when nobody looks at them but the subgraph: they could hold what
     * it takes and the gateway does not.
     */
    name: 'equal-input',
    about: 'subgraph',
    refuse: (question) => (hasEqualInputs(question) ? undefined : 'different-input'),
  },
];

function hasEqualInputs(question: SubgraphQuestion): boolean {
  const { graph, schema } = question;
  const seen = new Set<string>();
  const waiting = [...namesOfInputs(question)];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const [ours, theirs] = [graph.api.getType(name), schema.getType(name)];
    if (ours === undefined || theirs === undefined) return false;
    if (signatureOf(ours) !== signatureOf(theirs)) return false;
    waiting.push(...typesIn(ours));
  }
  return true;
}

/** Of the variables, and of what the fields take. */
function namesOfInputs({ operation, fields, graph }: SubgraphQuestion): readonly string[] {
  const ofVariables = (operation.variableDefinitions ?? []).map(({ type }) => nameOf(type));
  const ofFields = fields.flatMap(
    ({ parent, node }) => fieldOf(graph.api.getType(parent.name), node.name.value)?.args ?? [],
  );
  return [...ofVariables, ...ofFields.map(({ type }) => getNamedType(type).name)];
}

function nameOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type);
}

/** All that decides which values fit; equal ones take the same. */
function signatureOf(type: GraphQLNamedType): string {
  const lines = isInputObjectType(type)
    ? Object.values(type.getFields()).map(
        (field) => `${field.name}: ${field.type} = ${defaultOf(field)}`,
      )
    : isEnumType(type)
      ? type.getValues().map(({ name }) => name)
      : [];
  const isOneOf = isInputObjectType(type) && type.isOneOf;
  return [kindOf(type), isOneOf, ...lines.sort()].join('\n');
}

function typesIn(type: GraphQLNamedType): readonly string[] {
  if (!isInputObjectType(type)) return [];
  return Object.values(type.getFields()).map((field) => getNamedType(field.type).name);
}
