import { nextTick } from 'node:process';

interface Task {
  atMs: number;
  /** Of two tasks of one moment the one that was planned first runs first. */
  order: number;
  /** Null once it was cancelled. */
  run: (() => void) | null;
}

/**
 * Virtual time: tasks run in order of their moment, and whatever each of them started has come to
 * rest (no promise is left to continue) before the next one runs.
 *
 * Cost: O(log tasks) a task; no timer and no turn of the event loop.
 */
export class Timeline {
  #nowMs: number;
  #order = 0;
  readonly #heap: Task[] = [];

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  /** Runs `run` once after `delayMs`; the answer cancels it. */
  after(delayMs: number, run: () => void): () => void {
    this.#order += 1;
    const task: Task = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order, run };
    this.#push(task);
    return () => {
      task.run = null;
    };
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve));
  }

  /** Moves on to that moment, task by task. */
  async runUntil(endMs: number): Promise<void> {
    await atRest();
    for (;;) {
      const task = this.#heap[0];
      if (task === undefined || task.atMs > endMs) break;
      this.#pop();
      if (task.run === null) continue;
      this.#nowMs = task.atMs;
      task.run();
      await atRest();
    }
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }

  #push(task: Task): void {
    const heap = this.#heap;
    let index = heap.push(task) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Task;
      if (!isBefore(task, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = task;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Task;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const isRight = right < heap.length && isBefore(heap[right] as Task, heap[left] as Task);
      const child = isRight ? right : left;
      if (!isBefore(heap[child] as Task, last)) break;
      heap[index] = heap[child] as Task;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(left: Task, right: Task): boolean {
  return left.atMs === right.atMs ? left.order < right.order : left.atMs < right.atMs;
}

/** Node serves its tick queue only when no promise is left to continue. */
function atRest(): Promise<void> {
  return new Promise((resolve) => nextTick(resolve));
}
