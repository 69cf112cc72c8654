/** Where time comes from on a device: browsers give the real one, tests their own. */
export interface DeviceClock {
  /** Never goes back, ms; only differences between two readings mean anything. */
  monotonicMs(): number;
  /** Wall clock, Unix epoch ms. Wrong on many devices: it only tells that a device slept. */
  wallMs(): number;
  /** Runs `task` once after `delayMs`; the answer cancels it. */
  after(delayMs: number, task: () => void): () => void;
}

/** The device's own clock. */
export const deviceClock: DeviceClock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};

/** What `value` settles to, or undefined if that takes longer. `value` must not reject. */
export function withinMs<Value>(
  clock: DeviceClock,
  waitMs: number,
  value: Promise<Value>,
): Promise<Value | undefined> {
  return new Promise((resolve) => {
    const cancel = clock.after(waitMs, () => resolve(undefined));
    void value.then((settled) => {
      cancel();
      resolve(settled);
    });
  });
}
