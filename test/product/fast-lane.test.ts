import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Product, startProduct, startSplit } from '../support/product.ts';
import { until } from '../support/until.ts';

const playableId = 'mov_tears_of_steel';
const manifest = JSON.parse(
  await readFile(new URL('../../schema/persisted-documents.json', import.meta.url), 'utf8'),
) as Record<string, string>;

/** As a client of this repository sends it. */
function documentOf(operation: string): string {
  const text = Object.values(manifest).find((each) => each.includes(`${operation}(`));
  if (text === undefined) throw new Error(`No document ${operation}.`);
  return text;
}

// What breaks: a document of the SDK that asks for a field of another subgraph, or a schema that drifts, and every
// heartbeat costs many times as much, in silence.
// How: the product as it starts, and the SDK's own documents.
// What must hold: all of them are forwarded, and answered.
describe.each([
  ['one process', startProduct],
  ['separate processes', startSplit],
] as const)('the SDK’s documents in the fast lane, %s', (_shape, start) => {
  let product: Product;
  let token: string;
  beforeAll(async () => {
    product = await start();
    token = await product.token('alice');
  });
  afterAll(() => product?.stop());

  async function ask(operation: string, variables: object) {
    const response = await fetch(`${product.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: documentOf(operation), variables }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever it asked for.
    return (await response.json()) as { data?: any; errors?: unknown };
  }

  async function forwarded(): Promise<number> {
    const text = await (await fetch(`${product.url}/metrics`)).text();
    const sample = /^playhead_lane_forwarded_total\{subgraph="playback",transport="http"\} (\d+)$/m;
    return Number(sample.exec(text)?.[1] ?? 0);
  }

  it('are answered there once they are known', async () => {
    const begin = { input: { playableId, sessionId: 's', deviceId: 'tv', deviceKind: 'TV' } };
    const { session } = (await ask('BeginSession', begin)).data.beginSession;
    let sequence = 0;
    const variablesOf: Record<string, () => object> = {
      BeginSession: () => begin,
      RecordHeartbeats() {
        sequence += 1;
        const heartbeat = { sequence, elapsedMs: sequence * 1_000, positionMs: sequence * 1_000 };
        return { input: { session, heartbeats: [heartbeat] } };
      },
      PlayheadOf: () => ({ playableId }),
    };
    for (const [operation, variables] of Object.entries(variablesOf)) {
      const before = await forwarded();
      const isForwarded = async () => {
        const answer = await ask(operation, variables());
        expect(answer.errors).toBeUndefined();
        return (await forwarded()) > before;
      };
      await until(isForwarded, { what: `${operation} is forwarded` });
    }
    const { data } = await ask('PlayheadOf', { playableId });
    expect(JSON.stringify(data)).toContain(`"positionMs":${sequence * 1_000}`);
  });
});
