import { getNamedType, isAbstractType, isInterfaceType, isObjectType } from 'graphql';
import { directivesOf, type LaneQuestion } from './lane-question.ts';

/** Whether something on the way is `@authenticated`. Rather too often: the normal lane knows better then. */
export function needsViewer(question: LaneQuestion): boolean {
  return isGuardedBy(question, 'authenticated');
}

/**
 * Whether a field, its parent, what it returns, or an interface or a member of these has a directive. The
 * gateway looks at the field and its parent alone.
 */
export function isGuardedBy({ fields, graph }: LaneQuestion, directive: string): boolean {
  const has = (of: Parameters<typeof directivesOf>[0]) => directivesOf(of, directive).length > 0;
  return fields.some(({ field, parent }) => {
    const types = field === undefined ? [parent] : [parent, getNamedType(field.type)];
    const related = types.flatMap((type) => [
      type,
      ...(isObjectType(type) || isInterfaceType(type) ? type.getInterfaces() : []),
      ...(isAbstractType(type) ? graph.supergraph.getPossibleTypes(type) : []),
    ]);
    const twins = related.map((type) =>
      field !== undefined && 'getFields' in type ? type.getFields()[field.name] : undefined,
    );
    return has(field) || related.some(has) || twins.some(has);
  });
}
