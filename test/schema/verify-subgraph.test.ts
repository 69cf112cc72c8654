import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../../runtime/clock.ts';
import { readConfig } from '../../runtime/config.ts';
import { createLog } from '../../runtime/log.ts';
import { serveSubgraph } from '../../runtime/serve.ts';
import { openCatalog } from '../../subgraphs/catalog/main.ts';
import { openPlayback } from '../../subgraphs/playback/main.ts';
import { checkSubgraph } from '../conformance/check-subgraph.ts';
import { openPlantedSubgraph, type SubgraphFault } from '../conformance/planted-subgraph.ts';
import type { Verdict } from '../conformance/report.ts';
import { subgraphRules } from '../conformance/subgraph-rules.ts';
import type { SubgraphAddress } from '../conformance/subgraph-under-test.ts';

const addressOf = (url: string): SubgraphAddress => ({
  url,
  name: 'reviews',
  headers: { 'x-gateway': 'yes' },
  entities: [
    { type: 'Review', key: { id: '1' } },
    { type: 'Score', key: { kind: 'mean', title: { id: '1' } } },
  ],
  mutations: ['mutation { removeReviews(by: "me") }'],
  isSigned: true,
  subscription: { protocol: 'ws', path: '/graphql/ws' },
});

const results = (verdicts: readonly Verdict[]) =>
  Object.fromEntries(verdicts.map(({ rule, result, problem }) => [rule, [result, problem]]));
const failed = (verdicts: readonly Verdict[]) =>
  verdicts.filter(({ result }) => result === 'fail').map(({ rule }) => rule);

async function check(fault: SubgraphFault): Promise<Verdict[]> {
  const subgraph = await openPlantedSubgraph(fault);
  try {
    return await checkSubgraph(addressOf(subgraph.url));
  } finally {
    await subgraph.close();
  }
}

/** Changes what comes of `_entities`, where more than `above` were asked for. */
const entities = (change: (found: unknown[]) => unknown[], above = 0): SubgraphFault => ({
  answered(_asked, answer) {
    const found = answer.data?._entities;
    if (Array.isArray(found) && found.length > above) answer.data._entities = change(found);
    return answer;
  },
});
const errors = (change: (error: object) => object): SubgraphFault => ({
  answered: (_asked, answer) => ({
    ...answer,
    ...(answer.errors && { errors: answer.errors.map(change) }),
  }),
});
const isReview = (query: string) => query.includes('... on Review');

const planted: [string, SubgraphFault, string[]][] = [
  [
    'has a field of another subgraph',
    { sdl: 'extend type Query { series(id: ID!): Int }' },
    ['sdl'],
  ],
  [
    'hides an entity from introspection',
    {
      answered: (_asked, answer) => {
        answer.data?.__type?.possibleTypes?.pop();
        return answer;
      },
    },
    ['union'],
  ],
  ['does not find what exists', entities((found) => found.map(() => null)), ['known']],
  [
    'fails for what does not exist',
    {
      answered: ({ query }, answer) =>
        isReview(query) && answer.data?._entities?.includes(null)
          ? { data: null, errors: [{ message: 'not found', extensions: { code: 'NOT_FOUND' } }] }
          : answer,
    },
    ['unknown', 'batch'],
  ],
  [
    'makes up what does not exist',
    {
      answered({ query }, answer) {
        if (isReview(query) && answer.data?._entities?.length === 1) {
          answer.data._entities[0] ??= { __typename: 'Review', id: 'no-such-a' };
        }
        return answer;
      },
    },
    ['unknown'],
  ],
  [
    'leaves out what it does not find',
    entities((found) => found.filter((one) => one !== null), 1),
    ['batch'],
  ],
  ['answers in another order', entities((found) => found.toReversed()), ['batch']],
  [
    'gives errors no code',
    errors(({ ...error }) => ({ ...error, extensions: {} })),
    ['errors', 'signed'],
  ],
  [
    'shows where it failed',
    errors((error) => ({ ...error, extensions: { code: 'X', stacktrace: ['at main.js:1:2'] } })),
    ['errors', 'signed'],
  ],
  ['answers everybody', { admits: () => true }, ['signed']],
  ['does not look at the signature', { admits: (headers) => 'x-gateway' in headers }, ['signed']],
  ['goes on after an unsubscribe', { live: 'goes on' }, ['push']],
  ['never ends a subscription', { live: 'never ends' }, ['push']],
  ['refuses a subscription without a code', { live: 'refuses without a code' }, ['push']],
  [
    'counts the second time',
    {
      answered: ({ at }, answer) =>
        answer.data?.countReviews === undefined ? answer : { data: { countReviews: at } },
    },
    ['twice'],
  ],
  [
    'does again what it was asked once, with arguments',
    {
      answered: ({ at }, answer) =>
        answer.data?.removeReviews === undefined ? answer : { data: { removeReviews: at } },
    },
    ['twice'],
  ],
];

