import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A request on its way to the server; what a breakage changes is what the server gets. */
export interface Asked {
  operationName: string;
  // biome-ignore lint/suspicious/noExplicitAny: a breakage reads whatever it breaks.
  variables: any;
  /** Before it is parsed: for what is no operation at all. */
  headers: Record<string, string>;
}

/** One rule broken, between a good server and its client. Both halves change what they are given. */
export interface Breakage {
  /** The body as it came, before anybody reads it. */
  body?(body: string, headers: Record<string, string>): string;
  asked?(asked: Asked): void;
  // biome-ignore lint/suspicious/noExplicitAny: a breakage reads whatever it breaks.
  answered?(asked: Asked, answer: { data: any; errors?: any[] }): void;
  /** Of a new stream: what becomes of each of its events: none, itself, or more. */
  // biome-ignore lint/suspicious/noExplicitAny: a breakage reads whatever it breaks.
  pushed?(): (update: any) => object[];
}

/** A server that keeps every rule but the one that its breakage breaks. */
export interface BrokenServer {
  url: string;
  close(): Promise<void>;
}

export async function openBrokenServer(target: string, breakage: Breakage): Promise<BrokenServer> {
  const server = createServer((request, response) => {
    relay(request, response, { target, breakage }).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function relay(
  request: IncomingMessage,
  response: ServerResponse,
  by: { target: string; breakage: Breakage },
): Promise<void> {
  const { target, breakage } = by;
  const headers = forwarded(request);
  const came = await text(request);
  const body = breakage.body?.(came, headers) ?? came;
  const asked = operationOf(body, headers);
  if (asked !== undefined) breakage.asked?.(asked);
  const left = new AbortController();
  response.once('close', () => left.abort());
  const answer = await fetch(target, {
    method: 'POST',
    headers,
    body: asked === undefined ? body : JSON.stringify({ ...asked, headers: undefined }),
    signal: left.signal,
  });
  const type = answer.headers.get('content-type') ?? '';
  response.writeHead(answer.status, { 'content-type': type });
  if (type.includes('text/event-stream') && answer.body !== null) {
    // A stream that was left may still be told for a while: what is remembered is of one alone.
    const pushed = breakage.pushed?.();
    for await (const event of eventsOf(answer.body)) response.write(changed(event, pushed));
    response.end();
    return;
  }
  const said = await answer.text();
  response.end(asked === undefined ? said : changedAnswer(said, { asked, breakage }));
}

function forwarded({ headers }: IncomingMessage): Record<string, string> {
  const names = ['content-type', 'accept', 'authorization'];
  const kept = names.flatMap((name) =>
    typeof headers[name] === 'string' ? [[name, headers[name]]] : [],
  );
  return Object.fromEntries(kept);
}

/** Undefined for what is no operation with a name. */
function operationOf(body: string, headers: Record<string, string>): Asked | undefined {
  try {
    const operation = JSON.parse(body);
    return operation.variables === undefined ? undefined : { ...operation, headers };
  } catch {
    // A case that sends no JSON: passed on as it is.
    return undefined;
  }
}

function changedAnswer(said: string, by: { asked: Asked; breakage: Breakage }): string {
  const answer = JSON.parse(said);
  by.breakage.answered?.(by.asked, answer);
  return JSON.stringify(answer);
}

/** The events of a stream, each with the empty line that ends it. */
async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) yield `${part}\n\n`;
  }
}

function changed(
  event: string,
  pushed: ReturnType<NonNullable<Breakage['pushed']>> | undefined,
): string {
  const [, json] = /^data: ?(\{.*\})$/m.exec(event) ?? [];
  if (pushed === undefined || json === undefined) return event;
  const result = JSON.parse(json);
  const update = result.data?.playheadUpdates;
  if (update === undefined) return event;
  return pushed(update)
    .map((playheadUpdates) => ({ data: { playheadUpdates } }))
    .map((each) => `event: next\ndata: ${JSON.stringify(each)}\n\n`)
    .join('');
}
