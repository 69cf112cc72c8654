/** A longer line is no line of any log or export, but a file of another kind, or one broken throughout. */
const lineLengthMax = 1 << 20;

/**
 * Lines of a file of any size, in batches, with the byte-order mark taken off.
 *
 * Shape: UTF-8, UTF-16, or Windows-1252 where the first letters beyond ASCII are no UTF-8; lines end with
 * `\n`, `\r\n` or `\r`. A line beyond 1 MiB is answered in pieces.
 * Cost: one chunk and one line in memory.
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  const text = new Text();
  for await (const chunk of chunks) {
    const lines = text.add(chunk);
    if (lines.length > 0) yield lines;
  }
  const last = text.end();
  if (last !== '') yield [last];
}

class Text {
  #decoder: TextDecoder | null = null;
  #rest = '';

  add(chunk: Uint8Array): string[] {
    const text = this.#rest + this.#decoded(chunk);
    // A `\r` at the very end may be the first half of a line's end.
    const end = text.endsWith('\r') ? text.length - 1 : text.length;
    const lines = text.slice(0, end).split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() as string) + text.slice(end);
    if (this.#rest.length <= lineLengthMax) return lines;
    lines.push(this.#rest);
    this.#rest = '';
    return lines;
  }

  /** The line that nothing ended. */
  end(): string {
    return (this.#rest + (this.#decoder?.decode() ?? '')).replace(/[\r\n]+$/, '');
  }

  #decoded(chunk: Uint8Array): string {
    if (this.#decoder === null) {
      const encoding = encodingOf(chunk);
      if (encoding === null) return Buffer.from(chunk).toString('latin1');
      this.#decoder = new TextDecoder(encoding);
    }
    return this.#decoder.decode(chunk, { stream: true });
  }
}

/** By the mark, by the zeros between letters, or by what is no UTF-8; null: nothing tells yet. */
function encodingOf(chunk: Uint8Array): string | null {
  const [first, second, third, fourth] = chunk;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  if (first !== 0 && second === 0 && third !== 0 && fourth === 0) return 'utf-16le';
  if (first === 0 && second !== 0 && third === 0 && fourth !== 0) return 'utf-16be';
  if (chunk.every((byte) => byte < 0x80)) return null;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(chunk, { stream: true });
    return 'utf-8';
  } catch {
    return 'windows-1252';
  }
}
