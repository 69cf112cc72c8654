import { parseArgs } from 'node:util';
import { checkServer } from './check-server.ts';
import { lineOf, summaryOf } from './report.ts';

const usage = 'npm run conformance -- --url http://host:port/graphql [--token …] [--other-token …]';

/**
 * Drives the server at `--url` with the rules of PROTOCOL.md that a server keeps, and prints a line
 * for each. Without tokens it asks the server's development page for two.
 *
 * Exit codes: 0 all rules kept, 1 a rule was not, 2 it could not be asked.
 */
async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      url: { type: 'string' },
      token: { type: 'string' },
      'other-token': { type: 'string' },
    },
  });
  const { url } = values;
  if (url === undefined || !URL.canParse(url)) return refuse(usage);
  const token = values.token ?? (await developmentToken(url, 'conformance'));
  if (token === undefined) return refuse(`${url} gives no development tokens: pass --token.`);
  const isDevelopment = values.token === undefined;
  const other = isDevelopment ? await developmentToken(url, 'conformance-other') : undefined;
  const address = { url, token, otherToken: values['other-token'] ?? other };
  const verdicts = await checkServer(address, (verdict) => print(lineOf(verdict)));
  const { line, exitCode } = summaryOf(verdicts);
  print(line);
  return exitCode;
}

/** Undefined where the server is no development server, or does not answer. */
async function developmentToken(url: string, profileId: string): Promise<string | undefined> {
  try {
    const response = await fetch(new URL(`/demo/token?profile=${profileId}`, url));
    const { token } = (await response.json()) as { token?: string };
    return token;
  } catch {
    // Whatever it is, it gives no token, and main says so.
    return undefined;
  }
}

function refuse(message: string): number {
  process.stderr.write(`${message}\n`);
  return 2;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
