import { parseArgs } from 'node:util';
import { headersOf } from '../../schema/pull-cli.ts';
import { readSubgraphList } from '../../schema/subgraph-list.ts';
import { checkSubgraph } from './check-subgraph.ts';
import { lineOf, messageOf, summaryOf } from './report.ts';
import type { SubgraphAddress } from './subgraph-under-test.ts';

const usage = `npm run subgraph:verify -- URL [--name NAME] [--header "name: value"]…
  [--entity 'Type {"id":"…"}']…   of entities that exist
  [--twice 'mutation { … }']…     of mutations that are idempotent: each is sent twice
  [--signed]                      it must refuse who comes without these headers
  [--push ws|sse] [--path PATH]   how it pushes; default: as schema/supergraph.yaml says, else ws at <path>/ws`;

const options = {
  name: { type: 'string' },
  header: { type: 'string', multiple: true, default: [] as string[] },
  entity: { type: 'string', multiple: true, default: [] as string[] },
  twice: { type: 'string', multiple: true, default: [] as string[] },
  signed: { type: 'boolean', default: false },
  push: { type: 'string' },
  path: { type: 'string' },
} as const;

/**
 * Puts the subgraph at URL through what a gateway relies on, and prints a line for each rule.
 *
 * Exit codes: 0 all rules kept, 1 a rule was not, 2 it could not be asked.
 */
async function main(argv: readonly string[]): Promise<number> {
  try {
    const verdicts = await checkSubgraph(await addressOf(argv), (one) => print(lineOf(one)));
    const { line, exitCode } = summaryOf(verdicts);
    print(line);
    return exitCode;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return 2;
  }
}

/** Errors: throws with the usage. */
async function addressOf(argv: readonly string[]): Promise<SubgraphAddress> {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options });
  const [url] = positionals;
  if (url === undefined || !URL.canParse(url)) throw new Error(usage);
  const listed = (await readSubgraphList()).find(
    (one) => one.name === values.name || one.url === url,
  );
  const protocol = values.push ?? listed?.subscription?.protocol ?? 'ws';
  if (protocol !== 'ws' && protocol !== 'sse') throw new Error(usage);
  const own = new URL(url).pathname;
  const beside = protocol === 'ws' ? `${own.replace(/\/$/, '')}/ws` : own;
  return {
    url,
    name: values.name ?? listed?.name ?? 'candidate',
    headers: headersOf(values.header),
    entities: values.entity.map(entityOf),
    mutations: values.twice,
    isSigned: values.signed,
    subscription: { protocol, path: values.path ?? listed?.subscription?.path ?? beside },
  };
}

function entityOf(text: string): SubgraphAddress['entities'][number] {
  const [, type = '', key = ''] = /^(\w+) *(\{.*\})$/.exec(text) ?? [];
  try {
    return { type, key: JSON.parse(key) };
  } catch (cause) {
    throw new Error(`--entity wants a type and its key in JSON, not ${text}.\n${usage}`, { cause });
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
