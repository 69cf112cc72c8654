/** What a long pause of the garbage collector, or of the whole container, does to a process: nothing runs in it. */
export function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
