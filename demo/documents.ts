import type { Operation } from '../client/operations.ts';

/** What the page asks beside the SDK. */
export const libraryQuery: Operation = {
  name: 'Library',
  document: `query Library($ids: [ID!]!) {
  playables(ids: $ids) {
    id title durationMs creditsStartMs
    ... on Movie { releaseYear }
    ... on Episode { seasonNumber episodeNumber series { title } }
  }
}`,
};

/** Removes a card of the row. */
export const hidePlayheadMutation: Operation = {
  name: 'HidePlayhead',
  document: `mutation HidePlayhead($input: PlayheadInput!) {
  hidePlayhead(input: $input) { problems { code message } }
}`,
};

/** How far the server trusts its own answers. */
export const freshnessQuery: Operation = {
  name: 'HotStoreHealth',
  document: `query HotStoreHealth($playableId: ID!) {
  viewer { playhead(playableId: $playableId) { freshness { degraded } } }
}`,
};

/** What simulated viewers may watch. */
export const simulatedTitlesQuery: Operation = {
  name: 'SimulatedTitles',
  document: `query SimulatedTitles($ids: [ID!]!) {
  playables(ids: $ids) {
    __typename id durationMs creditsStartMs
    ... on Episode { seasonNumber episodeNumber series { id } }
  }
}`,
};

/** What they are shown first. */
export const simulatedRowQuery: Operation = {
  name: 'SimulatedRow',
  document: `query SimulatedRow($deviceKind: DeviceKind) {
  viewer { continueWatching(first: 20, deviceKind: $deviceKind) {
    rankingId degraded edges { node { id playableId } }
  } }
}`,
};
