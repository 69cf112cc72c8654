import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { type SplitProduct, startSplit } from '../support/product.ts';
import { hasRedisServer, type RedisServer, startRedis } from '../support/redis-server.ts';
import { askGateway, RemoteDevice } from '../support/remote-device.ts';
import { isSelected, type Sample, samplesOf, selectorsOf } from './promql.ts';

const run = promisify(execFile);
const text = (file: string) => readFileSync(file, 'utf8');

interface Alert {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; runbook: string };
}
interface Rules {
  groups: { name: string; rules: Alert[] }[];
}
interface Target {
  refId: string;
  expr: string;
}
interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  gridPos: { h: number; w: number; x: number; y: number };
  targets?: Target[];
}

const alertsFile = 'deploy/prometheus/alerts.yaml';
const rules = parse(text(alertsFile)) as Rules;
const alerts = rules.groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(text('deploy/grafana/playhead.json')) as {
  uid: string;
  schemaVersion: number;
  panels: Panel[];
};
const targets = dashboard.panels.flatMap((panel) =>
  (panel.targets ?? []).map((target) => ({ title: panel.title, ...target })),
);
const expressions = [
  ...alerts.map(({ alert, expr }) => ({ of: alert, expr })),
  ...targets.map(({ title, refId, expr }) => ({ of: `${title} ${refId}`, expr })),
];
/** What Prometheus knows by itself of whatever it scrapes. */
const ofPrometheus = new Set(['up']);
/** One metric is told as three. */
const ofHistogram = /_(bucket|sum|count)$/;
/** Labels whose values are words of ours, or counted by the configuration. */
const closedLabels = new Set(
  'code kind lane le operation outcome partition ranker reason region store subgraph transport'.split(
    ' ',
  ),
);

/** Regions are told of by a process that has Redis, and names another. */
const hasRedis = await hasRedisServer();
const isOfRegions = (text: string) => text.includes('playhead_region_');

const hasPromtool = await run('promtool', ['--version']).then(
  () => true,
  () => false,
);
if (!hasPromtool && process.env.CI !== undefined) {
  throw new Error('promtool is missing: .ci/run installs it with prometheus.');
}
if (!hasPromtool) process.stderr.write('\nNOT TESTED: the alert rules. Install prometheus.\n\n');

