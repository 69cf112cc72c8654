/** Where time comes from: servers inject the system's, tests and simulations their own. */
export interface Clock {
  /** Unix epoch, ms. */
  nowMs(): number;
  /** Runs `task` once after `delayMs` (24.8 days at most); the answer cancels it. Never keeps the process alive. */
  after(delayMs: number, task: () => void): () => void;
}

/** Node runs a timer with a longer delay at once. */
const delayMsMax = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, Math.min(delayMs, delayMsMax));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
