import { readFile, writeFile } from 'node:fs/promises';
import { settings } from './config.ts';

/** Pages that show the settings, by paths from the root. */
export const pagesWithSettings = ['README.md', 'docs/operations.md'];

const head = ['| variable | default | meaning |', '| --- | --- | --- |'];

/** The settings as a Markdown table, in the order of the source: README and operations show it. */
export function configTable(): string {
  const rows = Object.entries(settings.shape).map(([key, schema]) => {
    const fallback = schema.safeParse(undefined);
    const shown = key === 'DATA_DIR' ? 'data' : fallback.data;
    const text = String(shown ?? '');
    // A bar would begin another cell, inside code as well.
    const meaning = schema.description?.replaceAll('|', '\\|');
    return `| \`${key}\` | ${text === '' ? '' : `\`${text}\``} | ${meaning} |`;
  });
  return [...head, ...rows].join('\n');
}

/**
 * A page with the settings as they are, where it showed them as they were.
 *
 * Errors: throws when the page shows none.
 */
export function withConfigTable(page: string): string {
  const start = page.indexOf(`${head.join('\n')}\n`);
  if (start < 0) throw new Error('The page has no table of settings.');
  const end = page.indexOf('\n\n', start);
  return page.slice(0, start) + configTable() + (end < 0 ? '\n' : page.slice(end));
}

/** `npm run -s config` prints the table; with `-- --write` it goes to the pages that show it. */
async function main(argv: readonly string[]): Promise<void> {
  if (!argv.includes('--write')) {
    process.stdout.write(`${configTable()}\n`);
    return;
  }
  for (const page of pagesWithSettings) {
    const file = new URL(`../${page}`, import.meta.url);
    await writeFile(file, withConfigTable(await readFile(file, 'utf8')));
  }
}

if (import.meta.main) await main(process.argv.slice(2));
