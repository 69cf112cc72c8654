/** A longer line is no line of any log or export, but a file of another kind, or one broken throughout. */
const lineLengthMax = 1 << 20;

/**
 * Lines of a file of any size, in batches, with the byte-order mark taken off.
 *
 * Shape: UTF-8, UTF-16 with a mark (or plainly of that width), else Windows-1252; lines end with `\n`,
 * `\r\n` or `\r`. A line beyond 1 MiB is cut there and answered in pieces.
 * Cost: one chunk and one line in memory.
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  let decoder: TextDecoder | null = null;
  let rest = '';
  for await (const chunk of chunks) {
    decoder ??= new TextDecoder(encodingOf(chunk));
    const text = rest + decoder.decode(chunk, { stream: true });
    // A `\r` at the very end may be the first half of a line's end.
    const end = text.endsWith('\r') ? text.length - 1 : text.length;
    const lines = text.slice(0, end).split(/\r\n|\n|\r/);
    rest = (lines.pop() as string) + text.slice(end);
    if (rest.length > lineLengthMax) {
      lines.push(rest.slice(0, lineLengthMax));
      rest = '';
    }
    if (lines.length > 0) yield lines;
  }
  rest += decoder?.decode() ?? '';
  const last = rest.replace(/[\r\n]+$/, '');
  if (last !== '') yield [last];
}

/** By the mark, by the zeros between letters, or by what is no UTF-8. */
function encodingOf(chunk: Uint8Array): string {
  const [first, second, third, fourth] = chunk;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  if (first !== 0 && second === 0 && third !== 0 && fourth === 0) return 'utf-16le';
  if (first === 0 && second !== 0 && third === 0 && fourth !== 0) return 'utf-16be';
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(chunk, { stream: true });
    return 'utf-8';
  } catch {
    return 'windows-1252';
  }
}
