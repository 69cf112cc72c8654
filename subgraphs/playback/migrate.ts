import { parseArgs } from 'node:util';
import { readConfig } from '../../runtime/config.ts';
import { runCommand } from '../../runtime/run-command.ts';
import { migrateDurableStore } from '../../stores/open.ts';

/**
 * `npm run migrate [-- --dry-run] [-- --add-data-centres]`: brings the durable store's tables up to this
 * release. Run it before the processes of a new release start; it may run many times, and at the same
 * time on many machines. A keyspace is given further data centres only if it is asked for.
 */
async function main(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      'dry-run': { type: 'boolean', default: false },
      'add-data-centres': { type: 'boolean', default: false },
    },
  });
  await migrateDurableStore(readConfig(), {
    isDryRun: values['dry-run'],
    addsDataCentres: values['add-data-centres'],
    print: (line) => process.stdout.write(`${line}\n`),
  });
}

await runCommand(main);
