import { ApolloClient, ApolloLink, gql, InMemoryCache } from '@apollo/client';
import { describe, expect, it } from '@jest/globals';
import { from, lastValueFrom, of } from 'rxjs';
import { playheadLink } from '../../client/apollo.ts';
import { until } from '../support/until.ts';
import { versionAt } from './fake-server.ts';

const query = gql`
  query {
    viewer { id playhead(playableId: "mov_1") { id version positionMs } }
  }
`;
const subscription = gql`
  subscription {
    playheadUpdates { playheads { id version positionMs } }
  }
`;
const playheadAt = (number: number) => ({
  __typename: 'Playhead',
  id: 'ph_1',
  version: versionAt(number),
  positionMs: number,
});
const updateAt = (number: number) => ({
  data: { playheadUpdates: { __typename: 'PlayheadUpdate', playheads: [playheadAt(number)] } },
});

interface Shown {
  viewer: { playhead: { positionMs: number } };
}

/** What a query on screen shows after pushes in this order. */
async function shownAfter(pushed: readonly number[], guard: readonly ApolloLink[]) {
  const server = new ApolloLink(({ operationType }) =>
    operationType === 'subscription'
      ? from(pushed.map(updateAt))
      : of({
          data: { viewer: { __typename: 'Viewer', id: 'v', playhead: playheadAt(1) } },
        }),
  );
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: ApolloLink.from([...guard, server]),
  });
  const shown: number[] = [];
  const watching = client.watchQuery<Shown>({ query }).subscribe(({ data }) => {
    const positionMs = data?.viewer?.playhead?.positionMs;
    if (positionMs !== undefined) shown.push(positionMs);
  });
  await until(() => shown.length > 0, { what: 'the answer, on screen' });
  await lastValueFrom(client.subscribe({ query: subscription }));
  const inCache = client.readQuery<Shown>({ query })?.viewer.playhead.positionMs;
  await until(() => shown.at(-1) === inCache, { what: 'what the cache holds, on screen' });
  watching.unsubscribe();
  client.stop();
  return shown.at(-1);
}

describe("Apollo Client's cache", () => {
  it('ends at whatever comes last by itself, which is why there is a link', async () => {
    expect(await shownAfter([2, 3, 1], [])).toBe(1);
  });

  it.each([[[2, 3, 1]], [[3, 1, 2]], [[1, 2, 3]], [[3, 3, 2]]])(
    'ends at the newest with the link, pushed in the order %p',
    async (pushed) => {
      expect(await shownAfter(pushed, [playheadLink()])).toBe(3);
    },
  );

  it('is given errors as they are', async () => {
    const server = new ApolloLink(() => of({ errors: [{ message: 'down' }] }));
    const client = new ApolloClient({
      cache: new InMemoryCache(),
      link: ApolloLink.from([playheadLink(), server]),
    });
    await expect(client.query({ query })).rejects.toThrow('down');
    client.stop();
  });
});
