import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as sdk from '../../client/operations.ts';
import * as demo from '../../demo/documents.ts';
import type { LaneDecision, LaneGraph } from '../../gateway/lane-decision.ts';
import { decided, laneGraph } from './lane-graphs.ts';

const folder = new URL('../../schema/', import.meta.url);
const read = (name: string) => readFile(new URL(`${name}.graphql`, folder), 'utf8');

function told(decision: LaneDecision): string {
  if (decision.kind === 'refuse') return decision.reason;
  return `${decision.subgraph}${decision.needsViewer ? ', for a viewer' : ''}`;
}

describe('the documents of our own clients', () => {
  let graph: LaneGraph;
  beforeAll(async () => {
    const names = ['catalog', 'playback', 'recommendations'];
    const sdls = await Promise.all(names.map(async (name) => [name, await read(name)] as const));
    graph = await laneGraph({ supergraph: await read('supergraph'), sdls: new Map(sdls) });
  });

  it('go to one subgraph, but those that have many answers', () => {
    const operations = [...Object.values(sdk), ...Object.values(demo)];
    const whereTo = operations.map(({ name, document }) => [name, told(decided(graph, document))]);
    expect(Object.fromEntries(whereTo)).toEqual({
      BeginSession: 'playback, for a viewer',
      RecordHeartbeats: 'playback, for a viewer',
      TakeOver: 'playback, for a viewer',
      PlayheadOf: 'playback',
      HotStoreHealth: 'playback',
      HidePlayhead: 'playback, for a viewer',
      Library: 'catalog',
      SimulatedRow: 'recommendations',
      SimulatedTitles: 'catalog',
      PlayheadUpdates: 'unsupported-operation',
      ActiveSessionUpdates: 'unsupported-operation',
      ContinueWatchingUpdates: 'unsupported-operation',
    });
  });

  it.each([
    ['{ viewer { playhead(playableId: "a") { playable { id } } } }', 'playback'],
    ['{ viewer { playhead(playableId: "a") { playable { __typename } } } }', 'several-fetches'],
    ['{ viewer { playhead(playableId: "a") { playable { title } } } }', 'several-fetches'],
    ['{ viewer { inProgress { edges { node { id } } } } }', 'playback'],
    ['query ($n: Int!) { viewer { inProgress(first: $n) { edges { cursor } } } }', 'variable-cost'],
    [
      'query ($s: Boolean!) { viewer { id ... @include(if: $s) { playheads(playableIds: []) { id } } } }',
      'playback',
    ],
    ['{ viewer { id continueWatching { rankingId } } }', 'recommendations'],
    [
      '{ viewer { inProgress { edges { cursor } } continueWatching { rankingId } } }',
      'several-fetches',
    ],
    ['{ viewer @skip(if: true) { id } }', 'unplannable'],
  ])('%s: %s', (text, expected) => {
    expect(told(decided(graph, text))).toBe(expected);
  });
});
