import { readFile } from 'node:fs/promises';
import { type Document, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';

/** One entry of `supergraph.yaml`. */
export interface ListedSubgraph {
  name: string;
  /** Where gateways reach it. */
  url: string;
  /** Where its SDL is: a file, named from the list's folder, or the subgraph itself. */
  schema: { file: string } | { subgraph_url: string };
  subscription: { protocol: 'ws' | 'sse'; path: string } | undefined;
}

/** The list of this repository. */
export const subgraphList = new URL('./supergraph.yaml', import.meta.url);

/** Names end up as `schema/<name>.graphql`, and these two files are written by the composition. */
const takenNames: readonly string[] = ['api', 'supergraph'];

const subgraphName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]*$/i, 'a letter, then letters, digits, - and _')
  .refine((name) => !takenNames.includes(name), 'api and supergraph are files of the composition');
const url = z.url({ protocol: /^https?$/, error: 'an http or https URL' });
const entry = z
  .strictObject({
    routing_url: url.optional(),
    schema: z.union(
      [z.strictObject({ file: z.string().min(1) }), z.strictObject({ subgraph_url: url })],
      {
        error: 'either `file` or `subgraph_url`; a registry is not read here',
      },
    ),
    subscription: z
      .strictObject({
        protocol: z.enum(['ws', 'sse']),
        path: z.string().startsWith('/').optional(),
      })
      .optional(),
  })
  .refine(({ routing_url, schema }) => routing_url !== undefined || 'subgraph_url' in schema, {
    path: ['routing_url'],
    error: 'required: where gateways reach this subgraph',
  });
const list = z.strictObject({
  federation_version: z
    .union([z.string(), z.number()])
    .refine((version) => /^=?2/.test(String(version)), {
      error: 'only federation 2 is composed here',
    }),
  subgraphs: z.record(subgraphName, entry),
});

/**
 * Reads a list of subgraphs, in its order.
 *
 * Errors: throws with every problem at once: file, line, key and what is wanted there.
 */
export async function readSubgraphList(file: URL = subgraphList): Promise<ListedSubgraph[]> {
  return listedIn(await readFile(file, 'utf8'));
}

/** `readSubgraphList` of a text. */
export function listedIn(text: string): ListedSubgraph[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [fault] = document.errors;
  if (fault !== undefined) throw new Error(`supergraph.yaml: ${fault.message}`);
  const parsed = list.safeParse(document.toJS());
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => {
      const { path } = issue;
      const message = issue.code === 'invalid_key' ? issue.issues[0]?.message : issue.message;
      const place = `supergraph.yaml:${lineOf(document, { path, lines })}`;
      return `${place} ${path.join('.')}: ${message}`;
    });
    throw new Error(problems.join('\n'));
  }
  return Object.entries(parsed.data.subgraphs).map(([name, found]) => listed(name, found));
}

function listed(name: string, found: z.output<typeof entry>): ListedSubgraph {
  const { schema, subscription } = found;
  const address = found.routing_url ?? ('subgraph_url' in schema ? schema.subgraph_url : '');
  if (subscription === undefined) return { name, url: address, schema, subscription };
  const own = new URL(address).pathname;
  const path = subscription.path ?? (subscription.protocol === 'ws' ? `${own}/ws` : own);
  return { name, url: address, schema, subscription: { protocol: subscription.protocol, path } };
}

/** Of the nearest thing that is there: a missing key has no line of its own. */
function lineOf(
  document: Document,
  { path, lines }: { path: readonly PropertyKey[]; lines: LineCounter },
): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true) as { range?: [number] } | undefined;
    if (node?.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}
