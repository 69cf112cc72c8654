import { parseArgs } from 'node:util';
import { ConfigError, readConfig } from './config.ts';
import { pseudonymOf } from './log.ts';
import { runCommand } from './run-command.ts';

/** `npm run -s pseudonym -- ID …`: what the logs call each, where SESSION_KEY is the processes' own. */
await runCommand(async (argv) => {
  const { positionals } = parseArgs({ args: [...argv], allowPositionals: true });
  const { SESSION_KEY: key } = readConfig();
  if (key === undefined) {
    throw new ConfigError('SESSION_KEY: without it each process has pseudonyms of its own');
  }
  for (const id of positionals) process.stdout.write(`${pseudonymOf(id, key)}\n`);
});
