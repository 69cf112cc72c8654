import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorCatalogue } from '../../domain/errors.ts';
import { readConfig } from '../../runtime/config.ts';
import { mintDevelopmentToken } from '../../runtime/identity.ts';
import { RawSocket } from '../gateway/raw-socket.ts';
import { startProduct } from '../support/product.ts';
import { productionKeys } from '../support/production-keys.ts';

/** The gateway under attack: everything in one process of its own, in production mode. */
export interface Target {
  /** Of /graphql. */
  readonly url: string;
  readonly webSocketUrl: string;
  readonly token: string;
  /** What it wrote so far. */
  output(): string;
  /** What the process holds in memory, from the system's point of view. */
  residentMb(): Promise<number>;
  hasEnded(): boolean;
  stop(): Promise<void>;
}

/** Known documents and rates would refuse nearly everything at the door: here what is behind it must hold. */
const open = { PERSISTED_DOCUMENTS: 'all', RATE_LIMIT_PROFILE: 'off', RATE_LIMIT_ADDRESS: 'off' };

export async function openTarget(): Promise<Target> {
  const dataDir = await mkdtemp(join(tmpdir(), 'playhead-attacked-'));
  const keys = await productionKeys(dataDir);
  const env = { NODE_ENV: 'production', HOST: '127.0.0.1', LOG_LEVEL: 'warn', ...open, ...keys };
  const product = await startProduct({ env, dataDir });
  const url = `${product.url}/graphql`;
  const claims = { profileId: 'alice', nowMs: Date.now() };
  return {
    url,
    webSocketUrl: url.replace(/^http/, 'ws'),
    token: await mintDevelopmentToken(readConfig({ DATA_DIR: dataDir }), claims),
    output: () => product.output(),
    async residentMb() {
      const status = await readFile(`/proc/${product.process.pid}/status`, 'utf8');
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
    },
    hasEnded: () => product.process.exitCode !== null || product.process.signalCode !== null,
    async stop() {
      await product.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** What no answer to anybody may show: where the code is, whom it asks, how it failed. */
const leaks = [
  /\bat .+:\d+:\d+/,
  /node_modules|file:\/\/|\.ts\b|\.js\b/,
  /\/(work|home|root|tmp|app|data)\//,
  /ECONN|EPIPE|ENOENT|SQLITE|127\.0\.0\.1|localhost/,
  /serviceName|stacktrace|_entities|@join/i,
  /TypeError|RangeError|ReferenceError|Maximum call stack/,
];

export interface GraphqlAnswer {
  data?: unknown;
  errors?: { message: string; extensions?: { code?: string; retryable?: boolean } }[];
}

/** Codes of an answer, once it was seen to be of the closed list and to give nothing away. */
export function codesOf(answer: GraphqlAnswer, sent = ''): string[] {
  const text = JSON.stringify(answer);
  for (const leak of leaks) {
    const found = leak.exec(text)?.[0];
    // An error may quote what the client wrote itself.
    if (found !== undefined && !sent.includes(found)) throw new Error(`It tells ${found}: ${text}`);
  }
  return (answer.errors ?? []).map(({ extensions = {} }) => {
    const { code = '' } = extensions;
    if (!Object.hasOwn(errorCatalogue, code)) throw new Error(`A code of no list: ${text}`);
    if (code === 'INTERNAL_SERVER_ERROR') throw new Error(`Unforeseen: ${text}`);
    return code;
  });
}

export interface Sent {
  body?: string | Buffer;
  method?: string;
  headers?: Record<string, string>;
  /** Default: the target's own. */
  token?: string | null;
}

/** One request, JSON unless said otherwise. Its answer is GraphQL's, never a fault of the server. */
export async function send(
  target: Target,
  { body, method = 'POST', headers, token = target.token }: Sent,
): Promise<{ status: number; codes: string[]; answer: GraphqlAnswer }> {
  // Of its own: one that is kept may be closed by the server just as the next request goes out.
  const agent = new Agent({ keepAlive: true });
  const request = httpRequest(target.url, {
    agent,
    method,
    headers: {
      // Otherwise a subscription would be answered by events for ever.
      accept: 'application/json',
      'content-type': 'application/json',
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...headers,
    },
  });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  // Answered before all of it was sent: the rest may find nobody.
  request.on('error', () => {});
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  agent.destroy();
  const { statusCode: status = 0 } = response;
  if (status >= 500) throw new Error(`${status}: ${text}`);
  const answer = JSON.parse(text) as GraphqlAnswer;
  return { status, answer, codes: codesOf(answer, String(body)) };
}

/** A socket that the gateway has let in. */
export async function openSocket(target: Target): Promise<RawSocket> {
  const socket = new RawSocket(target.webSocketUrl, 'graphql-transport-ws');
  await socket.opened;
  socket.say({ type: 'connection_init', payload: { authorization: target.token } });
  await socket.heard();
  return socket;
}
