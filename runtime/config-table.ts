import { settings } from './config.ts';

/** The settings as a Markdown table, in the order of the source: README and operations show it. */
export function configTable(): string {
  const rows = Object.entries(settings.shape).map(([key, schema]) => {
    const fallback = schema.safeParse(undefined);
    const shown = key === 'DATA_DIR' ? 'data' : fallback.data;
    return `| \`${key}\` | ${shown === undefined ? '' : `\`${shown}\``} | ${schema.description} |`;
  });
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

if (import.meta.main) process.stdout.write(`${configTable()}\n`);
