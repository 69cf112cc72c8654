import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Ends the servers that test files of this run have started and shared, and removes their files. */
async function runEnds() {
  const folder = process.env.TEST_RUN_DIR;
  for (const file of await readdir(folder)) {
    if (file.endsWith('.pid')) kill(Number(await readFile(join(folder, file), 'utf8')));
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

export default runEnds;