describe('the kit for subgraphs', () => {
  it('finds nothing in one that keeps every rule', async () => {
    expect(results(await check({}))).toEqual({
      sdl: ['pass', null],
      union: ['pass', null],
      known: ['pass', null],
      unknown: ['pass', null],
      batch: ['pass', null],
      errors: ['pass', null],
      signed: ['pass', null],
      push: ['pass', null],
      stream: ['skip', 'it pushes over ws'],
      twice: ['pass', null],
    });
  });

  it('asks for event streams where a subgraph says that it pushes by these', async () => {
    for (const [fault, rules] of [
      [{}, []],
      [{ live: 'answers once' }, ['stream']],
    ] as const) {
      const subgraph = await openPlantedSubgraph(fault);
      const subscription = { protocol: 'sse', path: '/graphql' } as const;
      const verdicts = await checkSubgraph({ ...addressOf(subgraph.url), subscription });
      await subgraph.close();
      expect(failed(verdicts)).toEqual(rules);
      expect(results(verdicts).push).toEqual(['skip', 'it pushes over sse']);
    }
  });

  it.each(planted)('finds one that %s, and nothing else', async (_what, fault, rules) => {
    const verdicts = await check(fault);
    expect({ rules: failed(verdicts), verdicts: results(verdicts) }).toMatchObject({ rules });
  });

  it('has a fault for every rule', () => {
    const found = new Set(['stream', ...planted.flatMap(([, , rules]) => rules)]);
    expect(subgraphRules.map(({ rule }) => rule).filter((rule) => !found.has(rule))).toEqual([]);
  });

  it('finds nothing in ours', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'playhead-kit-'));
    const config = readConfig({ DATA_DIR: dataDir });
    const log = createLog({ level: 'silent', part: 'test' });
    const parts = { config, clock: systemClock, log };
    const subgraphs = [await openCatalog(parts), await openPlayback(parts)];
    try {
      for (const subgraph of subgraphs) {
        const { name } = subgraph;
        const served = await serveSubgraph<never>(subgraph as never, {
          host: '127.0.0.1',
          port: 0,
          log,
        });
        const entity = { type: 'Movie', key: { id: 'mov_sintel' } };
        const verdicts = await checkSubgraph({
          ...addressOf(served.url),
          name,
          entities: name === 'catalog' ? [entity] : [],
          mutations: [],
          isSigned: false,
        });
        await served.close();
        expect({ name, failed: failed(verdicts), verdicts }).toMatchObject({ name, failed: [] });
        expect(results(verdicts)).toMatchObject({ sdl: ['pass', null], batch: ['pass', null] });
      }
    } finally {
      for (const subgraph of subgraphs) await subgraph.close();
      await rm(dataDir, { recursive: true });
    }
  });
});

describe('npm run subgraph:verify', () => {
  const run = (...argv: string[]) =>
    promisify(execFile)(process.execPath, ['test/conformance/verify-subgraph.ts', ...argv]).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
    );

  it('prints a line for each rule, and what was expected where one is broken', async () => {
    const subgraph = await openPlantedSubgraph({ live: 'goes on' });
    const entity = ['--entity', 'Review {"id":"1"}'];
    const { code, stdout } = await run(
      subgraph.url,
      ...entity,
      '--header',
      'X-Gateway: yes',
      '--signed',
    );
    await subgraph.close();
    expect(stdout).toMatch(/^pass {2}sdl {6}its SDL composes/m);
    expect(stdout).toMatch(/^fail {2}push {5}.*\n {6}expected nothing more after complete; came/m);
    expect(stdout).toMatch(/^rules: 8 passed, 1 failed, 1 skipped\n$/m);
    expect(code).toBe(1);
  });

  it.each([
    [[], /^npm run subgraph:verify/],
    [['http://127.0.0.1:9/graphql'], /is not reachable/],
    [['http://127.0.0.1:9/graphql', '--entity', 'Movie'], /--entity wants a type and its key/],
  ])('ends with 2 when it cannot ask: %j', async (argv, told) => {
    const { code, stderr } = await run(...argv);
    expect(stderr).toMatch(told);
    expect(code).toBe(2);
  });
});
