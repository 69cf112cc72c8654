import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'graphql';
import { composeSupergraph } from '../../schema/compose.ts';
import { readSources } from '../../schema/read-sources.ts';
import type { SubgraphSource } from '../../schema/subgraph-source.ts';

const published = () => readSources(new URL('../../schema/', import.meta.url));

function subgraph(name: string, sdl: string): SubgraphSource {
  const link = `extend schema @link(
    url: "https://specs.apollo.dev/federation/v2.9"
    import: ["@key", "@interfaceObject", "@inaccessible"]
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

describe('the public schema', () => {
  const shelf = (hidden: string) =>
    subgraph(
      'shelf',
      `union Card = Movie | Trailer
       type Movie ${hidden} { id: ID! }
       type Trailer @inaccessible { id: ID! }
       type Query { cards: [Card] }`,
    );

  it('leaves a hidden member out of its union', () => {
    const { supergraph, api } = composeSupergraph([shelf('')]);
    expect(supergraph).toContain('type Trailer');
    expect(api).toContain('union Card = Movie\n');
    expect(api).not.toContain('Trailer');
  });

  it('has no union of which every member is hidden', () => {
    expect(() => composeSupergraph([shelf('@inaccessible')])).toThrow(
      /do not compose:\n {2}What clients see: Union type Card must/,
    );
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
      /podcasts\.graphql:5 Podcast: .*→ Declare it in catalog\.graphql .*extend it by key in podcasts\.graphql/s,
    );
  });

  it('is told how to add fields where it declared the interface once more', () => {
    // The composer takes it, and the movies of the second subgraph's list would be null.
    const sources = [
      subgraph(
        'one',
        `interface Media @key(fields: "id") { id: ID! }
         type Film implements Media @key(fields: "id") { id: ID! }
         type Song implements Media @key(fields: "id") { id: ID! }
         type Query { media: [Media] }`,
      ),
      subgraph(
        'two',
        `interface Media @federation__key(fields: "id") { id: ID! }
         type Film implements Media @key(fields: "id") { id: ID! seen: Int }
         type Query { seen: [Media] }`,
      ),
    ];
    expect(() => composeSupergraph(sources)).toThrow(
      'two.graphql:4 Media: a second entity interface beside the one of one.graphql, without Song; ' +
        'through it these would be null at run time.\n' +
        '    → To add fields to every Media, declare `type Media @key(…) @interfaceObject` instead.',
    );
  });

  it.each([
    [
      'type Movie @key(fields: "id") { id: ID! releaseYear: Int }',
      /^ {2}catalog\.graphql:29, toys\.graphql:4 Movie\.releaseYear: Non-shareable field.*\n {4}→ Let one subgraph/m,
    ],
    [
      'type Movie @key(fields: "slug") { id: ID! stars: Int }',
      /^ {2}toys\.graphql:4 Movie: On type "Movie".*\n {4}→ A key names fields of its own type/m,
    ],
    [
      'enum DeviceKind { TV VR } type Query { kind(of: DeviceKind): DeviceKind }',
      /toys\.graphql:4 DeviceKind: Enum type "DeviceKind".*\n {4}→ An enum that is input/,
    ],
    [
      'type Movie @nokey { id: ID! }',
      /toys\.graphql: Unknown directive "@nokey".*\n {4}→ Begin the file with/,
    ],
  ])('learns file, line, field and what to do: %s', async (sdl, told) => {
    const sources = [...(await published()), subgraph('toys', sdl)];
    expect(() => composeSupergraph(sources)).toThrow(told);
  });

  it('learns every composition error at once', () => {
    const broken = [
      subgraph('one', 'type Query { a: A } type A @key(fields: "id") { id: ID! x: Int y: Int }'),
      subgraph('two', 'type A @key(fields: "id") { id: ID! x: String y: String }'),
    ];
    expect(() => composeSupergraph(broken)).toThrow(/A\.x.*A\.y/s);
  });
});
