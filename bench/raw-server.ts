import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import { listen } from '../runtime/listen.ts';
import type { Outcome } from './plays.ts';
import { openRawMerge, type RawHeartbeat } from './raw-merge.ts';

/**
 * The floor of what a heartbeat over HTTP can cost here: node:http, JSON in and out, and the product's
 * own adapter of Redis: the same script with the same batching. No GraphQL, no token, no check, no
 * breaker, nothing remembered.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { redis: { type: 'string' }, partitions: { type: 'string' } },
  });
  const merge = await openRawMerge(values.redis as string, Number(values.partitions));
  const server = createServer((request, response) => answer({ request, response, merge }));
  const { url } = await listen(server, { host: '127.0.0.1', port: 0 });
  process.stdout.write(`raw  ${url}/graphql\n`);
}

function answer(of: {
  request: IncomingMessage;
  response: ServerResponse;
  merge: (heartbeat: RawHeartbeat) => Promise<Outcome>;
}): void {
  const { request, response, merge } = of;
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', async () => {
    try {
      const heartbeat = JSON.parse(Buffer.concat(chunks).toString()) as RawHeartbeat;
      const outcome = await merge(heartbeat);
      const text = JSON.stringify({ outcome, durability: 'HOT', nextHeartbeatInMs: 5_000 });
      response.writeHead(200, {
        'content-type': 'application/json; charset=utf-8',
        'content-length': text.length,
      });
      response.end(text);
    } catch (error) {
      response.writeHead(500, { 'content-length': 0 }).end();
      process.stderr.write(`${(error as Error).stack}\n`);
    }
  });
}

await main();
