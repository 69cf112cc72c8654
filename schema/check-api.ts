import { parseArgs } from 'node:util';
import type { Change } from '@graphql-inspector/core';
import { type Comparison, compareApi, isBreaking, isDangerous } from './compare-api.ts';

const usage = 'npm run schema:check -- [--against REF] [--allow-breaking "reason"]';

/**
 * Lists what the public API breaks, or may break, for clients since this branch left main.
 *
 * Exit codes: 0 nothing breaks, or a reason was given; 1 something breaks; 2 it could not be told.
 */
async function main(argv: readonly string[]): Promise<number> {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { against: { type: 'string' }, 'allow-breaking': { type: 'string' } },
    });
    const reason = values['allow-breaking']?.trim();
    if (reason === '') throw new Error(`--allow-breaking wants a reason.\n${usage}`);
    return report(await compareApi(new URL('./', import.meta.url), values.against), reason);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
}

function report({ against, changes }: Comparison, reason: string | undefined): number {
  const breaking = changes.filter(isBreaking);
  const dangerous = changes.filter(isDangerous);
  const rest = changes.length - breaking.length - dangerous.length;
  print(`compared with ${against}`);
  for (const change of breaking) print(`BREAKING   ${lineOf(change)}`);
  for (const change of dangerous) print(`DANGEROUS  ${lineOf(change)}`);
  print(`changes: ${breaking.length} breaking, ${dangerous.length} dangerous, ${rest} safe`);
  if (breaking.length === 0) return 0;
  if (reason !== undefined) {
    print(`allowed: ${reason}`);
    return 0;
  }
  print(
    'Clients that are installed cannot be changed: keep what is there, mark it @deprecated, and add the new beside it. ' +
      'Where nobody can be using it, say so: --allow-breaking "reason".',
  );
  return 1;
}

function lineOf({ message, criticality, path }: Change): string {
  const why = criticality.reason === undefined ? '' : ` ${criticality.reason}`;
  return `${path ?? ''}: ${message}.${why}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
