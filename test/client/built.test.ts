import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ownManifest, readKnownDocuments } from '../../gateway/known-documents.ts';
import { FakePlayer } from './fake-player.ts';
import { FakeServer } from './fake-server.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const { exports } = JSON.parse(readFileSync(`${repository}package.json`, 'utf8')) as {
  exports: Record<string, { types: string; default: string }>;
};
const builtMin = join(repository, 'dist/client/playhead.min.js');

/** What an app may load of itself, by the sub-path that needs it. */
const peersOf: Record<string, string[]> = {
  '.': ['graphql-sse'],
  './min': ['graphql-sse'],
  './react': ['react'],
  './apollo': ['@apollo/client', 'rxjs'],
  './urql': ['wonka'],
  './web-socket': ['graphql-ws'],
  './session': [],
  './ads': [],
};

/** Modules that are loaded at once, and, `withLater`, those that `import()` loads: files, or names of packages. */
function graphOf(entry: string, withLater: boolean): Set<string> {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    if (!file.startsWith(repository)) return;
    const text = readFileSync(file, 'utf8');
    const later = withLater ? [...text.matchAll(/\bimport\(["']([^"']+)["']\)/g)] : [];
    const atOnce = text.matchAll(/^(?:import|export)\s[^"';]*?from\s*["']([^"']+)["']/gm);
    for (const [, specifier = ''] of [...atOnce, ...later]) {
      visit(specifier.startsWith('.') ? join(dirname(file), specifier) : specifier);
    }
  };
  visit(entry);
  return seen;
}

describe('the built SDK', () => {
  beforeAll(() => {
    execFileSync(process.execPath, ['client/build.ts'], { cwd: repository, stdio: 'pipe' });
  });

  it.each(Object.keys(peersOf))(
    'has at %s modules that are there, and no other package',
    (path) => {
      const graph = [...graphOf(join(repository, exports[path]?.default ?? ''), true)];
      const packages = graph.filter((file) => !file.startsWith(repository));
      expect(packages.sort()).toEqual(peersOf[path]);
      expect(graph.filter((file) => file.startsWith(repository) && !existsSync(file))).toEqual([]);
      expect(graph.filter((file) => file.includes('node:'))).toEqual([]);
    },
  );

  it('names every sub-path with its types', () => {
    expect(Object.keys(exports).sort()).toEqual(Object.keys(peersOf).sort());
    for (const { types } of Object.values(exports)) {
      expect(existsSync(join(repository, types))).toBe(true);
    }
  });

  it('has a core that loads nothing else at once, of 8 KiB compressed at most', () => {
    expect([...graphOf(builtMin, false)]).toEqual([builtMin]);
    expect(gzipSync(readFileSync(builtMin), { level: 9 }).length).toBeLessThanOrEqual(8 * 1_024);
  });

  it('works in one file as it does in many', async () => {
    const { createPlayhead } = (await import(
      pathToFileURL(builtMin).href
    )) as typeof import('../../client/index.ts');
    const server = new FakeServer();
    const problems: string[] = [];
    const texts = new Set<string>();
    const fetchNoting: typeof fetch = (url, init) => {
      texts.add(JSON.parse(String(init?.body)).query);
      return server.fetch(url, init);
    };
    const client = createPlayhead({
      url: 'http://server.test/graphql',
      auth: () => 'token',
      device: { kind: 'TV' },
      fetch: fetchNoting,
      on: { problem: ({ code, message }) => problems.push(`${code} ${message}`) },
    });
    const player = new FakePlayer();
    await client.attach(player, { playableId: 'mov_1', resume: 'auto' }).ready;
    player.play();
    await server.settle();
    player.pause();
    await server.settle();
    await client.close();
    expect(server.heartbeats.map(({ event }) => event)).toEqual(['START', 'PAUSE', 'STOP']);
    expect(problems).toEqual([]);
    // A server in production runs what it knows: these texts have fewer blanks than those of the manifest.
    const known = await readKnownDocuments([ownManifest]);
    expect([...texts].filter((text) => !known.isKnown(text))).toEqual([]);
    expect(texts.size).toBeGreaterThanOrEqual(3);
  });

  it('has types that an app compiles against, strictly', () => {
    const folder = mkdtempSync(join(repository, 'dist/app-'));
    const app = join(folder, 'app.ts');
    const modules = ['index', 'react', 'apollo', 'urql', 'web-socket', 'reported-player', 'ads'];
    const imports = modules.map((name, at) => `import * as m${at} from '../client/${name}.js';`);
    const used = `export const client: m0.PlayheadClient = m0.createPlayhead({
  url: '/graphql', auth: () => 't', device: { kind: 'TV' }, streams: m4.overWebSocket(),
});
export const all = [m1.usePlayhead, m2.playheadLink, m3.playheadExchange, m5.openSession, m6.contentOf];
// @ts-expect-error: the types are known, and not any.
client.attach(5);`;
    writeFileSync(app, `${imports.join('\n')}\n${used}\n`);
    const compiler = join(repository, 'node_modules/typescript/bin/tsc');
    const options =
      '--noEmit --strict --module nodenext --target es2024 --lib es2024,dom,dom.iterable';
    const flags = [...options.split(' '), '--skipLibCheck', '--types', '', '--ignoreConfig'];
    execFileSync(process.execPath, [compiler, ...flags, app], { stdio: 'pipe', encoding: 'utf8' });
    rmSync(folder, { recursive: true });
  });
});
