import { ConfigError } from './config.ts';

/** EX_CONFIG of sysexits.h: a supervisor need not try again. */
export const configurationExitCode = 78;

/**
 * Runs a command with this process's arguments.
 *
 * Errors: none: what went wrong is a line on standard error, and the exit code: 78 for a bad
 * configuration, else 1.
 */
export async function runCommand(main: (argv: readonly string[]) => Promise<void>): Promise<void> {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = error instanceof ConfigError ? configurationExitCode : 1;
  }
}
