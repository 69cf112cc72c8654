import type { Clock } from '../../runtime/clock.ts';
import type { Timeline } from './timeline.ts';

/**
 * One process from its start to its end: its clock, which may differ from the world's, and its end,
 * after which its timers do nothing and no answer reaches it.
 */
export class Life implements Clock {
  isOver = false;
  readonly #timeline: Timeline;
  readonly #skewMs: number;
  readonly #endings: (() => void)[] = [];

  constructor(timeline: Timeline, skewMs: number) {
    this.#timeline = timeline;
    this.#skewMs = skewMs;
  }

  nowMs(): number {
    return this.#timeline.nowMs() + this.#skewMs;
  }

  after(delayMs: number, task: () => void): () => void {
    return this.#timeline.after(delayMs, () => {
      if (!this.isOver) task();
    });
  }

  /** Called once, when the process dies. */
  atEnd(ending: () => void): void {
    this.#endings.push(ending);
  }

  end(): void {
    this.isOver = true;
    for (const ending of this.#endings.splice(0)) ending();
  }
}
