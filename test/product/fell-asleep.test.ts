import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Product, startProduct } from '../support/product.ts';
import { askGateway, RemoteDevice } from '../support/remote-device.ts';
import { until } from '../support/until.ts';

const minuteMs = 60_000;

const pageQuery = `{ viewer {
  playhead(playableId: "mov_sintel") { status positionMs device { kind } }
  watchSessions(first: 5) { edges { node { id device { kind name } undoneAt
    titles { playable { id title } fromPositionMs toPositionMs finished } } } }
  continueWatching { edges { node { kind playableId } } } } }`;

interface Page {
  playhead: { status: string; positionMs: number; device: { kind: string } | null };
  watchSessions: {
    edges: {
      node: {
        id: string;
        device: { kind: string };
        undoneAt: string | null;
        titles: object[];
      };
    }[];
  };
  continueWatching: { edges: { node: { playableId: string } }[] };
}

describe('a viewer who fell asleep before the television', () => {
  let product: Product;
  let token: string;
  beforeAll(async () => {
    product = await startProduct();
    token = await product.token('sleeper');
  });
  afterAll(() => product.stop());

  const page = async () => {
    const { viewer } = await askGateway<{ viewer: Page }>(product, token, { query: pageQuery });
    return viewer;
  };
  const sessionOn = async (kind: string) => {
    const { watchSessions } = await page();
    const edge = watchSessions.edges.find(({ node }) => node.device.kind === kind);
    if (edge === undefined) throw new Error(`No session on the ${kind}.`);
    return edge.node;
  };
  const row = async () => (await page()).continueWatching.edges.map(({ node }) => node.playableId);
  const undo = async (sessionId: string) => {
    const query = `mutation ($input: UndoSessionInput!) { undoSession(input: $input) {
      playheads { playableId positionMs } problems { code } } }`;
    const operation = { query, variables: { input: { sessionId } } };
    const data = await askGateway<{ undoSession: object }>(product, token, operation);
    return data.undoSession;
  };

  it('finds the session, takes it back, and has the card back in the row', async () => {
    const phone = new RemoteDevice(product, token);
    await phone.begin({ playableId: 'mov_sintel', deviceId: 'phone', deviceKind: 'PHONE' });
    await phone.report({ event: 'START', positionMs: 4 * minuteMs });
    await phone.report({ event: 'STOP', positionMs: 5 * minuteMs });
    await until(async () => (await row()).includes('mov_sintel'), { what: 'the card is there' });

    const tv = new RemoteDevice(product, token);
    await tv.begin({ playableId: 'mov_sintel', deviceId: 'tv', deviceKind: 'TV' });
    await tv.report({ event: 'START', positionMs: 5 * minuteMs });
    await tv.report({ event: 'FINISH', positionMs: 14 * minuteMs });
    await until(async () => (await row()).length === 0, { what: 'the finished film is gone' });

    expect(await sessionOn('PHONE')).toMatchObject({ undoneAt: null });
    const slept = await sessionOn('TV');
    expect(slept).toMatchObject({
      undoneAt: null,
      titles: [
        {
          playable: { id: 'mov_sintel', title: 'Sintel' },
          ...{ fromPositionMs: 5 * minuteMs, toPositionMs: 14 * minuteMs, finished: true },
        },
      ],
    });

    expect(await undo(slept.id)).toEqual({
      playheads: [{ playableId: 'mov_sintel', positionMs: 5 * minuteMs }],
      problems: [],
    });
    await until(async () => (await row()).includes('mov_sintel'), { what: 'the card is back' });
    expect((await page()).playhead).toEqual({
      ...{ status: 'IN_PROGRESS', positionMs: 5 * minuteMs, device: { kind: 'PHONE' } },
    });
    expect(await undo(slept.id)).toEqual({
      playheads: [],
      problems: [{ code: 'ALREADY_UNDONE' }],
    });
  });

  it('still has it taken back after a crash', async () => {
    const tablet = new RemoteDevice(product, token);
    await tablet.begin({ playableId: 'mov_spring', deviceId: 'tablet', deviceKind: 'TABLET' });
    await tablet.report({ event: 'STOP', positionMs: 4 * minuteMs });
    const { id: sessionId } = await sessionOn('TABLET');
    await product.kill9();
    const again = await startProduct({ dataDir: product.dataDir });
    try {
      const operation = {
        query: `mutation { undoSession(input: { sessionId: "${sessionId}" }) {
          playheads { status } problems { code } } }`,
      };
      const data = await askGateway<{ undoSession: object }>(again, token, operation);
      expect(data.undoSession).toEqual({ playheads: [{ status: 'NOT_STARTED' }], problems: [] });
    } finally {
      await again.stop();
    }
  });
});
