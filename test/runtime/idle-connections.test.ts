import { createServer, request } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { defaultPolicy } from '../../domain/policy.ts';
import { type Listening, listen } from '../../runtime/listen.ts';

const opened: Listening[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

/** Seconds after which the server closes a connection that is not used. */
async function idleS(): Promise<number> {
  const server = createServer((_request, response) => response.end());
  const listening = await listen(server, { host: '127.0.0.1', port: 0 });
  opened.push(listening);
  const headers = await new Promise<Record<string, unknown>>((resolve, reject) => {
    // Node says it to those who ask for it.
    const asking = request(listening.url, { headers: { connection: 'keep-alive' } }, (response) => {
      response.resume().on('end', () => resolve(response.headers));
    });
    asking.on('error', reject).end();
  });
  return Number(/^timeout=(\d+)$/.exec(String(headers['keep-alive']))?.[1]);
}

describe('an idle connection', () => {
  it('is kept for longer than a player is silent, also one that is paused', async () => {
    const { heartbeatEveryMs, pingEveryMs } = defaultPolicy;
    expect(await idleS()).toBeGreaterThan(Math.max(heartbeatEveryMs, pingEveryMs) / 1_000);
  });

  it('is kept for longer than load balancers keep theirs', async () => {
    expect(await idleS()).toBeGreaterThan(60);
  });
});
