import type { Clock } from '../../runtime/clock.ts';

/** The test's clock for one process, whose timers die with it. */
export function mortalTimers(clock: Clock): { clock: Clock; stop(): void } {
  const cancels: (() => void)[] = [];
  let isStopped = false;
  const after: Clock['after'] = (delayMs, task) => {
    const cancel = isStopped ? () => {} : clock.after(delayMs, task);
    cancels.push(cancel);
    return cancel;
  };
  const stop = () => {
    isStopped = true;
    for (const cancel of cancels) cancel();
  };
  return { clock: { nowMs: () => clock.nowMs(), after }, stop };
}
