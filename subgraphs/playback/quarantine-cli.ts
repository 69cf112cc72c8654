import { parseArgs } from 'node:util';
import { defaultPolicy } from '../../domain/policy.ts';
import { systemClock } from '../../runtime/clock.ts';
import { readConfig } from '../../runtime/config.ts';
import { runCommand } from '../../runtime/run-command.ts';
import type { HotStore } from '../../stores/hot-store.ts';
import { openSharedHotStore } from '../../stores/open.ts';

/** Titles listed of a partition: more than anybody reads. */
const listedMax = 1_000;

/** One line for each title in quarantine: what it is, and since when it waits. */
export async function listQuarantine(hot: HotStore, print: (line: string) => void): Promise<void> {
  let count = 0;
  for (let partition = 0; partition < hot.partitions; partition += 1) {
    for (const found of await hot.quarantined({ partition, limit: listedMax })) {
      const since = new Date(found.sinceMs).toISOString();
      print(`profile ${found.profileId}  title ${found.title}  dirty since ${since}`);
      count += 1;
    }
  }
  print(`${count} in quarantine.`);
}

/** Gives every title in quarantine to the drains again; those that still cannot be written return. */
export async function replayQuarantine(
  hot: HotStore,
  options: { nowMs: number; print: (line: string) => void },
): Promise<void> {
  let count = 0;
  for (let partition = 0; partition < hot.partitions; partition += 1) {
    count += await hot.replay({ partition, nowMs: options.nowMs });
  }
  options.print(`${count} titles are dirty again.`);
}

/** `npm run quarantine` lists what no drain could write; with `-- --replay` it is tried again. */
async function main(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: { replay: { type: 'boolean', default: false } },
  });
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  const hot = await openSharedHotStore(readConfig(), { clock: systemClock, policy: defaultPolicy });
  if (hot === null) {
    print(
      'The embedded hot store keeps nothing beyond its process: set REDIS_URL or REDIS_CLUSTER_NODES.',
    );
    return;
  }
  try {
    if (values.replay) await replayQuarantine(hot, { nowMs: systemClock.nowMs(), print });
    else await listQuarantine(hot, print);
  } finally {
    await hot.close();
  }
}

if (import.meta.main) {
  await runCommand(main);
}
