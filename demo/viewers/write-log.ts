import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type SimulatedLog, simulatedAccounts } from '../../model/viewers/accounts.ts';
import { FiguresOfLog, type LogFigures } from '../../model/viewers/figures.ts';

/**
 * Writes an interaction log of invented viewers, account by account as they are drawn.
 *
 * Shape: the same options, the same file to the byte.
 * Errors: what the file system says; a file that is there is replaced.
 */
export async function writeLog(
  file: string,
  options: SimulatedLog,
  onAccount: (done: number) => void,
): Promise<LogFigures> {
  const figures = new FiguresOfLog();
  async function* texts() {
    let done = 0;
    for (const lines of simulatedAccounts(options)) {
      figures.addAccount(lines);
      yield lines.map((line) => `${JSON.stringify(line)}\n`).join('');
      done += 1;
      onAccount(done);
    }
  }
  await pipeline(Readable.from(texts()), createWriteStream(file));
  return figures.figures;
}
