import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { withFurtherSubgraphs } from '../../gateway/further-subgraphs.ts';
import { readConfig } from '../../runtime/config.ts';
import type { StatementSigner } from '../../runtime/signed-identity.ts';
import { composeSupergraph } from '../../schema/compose.ts';
import { readSources } from '../../schema/read-sources.ts';
import { listedIn } from '../../schema/subgraph-list.ts';
import { overWebSocket } from './live-clients.ts';
import { openRatings, type RatingsSubgraph } from './ratings-subgraph.ts';
import { openToyGateway, type Shape, shapes, type ToyGateway } from './toy-gateway.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'playhead-supergraph-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The list with the subgraph of another team, whose subscriptions are `subscription`. */
const listWith = (subscription: string) =>
  listedIn(`
    federation_version: 2
    subgraphs:
      ratings:
        routing_url: http://127.0.0.1:9/graphql
        schema: { file: ./ratings.graphql }
        ${subscription}
  `);

/** A gateway that knows of `ratings` what an installation would tell it. */
async function openExtended(
  shape: Shape,
  ratings: RatingsSubgraph,
  options: { subscription?: string; urls?: Record<string, string> } = {},
): Promise<ToyGateway> {
  const published = await readSources(new URL('../../schema/', import.meta.url));
  const supergraphFile = join(folder, 'supergraph.graphql');
  await writeFile(supergraphFile, composeSupergraph([...published, ratings.source]).supergraph);
  const listed = listWith(options.subscription ?? '');
  const urls = options.urls ?? { ratings: ratings.url };
  return openToyGateway(shape, {
    isProduction: true,
    extend: async (own, signer) => ({
      connections: await withFurtherSubgraphs(own, {
        ...{ listed, urls, supergraphFile, signer },
      }),
      supergraphFile,
    }),
  });
}

describe.each(shapes)('a subgraph of another team, %s', (shape) => {
  let ratings: RatingsSubgraph;
  let gateway: ToyGateway | undefined;
  beforeEach(async () => {
    ratings = await openRatings();
  });
  afterEach(async () => {
    await gateway?.close();
    await ratings.close();
  });

  it('is asked at the address that the configuration gives it, and joined with ours', async () => {
    gateway = await openExtended(shape, ratings);
    const query = `{
      playables(ids: ["mov_1", "epi_1"]) { title stars playhead { positionMs } }
      bestRated { title }
    }`;
    const { data, errors } = await gateway.ask(query, { profileId: 'alice' });
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      playables: [
        { title: 'Title of mov_1', stars: 4.5, playhead: { positionMs: 1_000 } },
        { title: 'Title of epi_1', stars: null, playhead: { positionMs: 1_000 } },
      ],
      bestRated: [{ title: 'Title of mov_1' }, { title: 'Title of epi_1' }],
    });
  });

  it('hears of the viewer in a statement of the gateway’s, and never sees the token', async () => {
    gateway = await openExtended(shape, ratings);
    await gateway.ask('{ playable(id: "mov_1") { stars } }', { profileId: 'alice' });
    const [, statement] = /^Bearer (.+)$/.exec(ratings.authorization ?? '') ?? [];
    expect(decodeJwt(statement ?? '')).toMatchObject({
      ...{ iss: 'playhead-gateway', profile: 'alice' },
    });
  });

  it('that is away leaves its fields null under a code of its own, unnamed', async () => {
    gateway = await openExtended(shape, ratings, { urls: {} });
    const answer = await gateway.ask('{ playable(id: "mov_1") { title stars } }');
    expect(answer.data.playable).toEqual({ title: 'Title of mov_1', stars: null });
    expect(answer.errors).toMatchObject([
      { extensions: { code: 'SUBGRAPH_UNAVAILABLE', retryable: true } },
    ]);
    expect(answer.text).not.toMatch(/ratings|127\.0\.0\.1/);
  });

  it.each([
    ['ws', 'subscription: { protocol: ws, path: /live }'],
    ['sse', 'subscription: { protocol: sse }'],
  ] as const)('pushes as the list says: %s', async (protocol, subscription) => {
    gateway = await openExtended(shape, ratings, { subscription });
    const query = 'subscription { ratingChanged { by playable { title stars } } }';
    const stream = overWebSocket(gateway, query, { token: await gateway.token('alice') });
    expect((await stream.next())?.data).toEqual({
      ratingChanged: { by: 'someone', playable: { title: 'Title of mov_1', stars: 4.5 } },
    });
    expect(ratings.received).toContain(protocol);
    await stream.leave();
  });
});

describe('SUPERGRAPH_FILE', () => {
  it('is refused where there is no such file', async () => {
    const signer: StatementSigner = { sign: () => '' };
    const supergraphFile = join(folder, 'missing.graphql');
    const options = { listed: [], urls: {}, supergraphFile, signer };
    await expect(withFurtherSubgraphs({}, options)).rejects.toThrow(
      /^SUPERGRAPH_FILE: .*missing\.graphql cannot be read$/,
    );
  });
});

describe('SUBGRAPH_URLS', () => {
  it('gives names an address each', () => {
    const SUBGRAPH_URLS = 'ratings=http://ratings:4000/graphql?a=b,my-awards=https://awards/';
    expect(readConfig({ SUBGRAPH_URLS }).SUBGRAPH_URLS).toEqual({
      ratings: 'http://ratings:4000/graphql?a=b',
      'my-awards': 'https://awards/',
    });
  });

  it.each(['ratings', 'ratings=ratings:4000', 'a=http://a/,', 'ratings=http://'])(
    'is refused where it is none: %s',
    (SUBGRAPH_URLS) => {
      expect(() => readConfig({ SUBGRAPH_URLS })).toThrow(/SUBGRAPH_URLS: names and URLs, such as/);
    },
  );

  it.each(['ratngs', 'playback'])('is refused for what it cannot move: %s', async (name) => {
    const ratings = await openRatings();
    const opened = openExtended('embedded', ratings, { urls: { [name]: ratings.url } });
    await expect(opened).rejects.toThrow(
      `SUBGRAPH_URLS: ${name} cannot be set here; subgraphs of the supergraph beyond our own: ratings`,
    );
    await ratings.close();
  });
});
