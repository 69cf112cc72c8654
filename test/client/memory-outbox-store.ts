import type { KeptPlayback, OutboxStore } from '../../client/index.ts';

/** A store that outlives clients, as a database outlives pages. */
export class MemoryOutboxStore implements OutboxStore {
  readonly records = new Map<string, unknown>();
  isBroken = false;

  async keys(): Promise<string[]> {
    this.#work();
    return [...this.records.keys()];
  }

  async read(key: string): Promise<unknown> {
    this.#work();
    const record = this.records.get(key);
    if (record instanceof Error) throw record;
    return record;
  }

  async write(changes: ReadonlyMap<string, KeptPlayback | null>): Promise<void> {
    this.#work();
    for (const [key, kept] of changes) {
      if (kept === null) this.records.delete(key);
      else this.records.set(key, structuredClone(kept));
    }
  }

  close(): void {}

  #work(): void {
    if (this.isBroken) throw new Error('disk full');
  }
}
