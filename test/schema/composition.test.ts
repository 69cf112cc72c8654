import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'graphql';
import { composeSupergraph } from '../../schema/compose.ts';
import { readSubgraph, type SubgraphSource } from '../../schema/subgraph-source.ts';

const published = () =>
  Promise.all((['catalog', 'playback', 'recommendations'] as const).map(readSubgraph));

function subgraph(name: string, sdl: string): SubgraphSource {
  const link = `extend schema @link(
    url: "https://specs.apollo.dev/federation/v2.9"
    import: ["@key", "@interfaceObject"]
  )`;
  return { name, url: `http://127.0.0.1/${name}`, typeDefs: parse(`${link} ${sdl}`) };
}

describe('the published schema', () => {
  it('is what its subgraphs compose to', async () => {
    const { supergraph, api } = composeSupergraph(await published());
    expect(await readFile('schema/supergraph.graphql', 'utf8')).toBe(supergraph);
    expect(await readFile('schema/api.graphql', 'utf8')).toBe(api);
  });

  it('shows clients nothing of federation', async () => {
    const api = await readFile('schema/api.graphql', 'utf8');
    expect(api).not.toMatch(/_entities|_service|join__|@key/);
    expect(api).toContain('playhead: Playhead');
  });
});

describe('another team', () => {
  it('adds a field to everything playable without knowing what that is', async () => {
    const ratings = subgraph(
      'ratings',
      'type Playable @key(fields: "id") @interfaceObject { id: ID! stars: Float } type Query { a: Int }',
    );
    const { api } = composeSupergraph([...(await published()), ratings]);
    expect(api.match(/stars: Float/g)?.length).toBeGreaterThanOrEqual(3);
  });

  it('is told where to declare a playable type of its own', async () => {
    const podcasts = subgraph(
      'podcasts',
      `interface Playable @key(fields: "id") { id: ID! }
       type Podcast implements Playable @key(fields: "id") { id: ID! host: String }
       type Query { podcast: Podcast }`,
    );
    const sources = [...(await published()), podcasts];
    expect(() => composeSupergraph(sources)).toThrow(
      /podcasts\.graphql: Podcast implements Playable.*Declare it in catalog\.graphql/s,
    );
  });

  it('learns every composition error at once', () => {
    const broken = [
      subgraph('one', 'type Query { a: A } type A @key(fields: "id") { id: ID! x: Int y: Int }'),
      subgraph('two', 'type A @key(fields: "id") { id: ID! x: String y: String }'),
    ];
    expect(() => composeSupergraph(broken)).toThrow(/A\.x.*A\.y/s);
  });
});
