import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { playheadQuery, playheadUpdatesSubscription } from '../../client/operations.ts';
import { ownManifest, readKnownDocuments } from '../../gateway/known-documents.ts';
import { overSseGet, overSsePost, overWebSocket } from './live-clients.ts';
import { openToyGateway, post, type ToyGateway } from './toy-gateway.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const own = playheadQuery.document;
const variables = { playableId: 'mov_1' };
const stranger = '{ viewer { id } }';
const ofPartner = 'query Partner { viewer { inProgress { edges { node { id } } } } }';
const ofApollo = 'query ByApollo { viewer { id } }';
const refused = (code: string) => [{ extensions: { code, retryable: false } }];

describe('documents', () => {
  let gateway: ToyGateway;
  let open: ToyGateway;
  let folder: string;
  let authorization: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'playhead-manifests-'));
    await writeFile(join(folder, 'a.json'), JSON.stringify({ 'partner-1': ofPartner }));
    const body = { id: 'apollo-1', name: 'ByApollo', type: 'query', body: ofApollo };
    const apollo = { format: 'apollo-persisted-query-manifest', version: 1, operations: [body] };
    await writeFile(join(folder, 'b.json'), JSON.stringify(apollo));
    await writeFile(join(folder, 'notes.txt'), 'no manifest');
    const known = await readKnownDocuments([ownManifest, folder]);
    gateway = await openToyGateway('embedded', { documents: { known, isOpen: false } });
    open = await openToyGateway('embedded', { documents: { known, isOpen: true } });
    authorization = `Bearer ${await gateway.token('alice')}`;
  });
  beforeEach(() => gateway.toys.forget());
  afterAll(async () => {
    await gateway.close();
    await open.close();
    await rm(folder, { recursive: true });
  });
  const send = (body: object, headers = {}) =>
    post(gateway.url, body, { authorization, ...headers });
  const position = { viewer: { playhead: { positionMs: 1_000 } } };

  describe('where only known ones run', () => {
    it.each<[string, object]>([
      ['its text (LIM-23)', { query: own }],
      [
        'its text, with other blanks and a comment',
        { query: `# resume\n${own.replace(/\s+/g, ' ')}\n` },
      ],
      ['its text without any', { query: own.replace(/\s+/g, ' ').replace(/ ?([{}]) /g, '$1') }],
      ['its id (LIM-23)', { documentId: sha256(own) }],
      ['its id as manifests write it', { documentId: `sha256:${sha256(own)}` }],
      [
        'its hash, as Apollo Client sends it',
        { extensions: { persistedQuery: { version: 1, sha256Hash: sha256(own) } } },
      ],
      ['its text and its id', { query: own, documentId: sha256(own) }],
      ['its text, whatever id is beside it', { query: own, documentId: 'unheard-of' }],
    ])('run one that is sent by %s', async (_how, body) => {
      const answer = await send({ ...body, variables });
      expect(answer).toMatchObject({ status: 200, errors: undefined, data: position });
    });

    it.each<[string, string, object]>([
      ['a text that is not known (LIM-23)', 'PERSISTED_QUERY_REQUIRED', { query: stranger }],
      [
        'a known text and more',
        'PERSISTED_QUERY_REQUIRED',
        { query: `${own} query B ${stranger}` },
      ],
      [
        'a known text with another name in it',
        'PERSISTED_QUERY_REQUIRED',
        { query: own.replace('positionMs', 'p: positionMs') },
      ],
      [
        'a text beside a known id',
        'PERSISTED_QUERY_REQUIRED',
        { query: stranger, documentId: sha256(own) },
      ],
      ['a text that is no GraphQL', 'PERSISTED_QUERY_REQUIRED', { query: '{ "' }],
      [
        'a text that is mostly blanks',
        'PERSISTED_QUERY_REQUIRED',
        { query: own + ' '.repeat(100_000) },
      ],
      ['introspection', 'PERSISTED_QUERY_REQUIRED', { query: '{ __schema { types { name } } }' }],
      ['an id that is not known', 'PERSISTED_QUERY_NOT_FOUND', { documentId: sha256(stranger) }],
      [
        'a hash that is not known',
        'PERSISTED_QUERY_NOT_FOUND',
        { extensions: { persistedQuery: { sha256Hash: sha256(stranger) } } },
      ],
      [
        'an id like a property of objects',
        'PERSISTED_QUERY_NOT_FOUND',
        { documentId: 'constructor' },
      ],
    ])('refuse %s', async (_what, code, body) => {
      const modern = { accept: 'application/graphql-response+json' };
      const answer = await send(body, modern);
      expect(answer).toMatchObject({ status: 400, errors: refused(code) });
      expect(answer.data).toBeUndefined();
      expect((await send(body)).status).toBe(200);
      expect(gateway.toys.fetchCount).toBe(0);
    });

    it('leave what is neither text nor id to whoever words that', async () => {
      for (const body of [{}, { query: 5 }, { documentId: 5 }, []]) {
        expect((await send(body)).errors).toMatchObject(refused('BAD_USER_INPUT'));
      }
      const empty = await send({ query: '' });
      expect(empty.errors).toMatchObject(refused('GRAPHQL_PARSE_FAILED'));
    });

    it('run by GET as well', async () => {
      const ask = async (parameters: Record<string, string>) => {
        const query = new URLSearchParams({ variables: JSON.stringify(variables), ...parameters });
        const response = await fetch(`${gateway.url}?${query}`, { headers: { authorization } });
        return response.json();
      };
      expect(await ask({ documentId: sha256(own) })).toMatchObject({ data: position });
      expect(await ask({ query: own })).toMatchObject({ data: position });
      const extensions = JSON.stringify({ persistedQuery: { sha256Hash: sha256(own) } });
      expect(await ask({ extensions })).toMatchObject({ data: position });
      expect(await ask({ documentId: 'none' })).toMatchObject({
        errors: refused('PERSISTED_QUERY_NOT_FOUND'),
      });
      expect(await ask({ query: stranger })).toMatchObject({
        errors: refused('PERSISTED_QUERY_REQUIRED'),
      });
    });

    it.each([
      ['a socket', overWebSocket],
      ['events by POST', overSsePost],
      ['events by GET', overSseGet],
    ])('are the same over %s', async (_how, subscribe) => {
      const token = await gateway.token('alice');
      const strange = subscribe(gateway, 'subscription { playheadUpdates { kind } }', { token });
      expect((await strange.next())?.errors).toMatchObject(refused('PERSISTED_QUERY_REQUIRED'));
      await strange.leave();
      expect(gateway.toys.fetchCount).toBe(0);
      const stream = subscribe(gateway, playheadUpdatesSubscription.document, { token });
      await gateway.toys.events.untilLive(1);
      await stream.leave();
      await gateway.toys.events.untilLive(0);
    });

    it('run by id on a socket, with an empty text', async () => {
      const client = createClient({
        url: gateway.webSocketUrl,
        webSocketImpl: WebSocket,
        connectionParams: { authorization },
        retryAttempts: 0,
      });
      const once = (extensions: Record<string, unknown>) =>
        client.iterate({ query: '', variables, extensions }).next();
      const byHash = (sha256Hash: string) => once({ persistedQuery: { version: 1, sha256Hash } });
      expect((await byHash(sha256(own))).value).toMatchObject({ data: position });
      expect((await byHash(sha256(stranger))).value).toMatchObject({
        errors: refused('PERSISTED_QUERY_NOT_FOUND'),
      });
      await client.dispose();
    });

    it('are those of further clients, in whichever form their manifests have', async () => {
      for (const body of [
        { query: ofPartner },
        { documentId: 'partner-1' },
        { documentId: sha256(ofPartner) },
        { query: ofApollo },
        { documentId: 'apollo-1' },
      ]) {
        expect((await send(body)).errors).toBeUndefined();
      }
    });
  });

  it('all run where development is, and known ones by id', async () => {
    const ask = async (body: object) =>
      post(open.url, body, { authorization: `Bearer ${await open.token('alice')}` });
    expect((await ask({ query: stranger })).errors).toBeUndefined();
    expect((await ask({ documentId: 'partner-1' })).errors).toBeUndefined();
    expect((await ask({ documentId: 'none' })).errors).toMatchObject(
      refused('PERSISTED_QUERY_NOT_FOUND'),
    );
  });

  it.each([
    ['is no JSON', 'no'],
    ['is a list', '[]'],
    ['holds something else than texts', '{"a":5}'],
    ['holds what is no GraphQL', '{"a":"{"}'],
    ['lacks a text', '{"operations":[{"id":"a"}]}'],
  ])('are not read from a manifest that %s', async (_what, text) => {
    const file = join(folder, 'broken.txt');
    await writeFile(file, text);
    await expect(readKnownDocuments([file])).rejects.toThrow(`${file} is no manifest`);
  });

  it('are not read from a manifest that is not there', async () => {
    await expect(readKnownDocuments([join(folder, 'none.json')])).rejects.toThrow('none.json');
  });
});
