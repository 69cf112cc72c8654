import { type DocumentNode, type GraphQLError, Kind, type Location } from 'graphql';
import type { SubgraphSource } from './subgraph-source.ts';

/** What to do, by the composer's code; most of its own sentences say what is wrong and not that. */
const advice: Readonly<Record<string, string>> = {
  INVALID_FIELD_SHARING:
    'Let one subgraph alone resolve the field: drop it from the other, keep a key only as `@key(…)`, or mark it @shareable in all of them.',
  FIELD_TYPE_MISMATCH: 'Give the field the same type everywhere, or another name.',
  FIELD_ARGUMENT_TYPE_MISMATCH: 'Give the argument the same type everywhere.',
  INTERFACE_FIELD_NO_IMPLEM:
    'To add fields to what implements an interface elsewhere, declare `type <Interface> @key(fields: "id") @interfaceObject` instead of the interface; a new implementation has all fields.',
  ENUM_VALUE_MISMATCH:
    'An enum that is input and output has the same values everywhere: change all subgraphs at once, or use one of your own.',
  KEY_INVALID_FIELDS: 'A key names fields of its own type.',
  SATISFIABILITY_ERROR:
    'Give the type a @key that both subgraphs resolve, so that the gateway can go from one to the other.',
};
const firstAdvice =
  'Begin the file with `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", …])`, with every directive in the list that the file uses.';

/** Of a refused composition: files with lines, type and field, what is wrong; then what to do. */
export function describeErrors(
  errors: readonly GraphQLError[],
  sources: readonly SubgraphSource[],
): string[] {
  return errors.map((error, index) => {
    const next = adviceFor(error);
    const following = errors[index + 1];
    const isSaidBelow = following !== undefined && adviceFor(following) === next;
    return describe(error, sources) + (next === undefined || isSaidBelow ? '' : `\n    → ${next}`);
  });
}

function describe(error: GraphQLError, sources: readonly SubgraphSource[]): string {
  const { subgraphName } = error.extensions;
  const message = error.message.replace(/^\[[^\]]+\] /, '');
  const coordinate = coordinateIn(message);
  const blamed = sources.filter(({ name }) => name === subgraphName || isNamed(message, name));
  const where = blamed.map((source) => placeOf(source, coordinate)).join(', ');
  const what = [where, coordinate].filter((part) => part !== '').join(' ');
  return what === '' ? message : `${what}: ${message}`;
}

function adviceFor({ message, extensions }: GraphQLError): string | undefined {
  if (/federation 1 schema|Unknown directive/.test(message)) return firstAdvice;
  return advice[String(extensions.code)];
}

function isNamed(message: string, subgraph: string): boolean {
  return /subgraph/.test(message) && message.includes(`"${subgraph}"`);
}

/** The first `Type.field` or `Type` that a sentence of the composer names. */
function coordinateIn(message: string): string {
  const named = /"([_A-Za-z]\w*\.[_A-Za-z]\w*)[("]|\b[Tt]ype "(\w+)"|Unknown type (\w+)/.exec(
    message,
  );
  return named?.slice(1).find((name) => name !== undefined) ?? '';
}

function placeOf({ name, typeDefs }: SubgraphSource, coordinate: string): string {
  const line = find(typeDefs, coordinate)?.startToken.line;
  return line === undefined ? `${name}.graphql` : `${name}.graphql:${line}`;
}

/** Where a document defines a type, or its field where that is there. */
export function find(document: DocumentNode, coordinate: string): Location | undefined {
  const [typeName, fieldName] = coordinate.split('.');
  const definitions = document.definitions.filter(
    (definition) => 'name' in definition && definition.name?.value === typeName,
  );
  for (const definition of definitions) {
    const fields = 'fields' in definition ? (definition.fields ?? []) : [];
    const field = fields.find(({ name }) => name.value === fieldName);
    if (field?.loc !== undefined) return field.loc;
  }
  const [definition] = definitions.filter(({ kind }) => kind !== Kind.DIRECTIVE_DEFINITION);
  return definition?.loc;
}
