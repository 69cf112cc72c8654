import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes the folder in which the test files of one run find the servers that they share. */
async function runBegins() {
  process.env.TEST_RUN_DIR = await mkdtemp(join(tmpdir(), 'playhead-run-'));
  process.env.TEST_RUN_PID = String(process.pid);
}

// jest loads this by its default export and by nothing else.
export default runBegins;
