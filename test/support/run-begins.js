import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a command's absence keeps from being tested, and the Debian packages that bring it. */
const tools = [
  { command: 'redis-server', packages: ['redis-server'] },
  { command: 'curl', packages: ['curl'] },
  { command: 'java', packages: ['openjdk-17-jre-headless'] },
  { command: 'mvn', packages: ['maven'] },
  { command: 'promtool', packages: ['prometheus'] },
];
/** A slow mirror; whatever waits longer is not coming. */
const installMsMax = 600_000;

/** Before the tests that need servers: the folder in which they share them, and the servers' programs. */
async function runBegins() {
  process.env.TEST_RUN_DIR = await mkdtemp(join(tmpdir(), 'playhead-run-'));
  process.env.TEST_RUN_PID = String(process.pid);
  const missing = [];
  for (const tool of tools) if (!(await isThere(tool.command))) missing.push(tool);
  if (missing.length > 0) await install(missing.flatMap(({ packages }) => packages));
}

function isThere(command) {
  return run('sh', ['-c', `command -v ${command}`]).then(
    () => true,
    () => false,
  );
}

/** Where that cannot be done, the tests themselves say what is left out; in CI they fail. */
async function install(packages) {
  const names = packages.join(' ');
  const isPossible = process.getuid?.() === 0 && (await isThere('apt-get'));
  if (!isPossible) {
    process.stderr.write(`\nMISSING: ${names}. Install them, or some cases are NOT TESTED.\n\n`);
    return;
  }
  process.stderr.write(`\nInstalling what the tests start: apt-get install ${names}\n\n`);
  const options = {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeout: installMsMax,
  };
  try {
    await run('apt-get', ['update', '-qq'], options);
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], options);
  } catch (error) {
    process.stderr.write(`\napt-get could not install ${names}: ${error.message}\n\n`);
  }
}

// jest loads this by its default export and by nothing else.
export default runBegins;
