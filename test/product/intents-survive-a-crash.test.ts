// What breaks: the whole product, one process holding gateway, subgraphs and hot store.
// How: SIGKILL right after an intent was acknowledged as DURABLE, several times over.
// What must still hold: the restarted product answers exactly the last acknowledged intent.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Product, startProduct } from '../support/product.ts';
import { askGateway, RemoteDevice } from '../support/remote-device.ts';

const title = 'mov_tears_of_steel';

async function playheadOf(product: Product): Promise<{ version: string; positionMs: number }> {
  const data = await askGateway<{
    viewer: { playhead: { version: string; positionMs: number } };
  }>(product, await product.token('crash'), {
    query: `{ viewer { playhead(playableId: "${title}") { version positionMs } } }`,
  });
  return data.viewer.playhead;
}

describe('a product that is killed', () => {
  let dataDir: string;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'playhead-'));
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  it('answers the last acknowledged intent after every restart', async () => {
    for (const [round, event] of (['PAUSE', 'SEEK', 'STOP'] as const).entries()) {
      const product = await startProduct({ dataDir });
      const tv = new RemoteDevice(product, await product.token('crash'));
      await tv.begin({ playableId: title, deviceId: 'tv', deviceKind: 'TV' });
      await tv.report({ event: 'START', positionMs: round * 1_000 });
      const acknowledged = await tv.report({ event, positionMs: 60_000 + round * 1_000 });
      await product.kill9();
      expect(acknowledged).toMatchObject({ outcome: 'ACCEPTED', durability: 'DURABLE' });

      const restarted = await startProduct({ dataDir });
      expect(await playheadOf(restarted)).toEqual({
        version: acknowledged.playhead?.version,
        positionMs: 60_000 + round * 1_000,
      });
      await restarted.stop();
    }
  });

  it('keeps what was done by hand, and the row agrees', async () => {
    const product = await startProduct({ dataDir });
    const data = await askGateway<{ hidePlayhead: { playhead: { hidden: boolean } } }>(
      product,
      await product.token('crash'),
      {
        query: `mutation { hidePlayhead(input: { playableId: "${title}" }) { playhead { hidden } } }`,
      },
    );
    expect(data.hidePlayhead.playhead.hidden).toBe(true);
    await product.kill9();

    const restarted = await startProduct({ dataDir });
    const { viewer } = await askGateway<{
      viewer: {
        playhead: { hidden: boolean; positionMs: number };
        continueWatching: { edges: { node: { playableId: string } }[] };
      };
    }>(restarted, await restarted.token('crash'), {
      query: `{ viewer {
        playhead(playableId: "${title}") { hidden positionMs }
        continueWatching { edges { node { playableId } } }
      } }`,
    });
    expect(viewer.playhead).toEqual({ hidden: true, positionMs: 62_000 });
    expect(viewer.continueWatching.edges).toEqual([]);
    await restarted.stop();
  });

  it('writes what the hot store owes when it is asked to end', async () => {
    const product = await startProduct({ dataDir, env: { PLAYBACK_WRITE_BEHIND_MS: '300000' } });
    const phone = new RemoteDevice(product, await product.token('crash'));
    await phone.begin({ playableId: title, deviceId: 'phone', deviceKind: 'PHONE' });
    const plain = await phone.report({ positionMs: 99_000 });
    expect(plain).toMatchObject({ outcome: 'ACCEPTED', durability: 'HOT' });
    await product.stop();

    const restarted = await startProduct({ dataDir });
    expect(await playheadOf(restarted)).toMatchObject({ positionMs: 99_000 });
    await restarted.stop();
  });
});
