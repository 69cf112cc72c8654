import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Product, startProduct } from '../support/product.ts';
import { askGateway, RemoteDevice } from '../support/remote-device.ts';
import { until } from '../support/until.ts';

const minuteMs = 60_000;

const pageQuery = `{ viewer {
  playhead(playableId: "mov_sintel") { status positionMs device { kind } }
  watchSessions(first: 5) { edges { node { id device { kind } undoneAt } } }
  continueWatching { edges { node { kind playableId } } } } }`;

interface Page {
  playhead: { status: string; positionMs: number; device: { kind: string } | null };
  watchSessions: { edges: { node: { id: string; device: { kind: string } } }[] };
  continueWatching: { edges: { node: { playableId: string } }[] };
}

describe('a film that the children watched on the wrong profile', () => {
  let product: Product;
  let parent: string;
  let child: string;
  beforeAll(async () => {
    product = await startProduct();
    parent = await product.accountToken('parent', ['parent', 'child']);
    child = await product.accountToken('child', ['parent', 'child']);
  });
  afterAll(() => product.stop());

  const page = async (token: string) => {
    const { viewer } = await askGateway<{ viewer: Page }>(product, token, { query: pageQuery });
    return viewer;
  };
  const row = async (token: string) =>
    (await page(token)).continueWatching.edges.map(({ node }) => node.playableId);
  const reassign = async (sessionId: string, token: string, profileId: string) => {
    const query = `mutation ($input: ReassignSessionInput!) { reassignSession(input: $input) {
      playheads { playableId status } problems { code } } }`;
    const operation = { query, variables: { input: { sessionId, profileId } } };
    return (await askGateway<{ reassignSession: object }>(product, token, operation))
      .reassignSession;
  };

  it('goes to theirs: playhead, list and row of both', async () => {
    const tv = new RemoteDevice(product, parent);
    await tv.begin({ playableId: 'mov_sintel', deviceId: 'tv', deviceKind: 'TV' });
    await tv.report({ event: 'START', positionMs: 4 * minuteMs });
    await tv.report({ event: 'STOP', positionMs: 5 * minuteMs });
    await until(async () => (await row(parent)).includes('mov_sintel'), {
      what: 'the card is there',
    });
    expect(await row(child)).toEqual([]);
    const [session] = (await page(parent)).watchSessions.edges;
    const { id = '' } = session?.node ?? {};

    expect(await reassign(id, parent, 'child')).toEqual({
      playheads: [{ playableId: 'mov_sintel', status: 'NOT_STARTED' }],
      problems: [],
    });
    await until(async () => (await row(parent)).length === 0, { what: 'the card has left' });
    await until(async () => (await row(child)).includes('mov_sintel'), {
      what: 'the card is theirs',
    });
    expect(await page(child)).toMatchObject({
      playhead: { status: 'IN_PROGRESS', positionMs: 5 * minuteMs, device: { kind: 'TV' } },
      watchSessions: { edges: [{ node: { id, device: { kind: 'TV' }, undoneAt: null } }] },
    });
    expect((await page(parent)).playhead).toMatchObject({ status: 'NOT_STARTED' });
    expect(await reassign(id, child, 'parent')).toMatchObject({
      problems: [{ code: 'ALREADY_UNDONE' }],
    });
  });

  it('goes nowhere by a token that names no profiles of the account', async () => {
    const token = await product.token('parent');
    await expect(reassign('some-session', token, 'child')).rejects.toThrow('FORBIDDEN');
  });
});
