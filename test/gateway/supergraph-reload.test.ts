import { copyFile, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { supergraphFile } from '../../gateway/supergraph.ts';
import { SupergraphFile } from '../../gateway/supergraph-file.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { until } from '../support/until.ts';
import { openToyGateway, shapes, type ToyGateway } from './toy-gateway.ts';

interface Client {
  subscribe(
    operation: { query: string },
    sink: { next(message: unknown): void; error(error: unknown): void; complete(): void },
  ): () => void;
  dispose(): Promise<void> | void;
}

/** As front-end teams open them; waiting a second before they come back would only be slower. */
const clients: Readonly<Record<string, (gateway: ToyGateway, token: string) => Client>> = {
  'graphql-ws': ({ webSocketUrl: url }, authorization) =>
    createSocketClient({
      url,
      webSocketImpl: WebSocket,
      connectionParams: { authorization },
      retryWait: async () => {},
    }),
  'graphql-sse': ({ url }, token) =>
    createSseClient({
      url,
      headers: { authorization: `Bearer ${token}` },
      retry: async () => {},
    }),
};

describe.each(shapes)('a supergraph that is replaced under a gateway, %s', (shape) => {
  let folder: string;
  let path: string;
  let original: string;
  let clock: ManualClock;
  let gateway: ToyGateway;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'playhead-graph-'));
    path = join(folder, 'supergraph.graphql');
    await copyFile(supergraphFile, path);
    original = await readFile(path, 'utf8');
    // Subgraphs read the system's: a token must be good for both.
    clock = new ManualClock(Date.now());
    gateway = await openToyGateway(shape, { clock, followed: await SupergraphFile.open(path) });
  });
  afterEach(async () => {
    await gateway.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** As `mv`, editors and ConfigMaps do it: another file under the same name. */
  async function replaceBy(text: string): Promise<void> {
    await writeFile(`${path}.next`, text);
    await rename(`${path}.next`, path);
    await clock.advance(1_000);
  }
  const release = (name: string) =>
    original.replace(/(?:"""[^"]*"""\s*)?(type Viewer\b)/, `"""${name}"""\n$1`);
  const served = async () => {
    const { data } = await gateway.ask('{ __type(name: "Viewer") { description } }');
    return data.__type.description as string;
  };
  const untilServed = (name: string) =>
    until(
      async () => {
        // A look takes a moment of real time, after which the next one waits for the clock.
        await clock.advance(1_000);
        return (await served()) === name;
      },
      { what: `${name} is served` },
    );
  const reloads = async (outcome: string) => {
    const name = `playhead_supergraph_reloads_total{outcome="${outcome}"} `;
    const line = (await gateway.scrape()).split('\n').find((each) => each.startsWith(name));
    return Number(line?.slice(name.length));
  };

  it('is served after each of three atomic renames', async () => {
    for (const name of ['first', 'second', 'third']) {
      await replaceBy(release(name));
      await untilServed(name);
    }
    expect(await reloads('loaded')).toBe(3);
    expect(await reloads('refused')).toBe(0);
  });

  it('leaves an answer under way to the graph before', async () => {
    const { promise, resolve: answer } = Promise.withResolvers<void>();
    gateway.toys.held.set('playback', promise);
    const asking = gateway.ask('{ viewer { playhead(playableId: "mov_1") { positionMs } } }', {
      profileId: 'alice',
    });
    await until(() => gateway.toys.fetches.playback === 1, { what: 'the request is under way' });
    await replaceBy(release('next'));
    await untilServed('next');
    answer();
    expect((await asking).data.viewer.playhead.positionMs).toBe(1_000);
    expect(gateway.toys.fetches.playback).toBe(1);
  });

  it.each(Object.keys(clients))('has its subscribers back by themselves, over %s', async (kind) => {
    const client = clients[kind]?.(gateway, await gateway.token('alice')) as Client;
    const ends: unknown[] = [];
    const events: unknown[] = [];
    client.subscribe(
      { query: 'subscription { playheadUpdates { kind } }' },
      {
        next: (event) => events.push(event),
        error: (error) => ends.push(error),
        complete: () => ends.push('complete'),
      },
    );
    await gateway.toys.events.untilLive(1);
    for (const [index, name] of ['first', 'second', 'third'].entries()) {
      await replaceBy(release(name));
      await until(() => gateway.toys.events.opened === index + 2, { what: 'it is back' });
      await gateway.toys.events.untilLive(1);
    }
    gateway.toys.events.push({ profileId: 'alice', playableIds: [] });
    await until(() => events.length === 1, { what: 'an event arrives' });
    expect(ends).toEqual([]);
    await client.dispose();
  });

  it.each([
    ['no GraphQL', '{{{'],
    ['empty', ''],
    ['no supergraph', 'type Query { viewer: Int }'],
    ['half a file', (text: string) => text.slice(0, text.length / 2)],
  ])('is kept while the new one is %s', async (_what, broken) => {
    await replaceBy(release('good'));
    await untilServed('good');
    await replaceBy(typeof broken === 'string' ? broken : broken(original));
    await until(async () => (await reloads('refused')) === 1, { what: 'it is refused' });
    expect(await served()).toBe('good');
    await clock.advance(5_000);
    expect(await reloads('refused')).toBe(1);
    await replaceBy(release('better'));
    await untilServed('better');
  });

  it('is kept while there is no file', async () => {
    await rm(path);
    await clock.advance(3_000);
    await replaceBy(release('back'));
    await untilServed('back');
    expect(await reloads('refused')).toBe(0);
  });

  it('ends nothing when the file is written anew with the same graph', async () => {
    const client = clients['graphql-ws']?.(gateway, await gateway.token('alice')) as Client;
    client.subscribe(
      { query: 'subscription { playheadUpdates { kind } }' },
      { next: () => {}, error: () => {}, complete: () => {} },
    );
    await gateway.toys.events.untilLive(1);
    await replaceBy(original);
    await replaceBy(release('next'));
    await untilServed('next');
    expect(await reloads('loaded')).toBe(1);
    await client.dispose();
  });
});
