import type { InteractionLine } from '../domain/interaction.ts';

/** By pseudonym, the time (Unix epoch, ms) up to which its lines go. */
export type ErasedPseudonyms = ReadonlyMap<string, number>;

/**
 * The interaction log of this machine, as an operator sees it; it is written by the recommendations
 * subgraph alone.
 *
 * Errors: those of the file system. Everything is safe to repeat.
 * Cost: every line of the log is read.
 */
export interface Interactions {
  /** Where it is: other machines that serve rows have one of their own. */
  readonly place: string;
  /** The lines under this pseudonym, in the order of the days. */
  of(pseudonym: string): Promise<InteractionLine[]>;
  /** Removes the lines under these pseudonyms that are not later, and answers how many there were. */
  erase(pseudonyms: ErasedPseudonyms): Promise<number>;
}

/** When what a line tells of began. */
export function beginningOf(line: InteractionLine): number {
  return line.kind === 'row' ? line.atMs : line.startedAtMs;
}
