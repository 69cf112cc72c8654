/** Whose turn it is in a world: runs come one after the other. */
export class Turns {
  #end = async () => {};

  /**
   * Another one's turn, which `end` ends. The one before ends first, if it has not: the load of a
   * case that failed would go on, and what it keeps dirty would be laid at the next one's door.
   */
  async next(end: () => Promise<void>): Promise<void> {
    await this.#end();
    this.#end = end;
  }

  /** Nobody's any more. */
  async close(): Promise<void> {
    await this.next(async () => {});
  }
}
