import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundle, type JsMinifyOptions, minify } from '@swc/core';

/**
 * Builds what is published: every module of the SDK as ESM with its types, and `playhead.min.js`, the core
 * in one file for pages without a bundler.
 */
const repository = fileURLToPath(new URL('../', import.meta.url));
const built = `${repository}dist/client/`;

/** Those that code is full of anyway come first: they cost the fewest bits. */
const letters = 'tesianrolhdcupmbfgjkqvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

const minified: JsMinifyOptions = {
  module: true,
  ecma: 2020,
  compress: { passes: 3, ecma: 2020, unsafe_arrows: true },
  mangle: { toplevel: true },
};

rmSync(`${repository}dist`, { recursive: true, force: true });
const compiler = `${repository}node_modules/typescript/bin/tsc`;
execFileSync(process.execPath, [compiler, '-p', `${repository}client/tsconfig.json`], {
  stdio: 'inherit',
});
for (const folder of ['client', 'domain']) nameModules(`${repository}dist/${folder}/`);
writeFileSync(`${built}playhead.min.js`, await coreInOneFile());

/** TypeScript rewrites `./x.ts` in modules, and leaves it in their types. */
function nameModules(folder: string): void {
  for (const file of readdirSync(folder).filter((each) => each.endsWith('.d.ts'))) {
    const types = readFileSync(folder + file, 'utf8');
    writeFileSync(folder + file, types.replaceAll(/(['"]\.{1,2}\/[^'"]+)\.ts(['"])/g, '$1.js$2'));
  }
}

/** What is loaded at once; what is loaded when it is needed stays beside it. */
async function coreInOneFile(): Promise<string> {
  const later = readdirSync(built).filter((file) => file.endsWith('.js'));
  const bundled = await bundle({
    entry: { core: `${built}index.js` },
    externalModules: laterThan(later),
    output: { path: built, name: 'core' },
    module: {},
    mode: 'production',
    options: { swcrc: false, jsc: { target: 'es2024', parser: { syntax: 'ecmascript' } } },
  });
  const code = bundled.core?.code ?? '';
  // The second time the short names are known: more is worth inlining.
  const once = await minify(code, minified);
  return (await minify(withShortNames(once.code), minified)).code;
}

/**
 * Private names are numbered through the file, and never leave their class: each class counts for itself,
 * so that classes look alike to gzip. One letter is nobody else's name, so that the mark is not needed: what
 * is private is so by its type. Spaces of GraphQL documents mean nothing.
 */
function withShortNames(code: string): string {
  const classes = code.split(/(?=\bclass\b[ \w]*\{)/);
  const renamed = classes.map((text) => {
    const names = new Map<string, string>();
    return text.replace(/#([\w$]+)/g, (_, name: string) => {
      const short = names.get(name) ?? `${letters[names.size] ?? `_${name}`}`;
      names.set(name, short);
      return short;
    });
  });
  return renamed
    .join('')
    .replace(/`[^`]*`/g, (text) => text.replace(/\s+/g, ' ').replace(/ ?([{}]) (?!\$)/g, '$1'));
}

/** Modules that some module loads with `import()`. */
function laterThan(files: readonly string[]): string[] {
  const texts = files.map((file) => readFileSync(built + file, 'utf8'));
  const named = texts.flatMap((text) => [...text.matchAll(/\bimport\('([^']+)'\)/g)]);
  return [...new Set(named.map(([, specifier = '']) => specifier))];
}
