import {
  type ASTNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInputObjectType,
  isNonNullType,
  isScalarType,
  isSpecifiedScalarType,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  type VariableNode,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { NotCompilable } from './not-compilable.ts';
import { type Scope, SelectedFields } from './selected-fields.ts';

/** Compiling takes about 0.1 ms a field, in which nobody is answered; the documents of the SDK have some 50. */
const compiledFieldsMax = 400;
/** graphql-jit writes a text that contains it into its code as it stands: as code. */
const magic = '__MAGIC_';

/** Values with which compiled code would do otherwise than graphql-js. */
export interface Unfit {
  /** Names of variables that must be there. */
  absent: readonly string[];
  /** Names of variables that must not be null. */
  null: readonly string[];
}

/**
 * Whether a document of one operation means the same to graphql-jit as to graphql-js, and for which values.
 *
 * Errors: throws NotCompilable.
 */
export function judgeDocument(schema: GraphQLSchema, document: DocumentNode): Unfit {
  const fields = new SelectedFields(schema, document);
  const { operation } = fields;
  if (operation === undefined) throw new NotCompilable();
  boundFields(schema, fields);
  const types = new TypeInfo(schema);
  const unfit = { absent: new Set<string>(), null: new Set<string>() };
  visit(
    document,
    visitWithTypeInfo(types, {
      enter(node, _key, parent) {
        refuse(node, types);
        if (node.kind !== Kind.VARIABLE || isDefinition(parent)) return;
        for (const when of unfitWhen(node, { operation, types, parent })) {
          unfit[when].add(node.name.value);
        }
      },
    }),
  );
  return { absent: [...unfit.absent], null: [...unfit.null] };
}

type Parent = ASTNode | readonly ASTNode[] | undefined;

function isDefinition(parent: Parent): boolean {
  return parent !== undefined && 'kind' in parent && parent.kind === Kind.VARIABLE_DEFINITION;
}

/** What compiled code gets wrong whatever the variables are. */
function refuse(node: ASTNode, types: TypeInfo): void {
  // The conditions of merged fields and of fragments that are used twice run into one another.
  const isDirective = node.kind === Kind.DIRECTIVE;
  // As a key in code it would set the prototype.
  const isPrototype = node.kind === Kind.NAME && node.value === '__proto__';
  // Absent, it would be read from the prototype of the variables.
  const isInherited = node.kind === Kind.VARIABLE && node.name.value in Object.prototype;
  const isCode = node.kind === Kind.STRING && node.value.includes(magic);
  if (isDirective || isPrototype || isInherited || isCode) throw new NotCompilable();
  if (node.kind === Kind.FIELD) refuseField(node, types);
  if (!isLiteral(node)) return;
  const type = getNamedType(types.getInputType() ?? undefined);
  // A literal becomes JSON; what a custom scalar reads from it need not survive that.
  if (isCustomScalar(type) || (isInputObjectType(type) && type.isOneOf)) throw new NotCompilable();
}

function refuseField(node: FieldNode, types: TypeInfo): void {
  // Introspection is asked once by tools, and costs most to compile.
  if (node.name.value === '__schema' || node.name.value === '__type') throw new NotCompilable();
  for (const { type, defaultValue } of types.getFieldDef()?.args ?? []) {
    if (defaultValue !== undefined && isCustomScalar(getNamedType(type))) throw new NotCompilable();
  }
}

function isLiteral({ kind }: ASTNode): boolean {
  return kind.endsWith('Value');
}

function isCustomScalar(type: GraphQLNamedType | undefined): boolean {
  return isScalarType(type) && !isSpecifiedScalarType(type);
}

interface Place {
  operation: OperationDefinitionNode;
  types: TypeInfo;
  parent: Parent;
}

function unfitWhen(variable: VariableNode, { operation, types, parent }: Place) {
  const definition = operation.variableDefinitions?.find(
    (each) => each.variable.name.value === variable.name.value,
  );
  if (definition?.type.kind === Kind.NON_NULL_TYPE) return [];
  const when: (keyof Unfit)[] = [];
  // It may be null only where a default stands in for one that is absent. In a mutation, compiled code
  // would wait for ever.
  if (isNonNullType(types.getInputType())) when.push('null');
  const isWithin = parent === undefined || !('kind' in parent) || parent.kind !== Kind.ARGUMENT;
  // Within an object of the document, one that is absent would be null.
  if (isWithin && definition?.defaultValue === undefined) when.push('absent');
  return when;
}

/** Compiling writes a fragment down wherever it is spread, and once for each type an abstract one may be. */
function boundFields(schema: GraphQLSchema, fields: SelectedFields): void {
  let written = 0;
  const count = (scope: Scope, times: number) => {
    for (const field of fields.in(scope)) {
      written += times;
      if (written > compiledFieldsMax) throw new NotCompilable();
      const below = fields.below(field);
      if (below !== undefined) count(below, times * kindsOf(field.type));
    }
  };
  const kindsOf = (type: GraphQLOutputType | undefined) => {
    const named = type && getNamedType(type);
    return isAbstractType(named) ? schema.getPossibleTypes(named).length : 1;
  };
  if (fields.root !== undefined) count(fields.root, 1);
}
