/** Where progress is shown: a terminal draws a bar over itself, anything else gets lines. */
export interface Output {
  isTTY?: boolean;
  write(text: string): unknown;
}

const barWidth = 30;
/** Lines for a log file: one for each of so many parts of the way. */
const lineParts = 10;

/** How far something has come. */
export class Progress {
  readonly #output: Output;
  #partsTold = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  /** `share` from 0 to 1. */
  show(share: number, text: string): void {
    const done = Math.min(1, share);
    const percent = `${Math.floor(100 * done)} %`.padStart(5);
    if (this.#output.isTTY === true) {
      const filled = Math.floor(barWidth * done);
      const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled);
      this.#output.write(`\r\u001b[K${bar} ${percent}  ${text}`);
      return;
    }
    const parts = Math.floor(lineParts * done);
    if (parts <= this.#partsTold) return;
    this.#partsTold = parts;
    this.#output.write(`${percent}  ${text}\n`);
  }

  /** The bar goes, what is written next stands in its place. */
  end(): void {
    if (this.#output.isTTY === true) this.#output.write('\r\u001b[K');
  }
}
