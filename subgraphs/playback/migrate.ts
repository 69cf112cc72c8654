import { parseArgs } from 'node:util';
import { ConfigError, readConfig } from '../../runtime/config.ts';
import { migrateDurableStore } from '../../stores/open.ts';

/** EX_CONFIG of sysexits.h: a supervisor need not try again. */
const configurationExitCode = 78;

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

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof ConfigError ? configurationExitCode : 1;
}
