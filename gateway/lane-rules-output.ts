import {
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isEnumType,
  isObjectType,
  parse,
  print,
  validate,
} from 'graphql';
import {
  directivesOf,
  fieldOf,
  graphOf,
  type SelectedField,
  type SubgraphQuestion,
  type TypeCondition,
} from './lane-question.ts';
import type { SubgraphRule } from './lane-rule.ts';

/** What one subgraph answers must be what the gateway would make of it. */
export const outputRules: readonly SubgraphRule[] = [
  {
    /** 4: what it has from another subgraph it would have to be given. */
    name: 'own-fields',
    about: 'subgraph',
    refuse: (question) =>
      question.fields.every((selected) => isOwn(selected, question))
        ? undefined
        : 'field-of-another',
  },
  {
    /** 5: a null that is allowed in one of them only reaches further in the other. */
    name: 'equal-output',
    about: 'subgraph',
    refuse: (question) =>
      hasEqualRoot(question) && question.fields.every((selected) => isEqual(selected, question))
        ? undefined
        : 'different-output',
  },
  {
    /** 7: what is hidden from clients must not come back. */
    name: 'known-values',
    about: 'subgraph',
    refuse: (question) =>
      question.fields.every((selected) => hasKnownValues(selected, question))
        ? undefined
        : 'different-values',
  },
  {
    /** 8: an interface of the gateway's may be an object here, and knows no type of its own. */
    name: 'equal-conditions',
    about: 'subgraph',
    refuse: (question) =>
      question.conditions.every((condition) => meansTheSame(condition, question)) &&
      !question.fields.some((selected) => asksForItsType(selected, question))
        ? undefined
        : 'abstract-type',
  },
  {
    /** 12: it is what the subgraph is going to be asked. */
    name: 'valid-there',
    about: 'subgraph',
    refuse: ({ schema, text }) =>
      validate(schema, parse(text)).length === 0 ? undefined : 'not-valid-there',
  },
];

function isMeta({ node }: SelectedField): boolean {
  return node.name.value.startsWith('__');
}

/** Of an abstract parent each type that it may be counts, too: one may have its field from elsewhere. */
function isOwn(selected: SelectedField, question: SubgraphQuestion): boolean {
  if (isMeta(selected)) return true;
  const { parent, node } = selected;
  const { supergraph } = question.graph;
  const there = question.schema.getType(parent.name);
  const members = isAbstractType(there) ? question.schema.getPossibleTypes(there) : [];
  return [parent, ...members.map(({ name }) => supergraph.getType(name))].every(
    (type) => type !== undefined && isOwnOf(type, node.name.value, question),
  );
}

function isOwnOf(type: GraphQLNamedType, name: string, question: SubgraphQuestion): boolean {
  const { graph, subgraph } = question;
  const owner = graphOf(graph.supergraph, subgraph);
  const field = fieldOf(type, name);
  if (field === undefined || owner === undefined) return false;
  const joins = directivesOf(field, 'join__field');
  if (joins.length === 0) {
    return directivesOf(type, 'join__type').some((join) => join.graph === owner);
  }
  // With a label the normal lane throws dice, each time.
  if (joins.some(({ overrideLabel }) => overrideLabel !== undefined)) return false;
  return joins.some((join) => join.graph === owner && isUnconditional(join));
}

/** Nothing that makes a subgraph answer a field otherwise than by itself. */
const conditionsOfJoin = ['external', 'requires', 'usedOverridden', 'type', 'contextArguments'];

function isUnconditional(join: Readonly<Record<string, unknown>>): boolean {
  return conditionsOfJoin.every((name) => join[name] === undefined || join[name] === false);
}

function hasEqualRoot({ graph, schema, operation }: SubgraphQuestion): boolean {
  const [root, there] = [graph.api, schema].map((each) => each.getRootType(operation.operation));
  return root != null && root.name === there?.name;
}

