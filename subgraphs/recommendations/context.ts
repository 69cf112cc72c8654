import DataLoader from 'dataloader';
import { PlatformError } from '../../domain/errors.ts';
import type { Viewer } from '../../runtime/identity.ts';
import type { SubgraphContext } from '../../runtime/subgraph.ts';
import type { RankingMemory } from './rankings.ts';
import type { Row, Rows } from './row.ts';
import type { DeviceKind } from './schema.generated.ts';
import type { ShownRows } from './shown-rows.ts';
import type { RowWatches } from './watch.ts';

/** Everything resolvers work with; `main.ts` puts it together. */
export interface RecommendationsDeps {
  rows: Rows;
  rankings: RankingMemory;
  watches: RowWatches;
  shown: Pick<ShownRows, 'answered'>;
}

/** What resolvers of one operation share. */
export interface Context extends SubgraphContext {
  viewer: Viewer | null;
  deps: RecommendationsDeps;
  /** The viewer's row on a device; all that ask in one turn share one. */
  row(deviceKind: DeviceKind | null): Promise<Row>;
}

/** A key of its own for "did not say": the loader takes no null. */
type DeviceKey = DeviceKind | 'any';

/**
 * The loader batches and does not cache: a cache that lived as long as a subscription would show its
 * first row for ever.
 */
export function createContext(deps: RecommendationsDeps, viewer: Viewer | null): Context {
  const build = (key: DeviceKey) => {
    const { profileId } = requireViewer({ viewer });
    return deps.rows.build({ profileId, deviceKind: key === 'any' ? null : key });
  };
  const loader = new DataLoader<DeviceKey, Row>((keys) => buildEach(keys, build), {
    cache: false,
  });
  return { viewer, deps, row: (deviceKind) => loader.load(deviceKind ?? 'any') };
}

/** One row for each distinct key, and one row or error for each key asked. */
function buildEach(
  keys: readonly DeviceKey[],
  build: (key: DeviceKey) => Promise<Row>,
): Promise<(Row | Error)[]> {
  const rows = new Map<DeviceKey, Promise<Row | Error>>();
  return Promise.all(
    keys.map((key) => {
      const row = rows.get(key) ?? build(key).catch((error: Error) => error);
      rows.set(key, row);
      return row;
    }),
  );
}

/** Errors: PlatformError UNAUTHENTICATED when signed out. */
export function requireViewer(context: { viewer: Viewer | null }): Viewer {
  if (context.viewer !== null) return context.viewer;
  throw new PlatformError('This needs an access token.', { code: 'UNAUTHENTICATED' });
}
