import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const repository = fileURLToPath(new URL('../../', import.meta.url));

/** What a browser loads for each package, as the import map of demo/index.html says. */
const packages: Readonly<Record<string, string>> = {
  'graphql-sse': 'node_modules/graphql-sse/lib/client.mjs',
};

/** Everything that is loaded with a module, at once or later: files from the root, and what is no file. */
function graphOf(entry: string): Set<string> {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    if (!existsSync(join(repository, file))) return;
    const text = readFileSync(join(repository, file), 'utf8');
    const imports = [
      ...text.matchAll(/^(?:import|export)\s(?!type\b)[^'"]*?from\s+['"]([^'"]+)['"]/gm),
      ...text.matchAll(/\bimport\(['"]([^'"]+)['"]\)/g),
    ];
    for (const [, specifier = ''] of imports) {
      visit(
        specifier.startsWith('.')
          ? join(dirname(file), specifier)
          : (packages[specifier] ?? specifier),
      );
    }
  };
  visit(entry);
  return seen;
}

describe('the modules of the SDK', () => {
  const graph = graphOf('client/index.ts');

  it('are all there: nothing of Node, nothing that is not shipped', () => {
    const missing = [...graph].filter((file) => !existsSync(join(repository, file)));
    expect(missing).toEqual([]);
  });

  it('come from the SDK, the rules it shares with the server, and the SSE client', () => {
    const foreign = [...graph].filter(
      (file) => !/^(client|domain|node_modules\/graphql-sse)\//.test(file),
    );
    expect(foreign).toEqual([]);
    expect(graph.size).toBeGreaterThan(15);
  });
});
