import type { Connection } from './connection.ts';

/** Partitions a page: a scan that leaves the cluster time for others. */
const pageLength = 500;

/** The profile of every partition of a table, page by page. Cost: a scan of the table's partition keys. */
export async function eachProfileOf(
  local: Connection,
  selectProfiles: string,
  visit: (profileId: string) => Promise<void>,
): Promise<void> {
  let pageState: string | null = null;
  do {
    const paging: { pageState?: string } = pageState === null ? {} : { pageState };
    const page = await local.use('Reading profiles', (client) =>
      client.execute(selectProfiles, [], { fetchSize: pageLength, ...paging }),
    );
    for (const { profile_id: profileId } of page.rows) await visit(profileId as string);
    pageState = page.pageState ?? null;
  } while (pageState !== null);
}
