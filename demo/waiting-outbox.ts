import type { KeptPlayback, OutboxStore } from '../client/index.ts';

/** An outbox in localStorage that says how many heartbeats wait in it. */
export class WaitingOutbox implements OutboxStore {
  readonly #prefix: string;
  /** Told after each change. */
  onChange: () => void = () => {};

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Heartbeats that no answer was about yet. */
  get waiting(): number {
    return this.#keptKeys()
      .map((key) => localStorage.getItem(key) ?? '{}')
      .reduce((sum, text) => sum + ((JSON.parse(text) as KeptPlayback).heartbeats?.length ?? 0), 0);
  }

  async keys(): Promise<string[]> {
    return this.#keptKeys().map((key) => key.slice(this.#prefix.length));
  }

  async read(key: string): Promise<unknown> {
    const text = localStorage.getItem(this.#prefix + key);
    return text === null ? undefined : JSON.parse(text);
  }

  async write(changes: ReadonlyMap<string, KeptPlayback | null>): Promise<void> {
    for (const [key, kept] of changes) {
      if (kept === null) localStorage.removeItem(this.#prefix + key);
      else localStorage.setItem(this.#prefix + key, JSON.stringify(kept));
    }
    this.onChange();
  }

  close(): void {}

  #keptKeys(): string[] {
    return Object.keys(localStorage).filter((key) => key.startsWith(this.#prefix));
  }
}
