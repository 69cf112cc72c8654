import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  beginSessionMutation,
  playheadQuery,
  recordHeartbeatsMutation,
} from '../../client/operations.ts';
import { readConfig } from '../../runtime/config.ts';
import { mintDevelopmentToken } from '../../runtime/identity.ts';
import { post } from '../gateway/toy-gateway.ts';
import { type Product, startProduct } from '../support/product.ts';
import { productionKeys } from '../support/production-keys.ts';

const ofPartner = 'query Partner { viewer { id } }';

describe('npm start in production', () => {
  let dataDir: string;
  let product: Product;
  let authorization: string;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'playhead-production-'));
    const keys = await productionKeys(dataDir);
    const manifest = join(dataDir, 'partner.json');
    await writeFile(manifest, JSON.stringify({ 'partner-1': ofPartner }));
    const env = { NODE_ENV: 'production', HOST: '127.0.0.1', PERSISTED_DOCUMENTS_FILES: manifest };
    product = await startProduct({ dataDir, env: { ...env, ...keys } });
    const config = readConfig({ DATA_DIR: dataDir });
    const token = await mintDevelopmentToken(config, { profileId: 'ada', nowMs: Date.now() });
    authorization = `Bearer ${token}`;
  });
  afterAll(async () => {
    await product.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  const ask = (body: object) => post(`${product.url}/graphql`, body, { authorization });

  it('runs what the SDK sends, and what further manifests name', async () => {
    const resume = await ask({
      query: playheadQuery.document,
      variables: { playableId: 'mov_sintel' },
    });
    expect(resume).toMatchObject({
      errors: undefined,
      data: { viewer: { playhead: { status: 'NOT_STARTED' } } },
    });
    expect((await ask({ documentId: 'partner-1' })).errors).toBeUndefined();
  });

  it('runs nothing else', async () => {
    const { errors, data } = await ask({ query: '{ viewer { inProgress { edges { cursor } } } }' });
    expect(errors).toMatchObject([{ extensions: { code: 'PERSISTED_QUERY_REQUIRED' } }]);
    expect(data).toBeUndefined();
  });

  it('says of a device that sends too much when it may come again', async () => {
    const own = { playableId: 'mov_sintel', sessionId: 's-1', deviceId: 'tv', deviceKind: 'TV' };
    const begin = await ask({
      query: beginSessionMutation.document,
      variables: { input: { ...own, elapsedMs: 0 } },
    });
    const { session } = begin.data.beginSession;
    const heartbeat = (sequence: number) =>
      ask({
        query: recordHeartbeatsMutation.document,
        variables: {
          input: {
            session,
            heartbeats: [{ sequence, elapsedMs: sequence, positionMs: 1_000, event: 'HEARTBEAT' }],
          },
        },
      });
    // At once, however slow the machine: a second brings one more.
    const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => heartbeat(index)));
    const refused = answers.flatMap(({ errors }) => errors ?? []);
    expect(refused.length).toBeGreaterThan(0);
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(5);
    for (const { extensions, path } of refused) {
      expect(path).toEqual(['recordHeartbeats']);
      expect(extensions).toMatchObject({ code: 'RATE_LIMITED', retryable: true });
      expect(extensions.retryAfterMs).toBeGreaterThan(0);
    }
  });
});
