import type { GatewayConfigSupergraph, GatewayContext } from '@graphql-hive/gateway-runtime';
import { codedError } from '../runtime/graphql-errors.ts';
import type { TokenVerifier, Viewer } from '../runtime/identity.ts';
import type { StatementSigner } from '../runtime/signed-identity.ts';

/**
 * Verifies the token of every operation and enforces `@authenticated` (alone, the directive does
 * nothing). No token is an anonymous viewer; a bad one refuses the operation with UNAUTHENTICATED.
 * Scopes and policies are nothing that a viewer has here: what asks for them (`@requiresScopes`, `@policy`) is
 * closed to everybody, with FORBIDDEN.
 */
export function authentication(
  verifier: TokenVerifier,
): NonNullable<GatewayConfigSupergraph['genericAuth']> {
  return {
    mode: 'protect-granular',
    resolveUserFn: (context: GatewayContext) => verifier.verify(context.headers.authorization),
    validateUser({ user, fieldNode, path, ...asked }) {
      const at = { nodes: [fieldNode], path };
      if (isLocked(asked)) {
        const message = `${fieldNode.name.value} asks for scopes, which nobody has here.`;
        return codedError('FORBIDDEN', message, { ...at, extensions: { http: { status: 403 } } });
      }
      const isProtected = asked.fieldAuthArgs !== undefined || asked.typeAuthArgs !== undefined;
      if (user || !isProtected) return undefined;
      return codedError('UNAUTHENTICATED', `Sign in to use ${fieldNode.name.value}.`, {
        ...at,
        extensions: { http: { status: 401 } },
      });
    },
  };
}

/** What the directives of a field, and of its type, ask for. */
interface Guards {
  fieldScopes?: unknown;
  typeScopes?: unknown;
  fieldPolicies?: unknown;
  typePolicies?: unknown;
}

function isLocked({ fieldScopes, typeScopes, fieldPolicies, typePolicies }: Guards): boolean {
  const asked = [fieldScopes, typeScopes, fieldPolicies, typePolicies];
  return asked.some((each) => each !== undefined);
}

/** What `authentication` leaves in the context of an operation. */
export interface Authenticated {
  currentUser?: Viewer | null;
}

type Forwarding = NonNullable<GatewayConfigSupergraph['propagateHeaders']>;

/**
 * In one process the token goes on to the subgraphs, whose verifier has seen it. Read from
 * `context.headers`: for a socket, `request` is the upgrade, which a browser cannot give a header.
 */
export const forwardToken: Forwarding = {
  fromClientToSubgraphs: ({ context }) => ({ authorization: context.headers.authorization }),
};

/**
 * To other processes goes what the gateway signs of the viewer, and no header of the client's, whatever
 * it is called.
 *
 * Identity must not be added in `onFetch`: identical requests under way are merged by URL, body and
 * headers before it runs, and one viewer would get another's answer.
 */
export function forwardStatement(signer: StatementSigner): Forwarding {
  return {
    fromClientToSubgraphs: ({ context }) => ({
      authorization: signer.sign((context as Authenticated).currentUser ?? null),
    }),
  };
}

/** To each subgraph what is its own: those of one process may be a gateway's own, or another team's. */
export function forwardingBy(of: (subgraphName: string) => Forwarding | undefined): Forwarding {
  return {
    fromClientToSubgraphs: (payload) =>
      of(payload.subgraphName)?.fromClientToSubgraphs?.(payload) ?? {},
  };
}

/**
 * The one thing a socket's `connectionParams` may say, as a header would: with or without `Bearer `.
 * Passed on whole, they would override any header of the operation.
 */
export function authorizationOfSocket(
  connectionParams: Readonly<Record<string, unknown>> | undefined,
): { authorization?: string } {
  const given = connectionParams?.authorization ?? connectionParams?.Authorization;
  if (typeof given !== 'string' || given === '') return {};
  return { authorization: /^Bearer /i.test(given) ? given : `Bearer ${given}` };
}
