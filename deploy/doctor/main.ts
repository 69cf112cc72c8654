import { parseArgs } from 'node:util';
import { systemClock } from '../../runtime/clock.ts';
import { runCommand } from '../../runtime/run-command.ts';
import { diagnose } from './diagnose.ts';
import type { Finding } from './finding.ts';

/** Of the longest name. */
const nameWidth = 24;

/**
 * `npm run doctor [-- --json]`: each dependency of the configuration in the environment, and what to do
 * about it. Exit code 1 when something would keep the product from working; a warning is none.
 */
async function main(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: { json: { type: 'boolean', default: false } },
  });
  const parts = { clock: systemClock, version: process.version };
  const findings = await diagnose(undefined, parts);
  const isWell = findings.every(({ status }) => status !== 'fail');
  const text = values.json
    ? JSON.stringify({ ok: isWell, findings }, null, 2)
    : findings.map(lineOf).join('\n');
  process.stdout.write(`${text}\n`);
  process.exitCode = isWell ? 0 : 1;
}

function lineOf({ name, status, found, advice }: Finding): string {
  const line = `${status.padEnd(4)}  ${name.padEnd(nameWidth)}  ${found}`;
  return advice === null ? line : `${line}\n      ${' '.repeat(nameWidth)}  ${advice}`;
}

await runCommand(main);
