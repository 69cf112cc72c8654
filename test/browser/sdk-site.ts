import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Page } from 'playwright-core';
import type { Heartbeat, KeptPlayback } from '../../client/index.ts';
import { createDemoHandler } from '../../demo/serve.ts';
import { playhead, versionAt } from '../client/fake-server.ts';
import { until } from '../support/until.ts';
import { reactModule } from './react-site.ts';
import { sdkModule } from './sdk-modules.ts';

/** A request of the SDK as it arrived. */
export interface Arrived {
  operation: string;
  // biome-ignore lint/suspicious/noExplicitAny: variables are read by tests that know their operation.
  variables: any;
  authorization: string | undefined;
}

/** Serves the SDK's modules to a browser, and answers it as the gateway would. */
export interface SdkSite {
  url: string;
  arrived: Arrived[];
  /** The operations whose connections break, as without a network. */
  unreachable: Set<string>;
  /** Heartbeats in order of arrival, retries too. */
  heartbeats(): Heartbeat[];
  /** Streams of an operation that are open now. */
  streams(operation: string): number;
  /** Sends a result to every open stream of an operation. */
  push(operation: string, data: object): void;
  close(): Promise<void>;
}

const page = `<!doctype html><title>SDK</title>
<script type="importmap">{"imports":{
  "graphql-sse":"/graphql-sse/client.mjs",
  "react":"/react.mjs"
}}</script>
<script>localStorage.setItem('playhead/device-id', 'web')</script>
<video muted src="/demo/clips/sintel.webm"></video>`;

const documents: Record<string, string> = { '/': page, '/other': 'Other.' };

/** Opens a site on a free port. */
export async function openSdkSite(): Promise<SdkSite> {
  const site = new Site();
  const serveClips = createDemoHandler();
  const server = createServer(async (request, response) => {
    const { url = '/' } = request;
    const document = documents[url];
    const script = url === '/react.mjs' ? reactModule() : sdkModule(url);
    if (url === '/graphql') await site.answer(request, response);
    else if (document !== undefined) {
      response.setHeader('content-type', 'text/html').end(document);
    } else if (script !== undefined) {
      response.setHeader('content-type', 'text/javascript').end(script);
    } else if (!(await serveClips(request, response))) response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return Object.assign(site, { url, close });
}

class Site {
  readonly arrived: Arrived[] = [];
  readonly unreachable = new Set<string>();
  readonly #streams = new Map<ServerResponse, string>();

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { operationName: operation, variables } = JSON.parse(await text(request));
    this.arrived.push({ operation, variables, authorization: request.headers.authorization });
    if (this.unreachable.has(operation)) {
      response.destroy();
      return;
    }
    const answer = answers[operation];
    if (answer === undefined) {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      this.#streams.set(response, operation);
      response.on('close', () => this.#streams.delete(response));
      return;
    }
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ data: answer(variables.input) }));
  }

  heartbeats(): Heartbeat[] {
    return this.arrived
      .filter(({ operation }) => operation === 'RecordHeartbeats')
      .flatMap(({ variables }) => variables.input.heartbeats);
  }

  streams(operation: string): number {
    return [...this.#streams.values()].filter((each) => each === operation).length;
  }

  push(operation: string, data: object): void {
    for (const [response, each] of this.#streams) {
      if (each === operation) response.write(`event: next\ndata: ${JSON.stringify({ data })}\n\n`);
    }
  }
}

// biome-ignore lint/suspicious/noExplicitAny: inputs differ with the operation.
const answers: Record<string, (input: any) => object> = {
  BeginSession: ({ sessionId }) => ({
    beginSession: {
      session: `token of ${sessionId}`,
      stale: false,
      nextHeartbeatInMs: 5_000,
      playhead: null,
      problems: [],
    },
  }),
  RecordHeartbeats: ({ heartbeats }) => ({
    recordHeartbeats: {
      outcome: 'ACCEPTED',
      durability: 'HOT',
      nextHeartbeatInMs: 5_000,
      problems: [],
      playhead: playhead({ positionMs: heartbeats.at(-1).positionMs }),
    },
  }),
  PlayheadOf: () => ({ viewer: { playhead: null } }),
  TakeOver: () => ({
    takeOver: {
      from: { takenOverBy: null },
      playhead: playhead({ playableId: 'mov_sintel', positionMs: 7_000, version: versionAt(6) }),
      problems: [],
    },
  }),
};

/** Makes a client for `ada` on a page of the site, as `window.client`; problems go to `window.problems`. */
export async function openClient(at: Page, site: SdkSite, token = 'token'): Promise<void> {
  await at.goto(site.url);
  await at.evaluate(async (accessToken) => {
    const sdk = '/client/index.ts';
    const { createPlayhead }: typeof import('../../client/index.ts') = await import(sdk);
    const problems: string[] = [];
    const client = createPlayhead({
      url: '/graphql',
      auth: () => accessToken,
      device: { kind: 'WEB' },
      profile: 'ada',
      on: { problem: ({ code, message }) => problems.push(`${code} ${message}`) },
    });
    Object.assign(window, { client, problems });
  }, token);
}

/** Plays the video of the page, reported, until START has arrived. */
export async function startVideo(at: Page, site: SdkSite): Promise<void> {
  const before = site.heartbeats().length;
  await at.evaluate(async () => {
    const { client } = window as unknown as {
      client: import('../../client/index.ts').PlayheadClient;
    };
    const video = document.querySelector('video');
    if (video === null) throw new Error('No video.');
    client.attach(video, { playableId: 'mov_sintel', resume: 'never' });
    await video.play();
  });
  await until(() => site.heartbeats().length > before, { what: 'START arrived' });
}

/** Everything that waits in the outbox of `ada`. */
export function keptIn(at: Page): Promise<KeptPlayback[]> {
  return at.evaluate(async () => {
    // To open what is not there yet would make it, and not as the SDK does.
    const databases = await indexedDB.databases();
    if (!databases.some(({ name }) => name === 'playhead/outbox/ada/web')) return [];
    const opening = indexedDB.open('playhead/outbox/ada/web');
    await new Promise((resolve) => opening.addEventListener('success', resolve));
    const all = opening.result.transaction('playbacks').objectStore('playbacks').getAll();
    await new Promise((resolve) => all.addEventListener('success', resolve));
    opening.result.close();
    return all.result as KeptPlayback[];
  });
}

/** Puts a record where the outbox of `ada` keeps it. */
export function keepIn(at: Page, kept: KeptPlayback): Promise<void> {
  return at.evaluate(async (record) => {
    const opening = indexedDB.open('playhead/outbox/ada/web');
    await new Promise((resolve) => opening.addEventListener('success', resolve));
    const transaction = opening.result.transaction('playbacks', 'readwrite');
    transaction.objectStore('playbacks').put(record, record.key);
    await new Promise((resolve) => transaction.addEventListener('complete', resolve));
    opening.result.close();
  }, kept);
}

/** What the client of this page told its app. */
export function problemsOf(at: Page): Promise<string[]> {
  return at.evaluate(() => (window as unknown as { problems: string[] }).problems);
}

/** Ends the renderer as a crash does: no `pagehide`, nothing flushed. */
export async function crash(at: Page): Promise<void> {
  const session = await at.context().newCDPSession(at);
  const isCrashed = at.waitForEvent('crash');
  // The answer never comes: who would give it is gone.
  session.send('Page.crash').catch(() => undefined);
  await isCrashed;
}