function isEqual(selected: SelectedField, question: SubgraphQuestion): boolean {
  const { graph, schema } = question;
  const { parent, node } = selected;
  if (!isSameKind(parent.name, question)) return false;
  if (isMeta(selected)) return true;
  const ours = fieldOf(graph.api.getType(parent.name), node.name.value);
  const theirs = fieldOf(schema.getType(parent.name), node.name.value);
  if (ours === undefined || theirs === undefined) return false;
  return (
    String(ours.type) === String(theirs.type) &&
    isSameKind(getNamedType(ours.type).name, question) &&
    ours.args.every((argument) => {
      const other = theirs.args.find(({ name }) => name === argument.name);
      return (
        other !== undefined &&
        String(other.type) === String(argument.type) &&
        defaultOf(other) === defaultOf(argument)
      );
    })
  );
}

export function defaultOf({
  astNode,
}: {
  readonly astNode?:
    | { readonly defaultValue?: Parameters<typeof print>[0] | undefined }
    | null
    | undefined;
}): string | undefined {
  return astNode?.defaultValue && print(astNode.defaultValue);
}

/** An interface that is an interface object here is what it is there; what that means, rule 8 says. */
function isSameKind(name: string, { graph, schema, subgraph }: SubgraphQuestion): boolean {
  const [ours, theirs] = [graph.api.getType(name), schema.getType(name)];
  if (ours === undefined || theirs === undefined) return false;
  if (kindOf(ours) === kindOf(theirs)) return true;
  return isInterfaceObject(name, { graph, subgraph });
}

export function kindOf(type: GraphQLNamedType): string {
  return type.constructor.name;
}

function isInterfaceObject(
  name: string,
  { graph, subgraph }: Pick<SubgraphQuestion, 'graph' | 'subgraph'>,
): boolean {
  const owner = graphOf(graph.supergraph, subgraph);
  return directivesOf(graph.supergraph.getType(name), 'join__type').some(
    (join) => join.graph === owner && join.isInterfaceObject === true,
  );
}

function hasKnownValues({ field }: SelectedField, { graph, schema }: SubgraphQuestion): boolean {
  if (field === undefined) return true;
  const { name } = getNamedType(field.type);
  const [ours, theirs] = [graph.api.getType(name), schema.getType(name)];
  if (isEnumType(theirs)) {
    return (
      isEnumType(ours) && theirs.getValues().every((value) => ours.getValue(value.name) != null)
    );
  }
  if (!isAbstractType(theirs)) return true;
  return (
    isAbstractType(ours) &&
    schema.getPossibleTypes(theirs).every((member) => {
      const known = graph.api.getType(member.name);
      return isObjectType(known) && graph.api.isSubType(ours, known);
    })
  );
}

/** Narrowed to the same objects of those that can be there. */
function meansTheSame({ parent, name }: TypeCondition, question: SubgraphQuestion): boolean {
  if (name === parent.name) return true;
  const { graph, schema } = question;
  if (isInterfaceObject(parent.name, question) || isInterfaceObject(name, question)) return false;
  const [ours, theirs] = [graph.api.getType(name), schema.getType(name)];
  if (ours === undefined || theirs === undefined || kindOf(ours) !== kindOf(theirs)) return false;
  return objectsOf(schema, parent.name).every(
    (object) => includes(graph.api, ours, object) === includes(schema, theirs, object),
  );
}

function objectsOf(schema: GraphQLSchema, name: string): readonly GraphQLObjectType[] {
  const type = schema.getType(name);
  if (isAbstractType(type)) return schema.getPossibleTypes(type);
  return isObjectType(type) ? [type] : [];
}

function includes(schema: GraphQLSchema, type: GraphQLNamedType, of: GraphQLObjectType): boolean {
  if (type.name === of.name) return true;
  const object = schema.getType(of.name);
  return isAbstractType(type) && isObjectType(object) && schema.isSubType(type, object);
}

function asksForItsType(selected: SelectedField, question: SubgraphQuestion): boolean {
  return isMeta(selected) && isInterfaceObject(selected.parent.name, question);
}
