import { type DirectiveNode, type DocumentNode, Kind } from 'graphql';
import { find } from './composition-errors.ts';
import type { SubgraphSource } from './subgraph-source.ts';

/**
 * The composer accepts an entity interface whose implementations are spread over subgraphs; at run
 * time such entities come back as null without an error. Refused here, as Apollo's composer does: each
 * line names the file, the type and the way out.
 */
export function strayImplementations(sources: readonly SubgraphSource[]): string[] {
  const names = new Set(sources.flatMap(({ typeDefs }) => entityInterfaces(typeDefs)));
  return [...names].flatMap((name) => {
    const owners = sources.filter(({ typeDefs }) => entityInterfaces(typeDefs).includes(name));
    const [home] = owners.toSorted((a, b) => countOf(b, name) - countOf(a, name));
    if (home === undefined) return [];
    const others = sources.filter((source) => source !== home);
    return [
      ...others.flatMap((other) => strayTypes(other, { name, home })),
      ...owners.flatMap((owner) => partialOwner(owner, { name, home, sources })),
    ];
  });
}

function countOf({ typeDefs }: SubgraphSource, interfaceName: string): number {
  return implementations(typeDefs, interfaceName).length;
}

/** Types that the interface's own subgraph does not know. */
function strayTypes(
  other: SubgraphSource,
  { name, home }: { name: string; home: SubgraphSource },
): string[] {
  const here = implementations(home.typeDefs, name);
  return implementations(other.typeDefs, name)
    .filter((type) => !here.includes(type))
    .map(
      (type) =>
        `${placeOf(other, type)} ${type}: ${type} implements ${name}, which ${home.name}.graphql ` +
        `defines as an entity without knowing that type; through ${name} it would be null at run time.\n` +
        `    → Declare it in ${home.name}.graphql (\`type ${type} implements ${name} @key(…)\` with the ` +
        `interface's fields) and extend it by key in ${other.name}.graphql.`,
    );
}

/** A second subgraph with the interface as an entity, and not all that implements it. */
function partialOwner(
  owner: SubgraphSource,
  {
    name,
    home,
    sources,
  }: { name: string; home: SubgraphSource; sources: readonly SubgraphSource[] },
): string[] {
  if (owner === home) return [];
  const here = implementations(owner.typeDefs, name);
  const all = new Set(sources.flatMap(({ typeDefs }) => implementations(typeDefs, name)));
  const missing = [...all].filter((type) => !here.includes(type));
  if (missing.length === 0) return [];
  return [
    `${placeOf(owner, name)} ${name}: a second entity interface beside the one of ${home.name}.graphql, ` +
      `without ${missing.join(', ')}; through it these would be null at run time.\n` +
      `    → To add fields to every ${name}, declare \`type ${name} @key(…) @interfaceObject\` instead.`,
  ];
}

function placeOf({ name, typeDefs }: SubgraphSource, type: string): string {
  return `${name}.graphql:${find(typeDefs, type)?.startToken.line}`;
}

/** Also those of `extend interface`, and of a @key that is spelled with its namespace. */
function entityInterfaces(document: DocumentNode): string[] {
  const names = document.definitions.flatMap((definition) =>
    (definition.kind === Kind.INTERFACE_TYPE_DEFINITION ||
      definition.kind === Kind.INTERFACE_TYPE_EXTENSION) &&
    definition.directives?.some(isKey)
      ? [definition.name.value]
      : [],
  );
  return [...new Set(names)];
}

function isKey({ name }: DirectiveNode): boolean {
  return name.value === 'key' || name.value === 'federation__key';
}

function implementations(document: DocumentNode, interfaceName: string): string[] {
  const names = document.definitions.flatMap((definition) =>
    (definition.kind === Kind.OBJECT_TYPE_DEFINITION ||
      definition.kind === Kind.OBJECT_TYPE_EXTENSION) &&
    definition.interfaces?.some((named) => named.name.value === interfaceName)
      ? [definition.name.value]
      : [],
  );
  return [...new Set(names)];
}
