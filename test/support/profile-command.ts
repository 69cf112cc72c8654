import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * `npm run profile` with the settings of some servers; answers its lines.
 *
 * Errors: throws with what it printed, which says which store, where it does not end with 0.
 */
export async function runProfileCommand(
  env: Readonly<Record<string, string>>,
  argv: readonly string[],
): Promise<string[]> {
  const settings = { ...env, LOG_LEVEL: 'silent', PATH: process.env.PATH };
  const command = ['subgraphs/playback/profile-cli.ts', ...argv];
  const { stdout } = await run(process.execPath, command, { env: settings }).catch(
    (error: Error & { stdout: string }) => {
      error.message += error.stdout;
      throw error;
    },
  );
  return stdout.trim().split('\n');
}
