/** Where time comes from: servers inject the system's, tests and simulations their own. */
export interface Clock {
  /** Unix epoch, ms. */
  nowMs(): number;
  /** Runs `task` once after `delayMs`; the answer cancels it. Never keeps the process alive. */
  after(delayMs: number, task: () => void): () => void;
}

/** A timer of Node's that is set for longer fires at once: 2^31 − 1 ms, 24.8 days. */
const timerMsMax = 2_147_483_647;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after(delayMs, task) {
    const restMs = delayMs - timerMsMax;
    let cancelRest = () => {};
    const step = restMs > 0 ? () => (cancelRest = systemClock.after(restMs, task)) : task;
    const timer = setTimeout(step, Math.min(delayMs, timerMsMax));
    timer.unref();
    return () => {
      clearTimeout(timer);
      cancelRest();
    };
  },
};
