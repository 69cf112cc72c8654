import { fileURLToPath } from 'node:url';
import type { RunningPart } from '../support/product.ts';
import { until } from '../support/until.ts';

/** Settings of a process whose memory can be asked for. */
export const measurable = {
  NODE_OPTIONS: `--import ${fileURLToPath(new URL('memory-child.ts', import.meta.url))}`,
};

/** What a process that was started with `measurable` holds, garbage not counted, MB. */
export async function memoryMbOf(part: RunningPart): Promise<number> {
  const before = reportsOf(part).length;
  part.process.kill('SIGUSR2');
  const bytes = await until(() => reportsOf(part)[before], { what: 'it says what it holds' });
  return Number(bytes) / 1e6;
}

function reportsOf(part: RunningPart): string[] {
  return [...part.output().matchAll(/memory in use (\d+)/g)].map(([, bytes = '']) => bytes);
}
