import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readSubgraphList } from '../../schema/subgraph-list.ts';
import { copySchema, type SchemaCopy } from './schema-copy.ts';

const link = `extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.9"
  import: ["@key", "@interfaceObject"]
)`;
const ratings = `${link}\ntype Playable @key(fields: "id") @interfaceObject { id: ID! stars: Float }`;

describe('npm run subgraph:pull', () => {
  let copy: SchemaCopy;
  let server: Server;
  let url: string;
  /** What the subgraph answers, and to whom. */
  let answer: { status?: number; body: unknown; onlyWith?: string };
  beforeEach(async () => {
    copy = await copySchema();
    server = createServer((request, response) => {
      const isKnown =
        answer.onlyWith === undefined || request.headers['x-team'] === answer.onlyWith;
      const body = isKnown ? answer.body : { errors: [{ message: 'who are you?' }] };
      response
        .writeHead(isKnown ? (answer.status ?? 200) : 401)
        .end(typeof body === 'string' ? body : JSON.stringify(body));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await copy.remove();
  });

  const serve = (sdl: string) => ({ body: { data: { _service: { sdl } } } });
  const pull = (...argv: string[]) => copy.run('pull-cli.ts', ...argv);
  const read = (name: string) => readFile(copy.file(name), 'utf8');
  const readOrNone = (name: string) => read(name).catch(() => undefined);

  it('writes the SDL, and adds the subgraph below the others and their comments', async () => {
    const before = await read('supergraph.yaml');
    answer = serve(ratings);
    expect(await pull('ratings', url)).toEqual({
      code: 0,
      stderr: '',
      stdout:
        'pulled ratings into schema/ratings.graphql, supergraph.yaml (new)\n' +
        'It composes with the other subgraphs: npm run compose\n',
    });
    expect(await read('ratings.graphql')).toBe(`${ratings}\n`);
    expect(await read('supergraph.yaml')).toBe(
      `${before}  ratings:\n    routing_url: ${url}\n    schema:\n      file: ./ratings.graphql\n`,
    );
    expect(await copy.run('compose.ts')).toMatchObject({ code: 0 });
    expect(await read('api.graphql')).toMatch(/type Movie .*\{[^}]* stars: Float/);
    expect(await read('supergraph.graphql')).toContain(
      `@join__graph(name: "ratings", url: "${url}")`,
    );
  });

  it('pulls a listed one into its own file and leaves the list alone', async () => {
    const list = (await read('supergraph.yaml')).replace(
      './catalog.graphql',
      './titles.graphql # ours',
    );
    await writeFile(copy.file('supergraph.yaml'), list);
    answer = serve(`${await read('catalog.graphql')}\ntype Extra { a: Int }`);
    const { stdout } = await pull('catalog', url);
    expect(stdout).toMatch(/^pulled catalog into schema\/titles\.graphql\n/);
    expect(await read('titles.graphql')).toMatch(/type Extra/);
    expect(await read('supergraph.yaml')).toBe(list);
    const [catalog] = await readSubgraphList(new URL('supergraph.yaml', copy.folder));
    expect(catalog).toMatchObject({ name: 'catalog', url: 'http://127.0.0.1:4003/graphql' });
  });

  it('has nothing to pull where the list asks the subgraph itself each time', async () => {
    const list = await read('supergraph.yaml');
    const entry = `  ratings:\n    schema:\n      subgraph_url: ${url}\n`;
    await writeFile(copy.file('supergraph.yaml'), list + entry);
    answer = serve(ratings);
    expect((await pull('ratings', url)).stderr).toMatch(/there is nothing to pull/);
    expect(await copy.run('compose.ts')).toMatchObject({ code: 0 });
    expect(await read('api.graphql')).toMatch(/stars: Float/);
    server.close();
    const away = await copy.run('compose.ts', '--check');
    expect(away.stderr).toMatch(/is not reachable/);
  });

  it('shows a subgraph who asks, where it wants to know', async () => {
    answer = { ...serve(ratings), onlyWith: 'graph' };
    const refused = await pull('ratings', url);
    expect(refused.stderr).toMatch(/\(who are you\?\).*--header "name: value"/s);
    expect(refused.code).toBe(1);
    expect(await pull('ratings', url, '--header', 'X-Team: graph')).toMatchObject({ code: 0 });
    expect((await pull('ratings', url, '--header', 'graph')).stderr).toMatch(/wants "name: value"/);
  });

  it.each<[string, typeof answer, RegExp]>([
    ['no JSON', { body: '<html>' }, /does not answer \{ _service \{ sdl \} \} \(status 200\)/],
    [
      'no subgraph',
      { body: { errors: [{ message: 'Cannot query field "_service".' }] } },
      /_service"/,
    ],
    ['no SDL', serve('type {'), /:1:6 Syntax Error/],
    [
      'a field of another',
      serve(`${link} type Query { playable(id: ID!): Int }`),
      /ratings\.graphql:4 Query\.playable/,
    ],
    [
      'a type that would be null',
      serve(`${link} interface Playable { id: ID! } type Pod implements Playable { id: ID! }`),
      /Pod: Pod implements Playable/,
    ],
    ['more than any SDL', { body: 'x'.repeat(2_000_000) }, /more than any SDL/],
  ])('writes nothing where it gets %s', async (_what, given, told) => {
    const list = await read('supergraph.yaml');
    answer = given;
    const { code, stderr } = await pull('ratings', url);
    expect(stderr).toMatch(told);
    expect(code).toBe(1);
    expect(await readOrNone('ratings.graphql')).toBeUndefined();
    expect(await read('supergraph.yaml')).toBe(list);
  });

  it('writes nothing where nobody answers', async () => {
    server.close();
    const { code, stderr } = await pull('ratings', url);
    expect(stderr).toMatch(/is not reachable \(.*ECONNREFUSED.*\)\. Start the subgraph/);
    expect(code).toBe(1);
  });

  it.each([
    [[], /^npm run subgraph:pull/],
    [['ratings', 'here'], /^npm run subgraph:pull/],
    [['api', 'http://127.0.0.1:9/'], /files of the composition/],
    [['../up', 'http://127.0.0.1:9/'], /a letter, then letters/],
  ])('says what it wants: %j', async (argv, told) => {
    const { code, stderr } = await pull(...argv);
    expect(stderr).toMatch(told);
    expect(code).toBe(1);
  });
});
