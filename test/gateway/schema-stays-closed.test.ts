import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openToyGateway, type ToyGateway } from './toy-gateway.ts';

const begin = 'mutation ($input: BeginSessionInput!) { beginSession(input: $input) { stale } }';
const input = { playableId: 'mov_1', sessionId: 's', deviceId: 'd', deviceKind: 'TV' };

/** Misspelt by a letter each, so that the name itself would be suggested. */
const misspelt: Record<
  string,
  { query: string; variables?: Record<string, unknown>; name: string }
> = {
  'a field': { query: '{ viewr { id } }', name: '"viewer"' },
  'an argument': {
    query: '{ playable(id: "a") { artworkUrl(widt: 1) } }',
    name: '"width"',
  },
  'a type': { query: '{ playable(id: "a") { ... on Movi { id } } }', name: '"Movie"' },
  'an enum value': {
    query: begin,
    variables: { input: { ...input, deviceKind: 'TVV' } },
    name: '"TV"',
  },
  'an input field': {
    query: begin,
    variables: { input: { ...input, deviceNam: 'x' } },
    name: '"deviceName"',
  },
};

describe('the schema, to those who do not know it', () => {
  const gateways: Partial<Record<'development' | 'production', ToyGateway>> = {};
  beforeAll(async () => {
    gateways.development = await openToyGateway('embedded');
    gateways.production = await openToyGateway('embedded', { isProduction: true });
  });
  afterAll(async () => {
    for (const gateway of Object.values(gateways)) await gateway.close();
  });

  it.each(Object.entries(misspelt))('suggests %s in development only', async (_what, operation) => {
    const { query, variables = {}, name } = operation;
    const messages = async (gateway: ToyGateway | undefined) => {
      const answer = await gateway?.ask(query, { profileId: 'alice', variables });
      return answer?.errors?.map(({ message }) => message).join() ?? '';
    };
    expect(await messages(gateways.development)).toMatch(`Did you mean`);
    expect(await messages(gateways.development)).toContain(name);
    const told = await messages(gateways.production);
    expect(told.length).toBeGreaterThan(0);
    expect(told).not.toContain('Did you mean');
    expect(told).not.toContain(name);
  });

  it.each(['{ __schema { types { name } } }', '{ __type(name: "Query") { fields { name } } }'])(
    'answers %s in development only',
    async (query) => {
      expect((await gateways.development?.ask(query))?.errors).toBeUndefined();
      const errors = (await gateways.production?.ask(query))?.errors ?? [];
      const codes = new Set(errors.map(({ extensions }) => extensions.code));
      expect(codes).toEqual(new Set(['GRAPHQL_VALIDATION_FAILED']));
    },
  );

  it('has pages in development only', async () => {
    const page = (gateway: ToyGateway | undefined) =>
      fetch(gateway?.url ?? '', { headers: { accept: 'text/html' } });
    expect((await page(gateways.development)).headers.get('content-type')).toContain('text/html');
    expect((await page(gateways.production)).headers.get('content-type') ?? '').not.toContain(
      'text/html',
    );
  });
});
