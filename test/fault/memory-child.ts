import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Loaded into a process of the product before it starts (`node --import`): on SIGUSR2 it collects
 * garbage and prints what is left, in bytes: objects, and buffers outside the heap.
 */
setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

process.on('SIGUSR2', () => {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  process.stderr.write(`memory in use ${heapUsed + external}\n`);
});
