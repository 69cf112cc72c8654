import { describe, expect, it } from '@jest/globals';
import { Client, type Exchange, gql, makeResult, type Operation } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { filter, fromArray, map, mergeMap, pipe, subscribe } from 'wonka';
import { playheadExchange } from '../../client/urql.ts';
import { versionAt } from './fake-server.ts';

const query = gql`
  query {
    viewer { id playhead { id version positionMs } }
  }
`;
const subscription = gql`
  subscription {
    playheadUpdates { id playheads { id version positionMs } }
  }
`;
const playheadAt = (number: number) => ({
  __typename: 'Playhead',
  id: 'ph_1',
  version: versionAt(number),
  positionMs: number,
});

/** A server that pushes these, and answers queries with the first. */
function server(pushed: readonly number[]): Exchange {
  const answersOf = ({ kind }: Operation): object[] =>
    kind === 'subscription'
      ? pushed.map((number) => ({
          playheadUpdates: { __typename: 'Update', id: 'u', playheads: [playheadAt(number)] },
        }))
      : [{ viewer: { __typename: 'Viewer', id: 'v', playhead: playheadAt(1) } }];
  return () => (operations) =>
    pipe(
      operations,
      filter(({ kind }) => kind !== 'teardown'),
      mergeMap((operation) =>
        pipe(
          fromArray(answersOf(operation)),
          map((data) => makeResult(operation, { data })),
        ),
      ),
    );
}

/** What a query on screen shows after pushes in this order. */
function shownAfter(pushed: readonly number[], guard: readonly Exchange[]): number | undefined {
  const client = new Client({
    url: 'http://server.test/graphql',
    preferGetMethod: false,
    exchanges: [cacheExchange(), ...guard, server(pushed)],
  });
  const shown: number[] = [];
  const watching = pipe(
    client.query(query, {}),
    subscribe(({ data }) => shown.push(data?.viewer.playhead.positionMs)),
  );
  const updates = pipe(
    client.subscription(subscription, {}),
    subscribe(() => {}),
  );
  updates.unsubscribe();
  watching.unsubscribe();
  return shown.at(-1);
}

describe("urql's normalised cache", () => {
  it('ends at whatever comes last by itself, which is why there is an exchange', () => {
    expect(shownAfter([2, 3, 1], [])).toBe(1);
  });

  it.each([[[2, 3, 1]], [[3, 1, 2]], [[1, 2, 3]], [[3, 3, 2]]])(
    'ends at the newest with the exchange, pushed in the order %p',
    (pushed) => {
      expect(shownAfter(pushed, [playheadExchange()])).toBe(3);
    },
  );
});
