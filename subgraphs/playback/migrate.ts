import { parseArgs } from 'node:util';
import { readConfig } from '../../runtime/config.ts';
import { runCommand } from '../../runtime/run-command.ts';
import { migrateDurableStore } from '../../stores/open.ts';

/**
 * `npm run migrate [-- --dry-run]`: brings the durable store's tables up to this release. Run it before
 * the processes of a new release start; it may run many times, and at the same time on many machines.
 */
async function main(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: { 'dry-run': { type: 'boolean', default: false } },
  });
  await migrateDurableStore(readConfig(), {
    isDryRun: values['dry-run'],
    print: (line) => process.stdout.write(`${line}\n`),
  });
}

await runCommand(main);