describe('the alert rules', () => {
  it('are named once, and say how bad it is and where to read on', () => {
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
    for (const { alert, labels, annotations } of alerts) {
      expect(alert).toMatch(/^Playhead[A-Z]\w+$/);
      expect(['critical', 'warning']).toContain(labels.severity);
      expect(annotations.runbook).toBe(`docs/operations.md#${alert.toLowerCase()}`);
    }
  });

  it('have a section each in docs/operations.md, which has one for nothing else', () => {
    const headings = [...text('docs/operations.md').matchAll(/^#+ (Playhead\w+)$/gm)];
    const names = headings.map(([, name]) => name!);
    expect(names.sort()).toEqual(alerts.map(({ alert }) => alert).sort());
  });

  it('tell viewers and operators apart in each section: seen, meaning, look, do', () => {
    const sections = text('docs/operations.md').split(/^(?=#+ )/m);
    for (const { alert } of alerts) {
      const section = sections.find((it) => it.split('\n')[0]!.endsWith(` ${alert}`))!;
      const parts = [...section.matchAll(/^- \*\*(\w+)\*\*:/gm)].map(([, part]) => part);
      expect([alert, parts]).toEqual([alert, ['Seen', 'Means', 'Look', 'Do']]);
    }
  });
});

describe('the dashboard', () => {
  it('is one that Grafana 10 and later read', () => {
    expect(dashboard).toMatchObject({ uid: 'playhead', schemaVersion: expect.any(Number) });
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(38);
    expect(targets.length).toBeGreaterThan(20);
  });

  it('has panels with a number of their own, a title and what it means', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const shown = panels.filter(({ type }) => type !== 'row');
    expect(shown.filter(({ title, description }) => !title || !description)).toEqual([]);
    expect(shown.filter((panel) => panel.targets === undefined)).toEqual([]);
    for (const { targets: own = [] } of shown) {
      expect(new Set(own.map(({ refId }) => refId)).size).toBe(own.length);
    }
  });

  it('shows every figure of the fast lane', () => {
    const told = text('docs/operations.md').matchAll(
      /`(playhead_(?:lane_(?:forwarded|refused)|frame)_[a-z_]+)/g,
    );
    const figures = [...new Set([...told].map(([, name = '']) => name))];
    expect(figures.length).toBeGreaterThan(4);
    const isShown = (name: string) =>
      targets.some(({ expr }) => selectorsOf(expr).some(({ metric }) => metric === name));
    expect(figures.filter((name) => !isShown(name))).toEqual([]);
  });

  it('lays them side by side, none over another', () => {
    const taken = new Set<string>();
    for (const { title, gridPos } of dashboard.panels) {
      expect([title, gridPos.x + gridPos.w <= 24]).toEqual([title, true]);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect([title, taken.has(`${x}/${y}`)]).toEqual([title, false]);
          taken.add(`${x}/${y}`);
        }
      }
    }
  });
});

describe('what is exported', () => {
  let product: SplitProduct;
  let redis: RedisServer | null = null;
  const samples: Sample[] = [];
  beforeAll(async () => {
    // Without a model, as one of the rules asks for.
    redis = hasRedis ? await startRedis() : null;
    // Nobody listens there: what is told of a region does not depend on it.
    const REGION_PEERS = 'us=redis://127.0.0.1:1';
    const region = redis === null ? {} : { REDIS_URL: redis.url, REGION: 'eu', REGION_PEERS };
    product = await startSplit({ env: { RECOMMENDATIONS_MODEL: 'none', ...region } });
    await watchSomething(product);
    const addresses = [...product.output().matchAll(/^(\w+) {2}(http\S+)\/graphql$/gm)];
    const measured: string[] = [];
    for (const [, name = '', origin] of addresses) {
      const response = await fetch(`${origin}/metrics`).catch(() => null);
      // The catalog, which was killed.
      if (response === null) continue;
      expect([name, response.status]).toEqual([name, 200]);
      measured.push(name);
      samples.push(...samplesOf(await response.text()));
    }
    expect(measured.sort()).toEqual(['GraphQL', 'playback', 'recommendations']);
  });
  afterAll(async () => {
    await product.stop();
    await redis?.close();
  });

  /** Without what Node tells of any process. */
  const own = () => samples.filter(({ metric }) => metric.startsWith('playhead_'));

  const asked = expressions.filter(({ expr }) => hasRedis || !isOfRegions(expr));

  it.each(asked)('has every series that $of asks for', ({ expr }) => {
    const selectors = selectorsOf(expr);
    expect(selectors).not.toEqual([]);
    const own = selectors.filter(({ metric }) => !ofPrometheus.has(metric));
    const missing = own.filter(
      (selector) => !samples.some((sample) => isSelected(sample, selector)),
    );
    expect(missing).toEqual([]);
  });

  it('is in docs/operations.md, which knows of nothing else', () => {
    const exported = new Set(own().map(({ metric }) => metric.replace(ofHistogram, '')));
    const named = [...text('docs/operations.md').matchAll(/\bplayhead_[a-z_]+/g)];
    const told = new Set(named.map(([name]) => name.replace(ofHistogram, '')));
    expect([...exported].filter((name) => !told.has(name))).toEqual([]);
    const missing = [...told].filter((name) => !exported.has(name));
    expect(missing.filter((name) => hasRedis || !isOfRegions(name))).toEqual([]);
  });

  it('carries no id of a profile, a title or a session in a label', () => {
    const labels = new Set(own().flatMap((sample) => Object.keys(sample.labels)));
    expect(labels.size).toBeGreaterThan(0);
    expect([...labels].filter((label) => !closedLabels.has(label))).toEqual([]);
  });
});

/** Series of a label begin with its first use: somebody watches, asks for too much, and meets a catalog that is away. */
async function watchSomething(product: SplitProduct): Promise<void> {
  const token = await product.token('measured');
  const device = new RemoteDevice(product, token);
  await device.begin({ playableId: 'mov_1', deviceId: 'tv', deviceKind: 'TV' });
  await device.report({ event: 'START', positionMs: 0 });
  await device.report({ event: 'HEARTBEAT', positionMs: 5_000 });
  const row = '{ viewer { continueWatching { edges { node { playableId } } } } }';
  await askGateway(product, token, { query: row });
  const tooMany = '{ viewer { history(first: 300) { edges { cursor } } } }';
  await expect(askGateway(product, token, { query: tooMany })).rejects.toThrow('BAD_USER_INPUT');
  await product.killSubgraph('catalog');
  const title = '{ playable(id: "mov_1") { title } }';
  const failed = askGateway(product, token, { query: title });
  await expect(failed).rejects.toThrow('CATALOG_UNAVAILABLE');
}

(hasPromtool ? describe : describe.skip)('promtool', () => {
  const folder = mkdtempSync(join(tmpdir(), 'playhead-rules-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const testFolder = 'test/deploy/alerts';
  const testFiles = readdirSync(testFolder).map((file) => join(testFolder, file));
  const promtool = async (args: string[], cwd = '.') =>
    run('promtool', args, { cwd }).then(
      () => 'passed',
      (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
    );

  it('takes the rules, and the example of a configuration with them', async () => {
    expect(await promtool(['check', 'rules', alertsFile])).toBe('passed');
    expect(await promtool(['check', 'config', 'deploy/prometheus/prometheus.yaml'])).toBe('passed');
  });

  it('finds that they fire when they must, and do not when they need not', async () => {
    expect(await promtool(['test', 'rules', ...testFiles])).toBe('passed');
  });

  it.each([
    ['silent', 'vector(1) > 1'],
    ['always firing', 'vector(1)'],
  ])('would find each of them %s', async (_, expr) => {
    cpSync(testFolder, join(folder, testFolder), { recursive: true });
    const planted = structuredClone(rules);
    const all = planted.groups.flatMap((group) => group.rules);
    for (const rule of all) Object.assign(rule, { expr, for: '0s' });
    mkdirSync(join(folder, dirname(alertsFile)), { recursive: true });
    writeFileSync(join(folder, alertsFile), stringify(planted));
    const told = await promtool(['test', 'rules', ...testFiles], folder);
    const found = new Set([...told.matchAll(/alertname: (\w+)/g)].map(([, name]) => name!));
    expect([...found].sort()).toEqual(alerts.map(({ alert }) => alert).sort());
  });

  it('takes every expression of the dashboard', async () => {
    const file = join(folder, 'dashboard.yaml');
    const record = targets.map(({ expr }, index) => ({
      record: `panel_${index}`,
      // Grafana fills in what fits the width of a panel.
      expr: expr.replaceAll('$__rate_interval', '1m'),
    }));
    writeFileSync(file, stringify({ groups: [{ name: 'dashboard', rules: record }] }));
    expect(await promtool(['check', 'rules', file])).toBe('passed');
    record[0]!.expr = 'sum(';
    writeFileSync(file, stringify({ groups: [{ name: 'dashboard', rules: record }] }));
    expect(await promtool(['check', 'rules', file])).toContain('parse error');
  });
});
