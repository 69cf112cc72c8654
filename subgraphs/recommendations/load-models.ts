import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Logger } from '../../runtime/log.ts';
import { type Models, readModels } from './score.ts';
import { warmUp } from './warm-up.ts';

/** What this release comes with. */
const defaultFile = fileURLToPath(
  new URL('../../model/continue-watching.v1.json', import.meta.url),
);

/**
 * The models that rank, read once at start. Null: rows go by recency.
 *
 * Errors: none: a file that cannot be read or used is an error in the log, and recency.
 */
export async function loadModels(
  { RECOMMENDATIONS_MODEL: configured }: { RECOMMENDATIONS_MODEL?: string | undefined },
  log: Logger,
): Promise<Models | null> {
  if (configured === 'none') return null;
  const file = configured ?? defaultFile;
  try {
    const text = await readFile(file, 'utf8');
    const models = readModels(JSON.parse(text));
    warmUp(models);
    const { name, hash } = models.ranking;
    log.info({ file, model: name, hash }, 'rows are ranked by a model');
    return models;
  } catch (error) {
    const isNotThere = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (isNotThere && configured === undefined) return null;
    log.error({ err: error, file }, 'the model cannot be used; rows go by recency');
    return null;
  }
}
