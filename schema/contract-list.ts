import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';

/** A part of the graph, by the @tag names of what belongs to it and what does not. */
export interface Contract {
  name: string;
  filter: { include: Set<string>; exclude: Set<string> };
}

const tags = z
  .array(z.string().min(1))
  .default([])
  .transform((names) => new Set(names));
const list = z.strictObject({
  contracts: z.record(
    z.string().regex(/^[a-z][a-z0-9-]*$/, 'a lower-case letter, then letters, digits and -'),
    z
      .strictObject({ include: tags, exclude: tags })
      .refine(
        ({ include, exclude }) => include.size + exclude.size > 0,
        'include or exclude a tag',
      ),
  ),
});

/**
 * The contracts that `contracts.yaml` in this folder names; none without that file.
 *
 * Errors: throws naming the key and what is wanted there.
 */
export async function readContracts(folder: URL): Promise<Contract[]> {
  const text = await readFile(new URL('contracts.yaml', folder), 'utf8').catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    },
  );
  if (text === undefined) return [];
  const parsed = list.safeParse(parse(text));
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path, message }) => `${path.join('.')}: ${message}`,
    );
    throw new Error(`contracts.yaml: ${problems.join('\n')}`);
  }
  return Object.entries(parsed.data.contracts).map(([name, filter]) => ({ name, filter }));
}
