import { transformSupergraphToPublicSchema } from '@theguild/federation-composition';
import {
  buildASTSchema,
  type DocumentNode,
  type GraphQLSchema,
  isTypeDefinitionNode,
  Kind,
} from 'graphql';

/**
 * What clients see of a supergraph, as the gateway shows it. Of a union, what is hidden is no member: the
 * composer leaves its name there.
 *
 * Errors: throws for a supergraph that is not valid.
 * Cost: some 10 ms.
 */
export function publicSchemaOf(supergraph: DocumentNode): GraphQLSchema {
  const { definitions } = transformSupergraphToPublicSchema(supergraph);
  const known = new Set(definitions.filter(isTypeDefinitionNode).map(({ name }) => name.value));
  const whole = definitions.map((each) =>
    each.kind === Kind.UNION_TYPE_DEFINITION
      ? { ...each, types: (each.types ?? []).filter(({ name }) => known.has(name.value)) }
      : each,
  );
  return buildASTSchema({ kind: Kind.DOCUMENT, definitions: whole });
}
