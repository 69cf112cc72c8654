import { setTimeout as delay } from 'node:timers/promises';

/** How often a condition is looked at: far below anything a test promises. */
const lookEveryMs = 10;

/**
 * Waits until `condition` answers something truthy, and answers that.
 *
 * Errors: throws after `deadlineMs` (default 30 s: a busy machine is late) naming `what`; what the condition throws, at once.
 */
export async function until<Value>(
  condition: () => Value | Promise<Value>,
  options: { what: string; deadlineMs?: number },
): Promise<NonNullable<Exclude<Value, false>>> {
  const deadlineMs = options.deadlineMs ?? 30_000;
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value) return value as NonNullable<Exclude<Value, false>>;
    if (performance.now() >= endMs) {
      throw new Error(`Not within ${deadlineMs} ms: ${options.what}.`);
    }
    await delay(lookEveryMs);
  }
}
