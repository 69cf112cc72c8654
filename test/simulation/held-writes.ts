/** What became of writes in one step of a store, by name. */
export interface Kept {
  writes: readonly string[];
  /** Accepted here; otherwise they came from another region. */
  isOwn: boolean;
  /** Let go before the region's data centre had them. */
  gone: readonly string[];
}

/** Which writes a Redis got, and has not lost. */
export class HeldWrites {
  /** Every write that was ever accepted here, wherever it was lost since. */
  readonly everMerged = new Set<string>();
  /** The same, and those that came from other regions. */
  readonly everHeld = new Set<string>();
  readonly #held = new Map<string, 'own' | 'copy'>();

  has(write: string): boolean {
    return this.#held.has(write);
  }

  /** It was accepted here, and not only brought by another region. */
  isOwn(write: string): boolean {
    return this.#held.get(write) === 'own';
  }

  /** Of a profile, those that are here only because another region accepted them. */
  copiesOf(profileId: string): string[] {
    return [...this.#held]
      .filter(([write, kind]) => kind === 'copy' && write.startsWith(`${profileId}|`))
      .map(([write]) => write);
  }

  /** A step of some server of this store: one that was deposed keeps nothing for the others. */
  note({ writes, isOwn, gone }: Kept, by: { isPrimary: boolean }): void {
    for (const write of writes) {
      if (isOwn) this.everMerged.add(write);
      this.everHeld.add(write);
    }
    if (by.isPrimary) this.#keep({ writes, isOwn, gone });
  }

  /** The store is another, which took only these steps. */
  rebuild(steps: readonly Kept[]): void {
    this.#held.clear();
    for (const step of steps) this.#keep(step);
  }

  #keep({ writes, isOwn, gone }: Kept): void {
    for (const write of writes)
      if (isOwn || !this.has(write)) this.#held.set(write, isOwn ? 'own' : 'copy');
    for (const write of gone) this.#held.delete(write);
  }
}
