import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openToyGateway, type ToyGateway } from './toy-gateway.ts';

describe('a gateway that serves a contract', () => {
  let gateway: ToyGateway;
  beforeAll(async () => {
    gateway = await openToyGateway('embedded', {
      extend: async (own) => ({
        connections: own,
        supergraphFile: 'schema/contracts/partners.graphql',
      }),
    });
  });
  afterAll(() => gateway.close());

  it.each(['ranker', 'continuationProbability', 'edges { node { score } }'])(
    'does not know what is tagged internal: %s',
    async (selection) => {
      const query = `{ viewer { continueWatching(first: 1) { ${selection} } } }`;
      const { errors } = await gateway.ask(query, { profileId: 'alice' });
      expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
    },
  );

  it('does not show it, and answers the rest', async () => {
    const shown = await gateway.ask('{ __type(name: "ContinueWatchingItem") { fields { name } } }');
    const names = shown.data.__type.fields.map(({ name }: { name: string }) => name);
    expect(names).toContain('playableId');
    expect(names).not.toContain('score');
    const query = `{
      viewer { continueWatching(first: 1) { edges { node { playable { title } } } } }
    }`;
    const { data, errors } = await gateway.ask(query, { profileId: 'alice' });
    expect(errors).toBeUndefined();
    const edges = [{ node: { playable: { title: 'Title of mov_0' } } }];
    expect(data.viewer.continueWatching.edges).toEqual(edges);
  });
});
