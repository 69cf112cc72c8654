import { PartitionReader, type PartitionWork, Places, type ReaderDeps } from './read-partition.ts';

export interface PeerReaderOptions {
  region: string;
  /** Its leases' names begin with this. */
  task: string;
  partitions: number;
  /** Between two reads of a stream that has nothing new. */
  idleMs: number;
  /** At most: with more partitions than `idleMs` allows for, each waits longer. */
  readsPerSecondMax: number;
  /** Partitions that are read at once: a slow peer must not fill this process's memory. */
  partitionsInFlightMax: number;
  workOn: (partition: number) => PartitionWork;
}

/** Reads all partitions of one peer. */
export class PeerReader {
  readonly region: string;
  readonly #clock: ReaderDeps['clock'];
  readonly #readers: readonly PartitionReader[];

  constructor(deps: ReaderDeps, options: PeerReaderOptions) {
    const { region, task, partitions, readsPerSecondMax, workOn } = options;
    this.region = region;
    this.#clock = deps.clock;
    const places = new Places(options.partitionsInFlightMax);
    const idleMs = Math.max(options.idleMs, (1_000 * partitions) / readsPerSecondMax);
    this.#readers = Array.from({ length: partitions }, (_, partition) => {
      const of = { region, partition, places, idleMs, task: `${task}-${region}` };
      return new PartitionReader(deps, { ...of, work: workOn(partition) });
    });
  }

  /**
   * How long ago this process last had everything of the partition that is furthest behind, of those that it
   * reads; null: it reads none.
   */
  get lagMs(): number | null {
    const since = this.#readers.flatMap(({ caughtUpAtMs }) => caughtUpAtMs ?? []);
    if (since.length === 0) return null;
    return Math.max(0, this.#clock.nowMs() - since.reduce((a, b) => Math.min(a, b)));
  }

  start(): void {
    for (const reader of this.#readers) reader.start();
  }

  /** Stops, waits for what is under way, and gives leases back. */
  async close(): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader.close()));
  }
}
