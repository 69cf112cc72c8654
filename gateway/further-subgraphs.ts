import { readFile } from 'node:fs/promises';
import http from '@graphql-mesh/transport-http';
import { ConfigError } from '../runtime/config.ts';
import type { StatementSigner } from '../runtime/signed-identity.ts';
import type { ListedSubgraph } from '../schema/subgraph-list.ts';
import { forwardingBy, forwardStatement } from './identity.ts';
import { socketTransport } from './socket-transport.ts';
import type { Connections } from './supergraph.ts';

/**
 * Adds to the connections of our own subgraphs what the gateway needs to reach those of other teams:
 * it finds their addresses in the supergraph, their subscriptions in the list of subgraphs, and another
 * address in `urls`.
 *
 * Errors: ConfigError when `urls` names what the supergraph does not have, or one of our own, and when
 * there is no supergraph.
 */
export async function withFurtherSubgraphs(
  own: Connections,
  options: {
    listed: readonly ListedSubgraph[];
    urls: Readonly<Record<string, string>>;
    supergraphFile: string | URL;
    /** What tells subgraphs of other teams of the viewer. */
    signer: StatementSigner;
  },
): Promise<Connections> {
  const { listed, urls } = options;
  const entries = own.transportEntries ?? {};
  const known = namesIn(await readSupergraph(options.supergraphFile));
  const strange = Object.keys(urls).filter((name) => !known.includes(name) || name in entries);
  if (strange.length > 0) {
    const further = known.filter((name) => !(name in entries)).join(', ') || 'none';
    throw new ConfigError(
      `SUBGRAPH_URLS: ${strange.join(', ')} cannot be set here; subgraphs of the supergraph beyond our own: ${further}`,
    );
  }
  const subscriptions = new Map(listed.map((one) => [one.name, one.subscription]));
  const further = known
    .filter((name) => !(name in entries))
    .map((name) => [name, entryOf(urls[name], subscriptions.get(name))] as const);
  const { signer } = options;
  return {
    propagateHeaders: forwardingBy((name) =>
      name in entries ? own.propagateHeaders : forwardStatement(signer),
    ),
    transports: { http, ws: socketTransport(signer), ...own.transports },
    transportEntries: { ...entries, ...Object.fromEntries(further) },
  };
}

async function readSupergraph(file: string | URL): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new ConfigError(`SUPERGRAPH_FILE: ${String(file)} cannot be read`, { cause });
  }
}

/** What is not said here the runtime takes from the supergraph. */
function entryOf(url: string | undefined, subscription: ListedSubgraph['subscription']) {
  const location = url === undefined ? {} : { location: url };
  if (subscription === undefined) return location;
  const kind = subscription.protocol === 'ws' ? 'ws' : 'http';
  return { ...location, options: { subscriptions: { kind, location: subscription.path } } };
}

function namesIn(supergraph: string): string[] {
  const graphs = supergraph.matchAll(/@join__graph\(\s*name:\s*"([^"]+)"/g);
  return [...graphs].map(([, name = '']) => name);
}
