import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openBrokenServer } from '../conformance/breaking-proxy.ts';
import { checkServer, ruleCases } from '../conformance/check-server.ts';
import { plantedAnswers } from '../conformance/planted-answers.ts';
import { plantedHandOvers } from '../conformance/planted-hand-overs.ts';
import { plantedRequests } from '../conformance/planted-requests.ts';
import { plantedTakeBacks } from '../conformance/planted-take-backs.ts';
import type { Verdict } from '../conformance/report.ts';
import { ruleOf } from '../conformance/rule-case.ts';
import { type Product, startProduct, startSplit } from '../support/product.ts';

const titles = ruleCases.map(({ title }) => title);
const planted = [...plantedRequests, ...plantedAnswers, ...plantedHandOvers, ...plantedTakeBacks];
/** They share nothing but the product: each has a viewer of its own, who waits for it most of the time. */
const serversAtOnce = 4;
/** All of them, on a machine that does other things as well. */
const plantedMsMax = 420_000;
const problemsOf = (verdicts: readonly Verdict[]) =>
  verdicts.filter(({ result }) => result !== 'pass').map(({ rule, problem }) => [rule, problem]);

describe.each([
  ['npm start', startProduct],
  ['separate processes', startSplit],
] as const)('%s', (_name, start) => {
  let product: Product;
  let verdicts: Verdict[];

  beforeAll(async () => {
    product = await start();
    const [token, otherToken] = await Promise.all(['ada', 'bob'].map(product.token));
    verdicts = await checkServer({ url: `${product.url}/graphql`, token: token ?? '', otherToken });
  });
  afterAll(() => product.stop());

  it.each(titles)('%s', (title) => {
    expect(verdicts.find((verdict) => verdict.title === title)).toMatchObject({
      result: 'pass',
      problem: null,
    });
  });
});

describe('a server that breaks one rule', () => {
  let product: Product;
  // A viewer for each: a check leaves 60 titles, and every stream begins with all that there are.
  const servers = planted.map((each, index) => ({ ...each, viewer: `ada-${index}` }));
  const verdictsOf = new Map<string, Verdict[]>();

  const check = async ({ viewer, open }: (typeof servers)[0]) => {
    const [token = '', otherToken] = await Promise.all([viewer, 'bob'].map(product.token));
    const broken = await openBrokenServer(`${product.url}/graphql`, open(token));
    try {
      verdictsOf.set(viewer, await checkServer({ url: broken.url, token, otherToken }));
    } finally {
      await broken.close();
    }
  };

  beforeAll(async () => {
    // All rules of sixty servers: nobody watches like that.
    const env = { RATE_LIMIT_DEVICE: 'off', RATE_LIMIT_PROFILE: 'off' };
    product = await startProduct({ env });
    const waiting = servers.values();
    const checkSome = async () => {
      for (const server of waiting) await check(server);
    };
    await Promise.all(Array.from({ length: serversAtOnce }, checkSome));
  }, plantedMsMax);
  afterAll(() => product.stop());

  it.each(servers)('is told so, and nothing else: it $what', ({ viewer, rules }) => {
    const problems = problemsOf(verdictsOf.get(viewer) ?? []);
    expect({ rules: problems.map(([rule]) => rule), problems }).toEqual({ rules, problems });
  });

  it('is found for all rules but those that only a whole server of its own could break', () => {
    const caught = new Set(planted.flatMap(({ rules }) => rules));
    const others = ruleCases.map(ruleOf).filter((rule) => !caught.has(rule));
    expect(others).toEqual(['NET-5', 'SES-9', 'SEQ-6', 'STL-3', 'STL-4', 'CHG-2']);
  });
});

describe('npm run conformance', () => {
  const run = async (...argv: string[]) => {
    const command = ['run', '-s', 'conformance', '--', ...argv];
    return promisify(execFile)('npm', command).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
    );
  };

  it('prints a line for each rule and a summary, and ends with 0 for a good server', async () => {
    const product = await startProduct();
    try {
      const { code, stdout } = await run('--url', `${product.url}/graphql`);
      expect(stdout).toContain(`rules: ${titles.length} passed, 0 failed, 0 skipped\n`);
      expect(stdout.match(/^pass {2}[A-Z]+-\d+ /gm)).toHaveLength(titles.length);
      expect(code).toBe(0);
    } finally {
      await product.stop();
    }
  });

  it('says what was expected and what came, and ends with 1 for a server that is none', async () => {
    const { url, close } = await openBrokenServer('http://127.0.0.1/graphql', {});
    await close();
    const { code, stdout } = await run('--url', url, '--token', 'none');
    expect(stdout).toMatch(/^fail {2}ACK-1 .*\n {6}.*ECONNREFUSED/m);
    expect(stdout).toMatch(/^rules: 0 passed, \d+ failed, 1 skipped\n$/m);
    expect(code).toBe(1);
  });

  it.each([[[]], [['--url', 'here']], [['--url', 'http://127.0.0.1:1/graphql']]])(
    'ends with 2 when it cannot ask: %j',
    async (argv) => {
      const { code, stderr } = await run(...argv);
      expect(stderr).not.toBe('');
      expect(code).toBe(2);
    },
  );
});
