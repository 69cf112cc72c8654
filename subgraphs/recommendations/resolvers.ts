import { viewerId } from '../../runtime/identity.ts';
import { openCardId } from './card-id.ts';
import { type Context, requireViewer } from './context.ts';
import { cutPage, type PageArguments } from './page.ts';
import type {
  ContinueWatchingConnection,
  ContinueWatchingItem,
  DeviceKind,
  Resolvers,
} from './schema.generated.ts';
import type { RowUpdate } from './watch.ts';

/** The schema's fields; what is not here is a property of what they answer. */
export const resolvers: Resolvers = {
  Query: {
    viewer: (_root, _arguments, context) => context.viewer,
  },
  Viewer: {
    __resolveReference: ({ id }, context) => ownViewer(id, context),
    id: ({ profileId }) => viewerId(profileId),
    continueWatching: (_viewer, { first, after, deviceKind }, context) =>
      rowPage(context, { deviceKind: deviceKind ?? null, first, after: after ?? null }),
  },
  ContinueWatchingItem: {
    __resolveReference: ({ id }, context) => ownItem(id, context),
  },
  Subscription: {
    continueWatchingUpdates: {
      subscribe: (_root, _arguments, context) => context.deps.watches.open(requireViewer(context)),
      resolve: (update: RowUpdate) => update,
    },
  },
};

/** A first page is a row that was shown; the pages after it are of the same one. */
async function rowPage(
  context: Context,
  { deviceKind, ...page }: PageArguments & { deviceKind: DeviceKind | null },
): Promise<ContinueWatchingConnection> {
  const { rankings, shown } = context.deps;
  const row = await context.row(deviceKind);
  const connection = cutPage(row, page, rankings);
  if (page.after === null) shown.answered(row, connection.rankingId);
  return connection;
}

function ownViewer(id: string | null | undefined, { viewer }: Context) {
  return viewer !== null && viewerId(viewer.profileId) === id ? viewer : null;
}

/** Null for another profile's card, and for one that is no longer in the row. */
async function ownItem(id: string, context: Context): Promise<ContinueWatchingItem | null> {
  const key = openCardId(id);
  if (key === null || key.profileId !== context.viewer?.profileId) return null;
  const { items, behind } = await context.row(null);
  return [...items, ...behind].find((item) => item.id === id) ?? null;
}
