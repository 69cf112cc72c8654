import { StoreTakesNoWrites } from '../../stores/faults.ts';
import { type Call, unreachable, type Weather } from './faulty.ts';

/** What a full Redis refuses; deleting works. */
const writing: ReadonlySet<string> = new Set([
  'hydrate',
  'merge',
  'quarantine',
  'replay',
  'settle',
  'write',
]);

/** Between the subgraph and a store: counts calls, fails them while it is down, lets others come between. */
export class StoreGate implements Weather {
  isDown = false;
  /** As a full store: it answers reads, and refuses whatever adds to it. */
  isFull = false;
  #calls: string[] = [];
  #interruptions: { at: string; act: () => Promise<unknown> }[] = [];

  /** Calls of a method since the last `forgetCalls`. */
  calls(method: string): number {
    return this.#calls.filter((call) => call === method).length;
  }

  forgetCalls(): void {
    this.#calls = [];
  }

  /** Acts once, before the next call of `method` reaches the store or after it was answered. */
  interrupt(moment: 'before' | 'after', method: string, act: () => Promise<unknown>): void {
    this.#interruptions.push({ at: `${moment} ${method}`, act });
  }

  /** As new: up, with nothing counted and nobody about to come between. */
  repair(): void {
    this.isDown = false;
    this.isFull = false;
    this.#calls = [];
    this.#interruptions = [];
  }

  async before({ method }: Call): Promise<void> {
    this.#calls.push(method);
    await this.#reach(`before ${method}`);
    if (this.isDown) throw unreachable();
    if (this.isFull && writing.has(method)) throw new StoreTakesNoWrites('The store is full.');
  }

  after({ method }: Call): Promise<void> {
    return this.#reach(`after ${method}`);
  }

  async #reach(moment: string): Promise<void> {
    const index = this.#interruptions.findIndex(({ at }) => at === moment);
    const [interruption] = index < 0 ? [] : this.#interruptions.splice(index, 1);
    await interruption?.act();
  }
}
