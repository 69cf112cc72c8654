import { readFile, writeFile } from 'node:fs/promises';
import {
  composeServices,
  compositionHasErrors,
  transformSupergraphToPublicSchema,
} from '@theguild/federation-composition';
import {
  buildASTSchema,
  type DocumentNode,
  Kind,
  lexicographicSortSchema,
  parse,
  printSchema,
} from 'graphql';

import { readSubgraph, type SubgraphSource, subgraphUrls } from './subgraph-source.ts';

const schemaFolder = new URL('./', import.meta.url);

/**
 * Composes subgraphs into the supergraph and the public API.
 *
 * Errors: throws with every composition error, one a line.
 * Cost: about 100 ms for three subgraphs.
 */
export function composeSupergraph(sources: readonly SubgraphSource[]): {
  supergraph: string;
  api: string;
} {
  assertInterfaceEntitiesAreWhole(sources);
  const result = composeServices([...sources]);
  if (compositionHasErrors(result)) {
    const lines = result.errors.map(({ message }) => message);
    throw new Error(`The subgraphs do not compose:\n  ${lines.join('\n  ')}`);
  }
  const publicSchema = transformSupergraphToPublicSchema(parse(result.supergraphSdl));
  const api = printSchema(lexicographicSortSchema(buildASTSchema(publicSchema)));
  return { supergraph: `${result.supergraphSdl.trim()}\n`, api: `${api.trim()}\n` };
}

/**
 * The composer accepts an entity interface whose implementations are spread over subgraphs; at run
 * time such entities come back as null without an error. Refuse it here, as Apollo's composer does.
 */
function assertInterfaceEntitiesAreWhole(sources: readonly SubgraphSource[]): void {
  const owners = sources.flatMap((source) =>
    entityInterfaces(source.typeDefs).map((name) => ({ name, source })),
  );
  for (const { name, source } of owners) {
    const here = implementations(source.typeDefs, name);
    for (const other of sources) {
      const missing = implementations(other.typeDefs, name).filter((type) => !here.includes(type));
      if (missing.length > 0) {
        throw new Error(
          `${other.name}.graphql: ${missing.join(', ')} implements ${name}, which ${source.name}.graphql ` +
            `defines as an entity without knowing that type. Declare it in ${source.name}.graphql ` +
            `(id and key are enough) and extend it by key in ${other.name}.graphql.`,
        );
      }
    }
  }
}

function entityInterfaces(document: DocumentNode): string[] {
  return document.definitions.flatMap((definition) =>
    definition.kind === Kind.INTERFACE_TYPE_DEFINITION &&
    definition.directives?.some((directive) => directive.name.value === 'key')
      ? [definition.name.value]
      : [],
  );
}

function implementations(document: DocumentNode, interfaceName: string): string[] {
  return document.definitions.flatMap((definition) =>
    (definition.kind === Kind.OBJECT_TYPE_DEFINITION ||
      definition.kind === Kind.OBJECT_TYPE_EXTENSION) &&
    definition.interfaces?.some((named) => named.name.value === interfaceName)
      ? [definition.name.value]
      : [],
  );
}

async function main(argv: readonly string[]): Promise<void> {
  const sources = await Promise.all(
    (Object.keys(subgraphUrls) as (keyof typeof subgraphUrls)[]).map(readSubgraph),
  );
  const composed = composeSupergraph(sources);
  const files = { 'supergraph.graphql': composed.supergraph, 'api.graphql': composed.api };
  for (const [file, text] of Object.entries(files)) {
    const url = new URL(file, schemaFolder);
    if (!argv.includes('--check')) {
      await writeFile(url, text);
    } else if ((await readFile(url, 'utf8').catch(() => '')) !== text) {
      throw new Error(`schema/${file} is not what the subgraphs compose to: run npm run compose.`);
    }
  }
}

if (import.meta.main) await main(process.argv.slice(2));
