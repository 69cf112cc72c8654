import { parseArgs } from 'node:util';
import { systemClock } from '../../runtime/clock.ts';
import { readConfig } from '../../runtime/config.ts';
import { runCommand } from '../../runtime/run-command.ts';
import { openViewingStore } from '../../stores/open.ts';
import type { ViewingStore } from '../../stores/viewing-store.ts';

export interface LearningChange {
  profileId: string;
  /** Left out: only tell. */
  change?: 'opt-out' | 'opt-in' | 'reset';
}

/** Changes what is learned from one profile, and tells how it is then. */
export async function changeLearning(
  viewings: Pick<ViewingStore, 'learning' | 'putCorrection' | 'setOptOut'>,
  { profileId, change }: LearningChange,
): Promise<string> {
  if (change === 'reset') await viewings.putCorrection(profileId, null);
  else if (change !== undefined) await viewings.setOptOut(profileId, change === 'opt-out');
  const { isOptedOut, correction } = await viewings.learning(profileId);
  if (isOptedOut) return `Profile ${profileId} has opted out: nothing is logged or learned.`;
  return correction === null
    ? `Nothing is learned from profile ${profileId} yet.`
    : `${correction.length} bytes are learned from profile ${profileId}.`;
}

/** `npm run learning -- --profile ID [--opt-out | --opt-in | --reset]`. */
async function main(argv: readonly string[]): Promise<void> {
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: [...argv],
    options: { profile: { type: 'string' }, 'opt-out': flag, 'opt-in': flag, reset: flag },
  });
  const changes = (['opt-out', 'opt-in', 'reset'] as const).filter((name) => values[name]);
  if (values.profile === undefined || changes.length > 1) {
    throw new Error('--profile ID, and at most one of --opt-out, --opt-in, --reset.');
  }
  const viewings = await openViewingStore(readConfig(), systemClock);
  try {
    const [change] = changes;
    const asked = { profileId: values.profile, ...(change === undefined ? {} : { change }) };
    process.stdout.write(`${await changeLearning(viewings, asked)}\n`);
  } finally {
    await viewings.close();
  }
}

if (import.meta.main) {
  await runCommand(main);
}
