import { describe, expect, it } from '@jest/globals';
import { listedIn, readSubgraphList } from '../../schema/subgraph-list.ts';

const listOf = (entry: string) => `
federation_version: =2.9.0
subgraphs:
  ratings:
${entry.replace(/^/gm, '    ')}
`;
const file = 'schema: { file: ./ratings.graphql }';
const here = 'routing_url: http://127.0.0.1:4010/graphql';

describe('the list of subgraphs', () => {
  it('names those of this repository, and where each pushes', async () => {
    const listed = await readSubgraphList();
    expect(listed.map(({ name, subscription }) => [name, subscription?.path])).toEqual([
      ['catalog', undefined],
      ['playback', '/graphql/ws'],
      ['recommendations', '/graphql/ws'],
    ]);
  });

  it.each([
    ['ws', '/graphql/ws'],
    ['sse', '/graphql'],
  ])('knows where %s is by default', (protocol, path) => {
    const [ratings] = listedIn(listOf(`${here}\n${file}\nsubscription: { protocol: ${protocol} }`));
    expect(ratings?.subscription).toEqual({ protocol, path });
  });

  it('takes the address of the SDL for the one of the subgraph', () => {
    const [ratings] = listedIn(listOf('schema: { subgraph_url: "http://127.0.0.1:4010/graphql" }'));
    expect(ratings?.url).toBe('http://127.0.0.1:4010/graphql');
  });

  it.each([
    [listOf(file), '5 subgraphs.ratings.routing_url: required: where gateways reach this subgraph'],
    [
      listOf(`routing_url: ratings\n${file}`),
      '5 subgraphs.ratings.routing_url: an http or https URL',
    ],
    [
      listOf(`${here}\nschema: { graphref: a@b }`),
      '6 subgraphs.ratings.schema: either `file` or `subgraph_url`; a registry is not read here',
    ],
    [
      listOf(`${here}\n${file}\nsubscription: { protocol: mqtt }`),
      '7 subgraphs.ratings.subscription.protocol: Invalid option: expected one of "ws"|"sse"',
    ],
    [listOf(`${here}\n${file}\nrouting: 1`), '5 subgraphs.ratings: Unrecognized key: "routing"'],
    [
      listOf(`${here}\n${file}`).replace('=2.9.0', '1'),
      '2 federation_version: only federation 2 is composed here',
    ],
    [
      listOf(`${here}\n${file}`).replace('ratings:', 'api:'),
      '5 subgraphs.api: api and supergraph are files of the composition',
    ],
    ['subgraphs: [', 'Flow sequence'],
  ])('says in which line what is wrong: %j', (text, told) => {
    expect(() => listedIn(text)).toThrow(told);
  });
});
