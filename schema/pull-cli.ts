import { parseArgs } from 'node:util';
import { runCommand } from '../runtime/run-command.ts';
import { pullSubgraph } from './pull-subgraph.ts';

const usage = 'npm run subgraph:pull -- NAME URL [--header "name: value"]…';

/** `runCommand` prints what goes wrong, and ends with 1. */
async function main(argv: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { header: { type: 'string', multiple: true, default: [] } },
  });
  const [name, url] = positionals;
  if (name === undefined || url === undefined || !URL.canParse(url)) throw new Error(usage);
  const headers = headersOf(values.header);
  const { file, isNew } = await pullSubgraph(new URL('./', import.meta.url), {
    name,
    url,
    headers,
  });
  const added = isNew ? ', supergraph.yaml (new)' : '';
  process.stdout.write(`pulled ${name} into schema/${file.replace(/^\.\//, '')}${added}\n`);
  process.stdout.write('It composes with the other subgraphs: npm run compose\n');
}

/** Errors: throws when one is no `name: value`. */
export function headersOf(lines: readonly string[]): Record<string, string> {
  const pairs = lines.map((line) => {
    const [, name, value] = /^([\w-]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      throw new Error(`--header wants "name: value", not ${JSON.stringify(line)}.`);
    }
    return [name.toLowerCase(), value] as const;
  });
  return Object.fromEntries(pairs);
}

if (import.meta.main) await runCommand(main);
