import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import type { Closable } from '../runtime/shutdown.ts';

/** How often the file is looked at: a new graph is not urgent, and a look costs one `stat`. */
const lookEveryMs = 1_000;

export interface FollowParts {
  clock: Clock;
  log: Logger;
  /** Errors: throws for what could not be served. */
  check: (text: string) => Promise<void>;
  /** `text` is the new one by then. */
  serve: () => Promise<void>;
  count: (outcome: 'loaded' | 'refused') => void;
}

/** The supergraph in a file that somebody else writes, and may replace at any time. */
export class SupergraphFile {
  readonly #path: string | URL;
  #text = '';
  #hash = '';
  /** What the file looked like when it was read last, whether or not it was usable. */
  #stamp = '';

  private constructor(path: string | URL) {
    this.#path = path;
  }

  /** Errors: rejects when it cannot be read. */
  static async open(path: string | URL): Promise<SupergraphFile> {
    const file = new SupergraphFile(path);
    file.#stamp = await file.#look();
    file.#text = await readFile(path, 'utf8');
    file.#hash = hashOf(file.#text);
    return file;
  }

  /** The one that is served. */
  get text(): string {
    return this.#text;
  }

  /**
   * Looks at the file again and again, by its name: a watcher of the system's would lose it with the first
   * atomic rename. A file that is missing, or not usable, changes nothing: the graph before is served on.
   *
   * `close()` waits for a reload under way; idempotent.
   */
  follow(parts: FollowParts): Closable {
    let isClosed = false;
    let cancel = () => {};
    let looking = Promise.resolve();
    const schedule = () => {
      if (!isClosed) cancel = parts.clock.after(lookEveryMs, look);
    };
    const look = () => {
      looking = this.#follow(parts).then(schedule);
    };
    schedule();
    return {
      async close() {
        isClosed = true;
        cancel();
        await looking;
      },
    };
  }

  async #follow({ log, check, serve, count }: FollowParts): Promise<void> {
    const before = { text: this.#text, hash: this.#hash };
    try {
      const stamp = await this.#look();
      if (stamp === this.#stamp) return;
      this.#stamp = stamp;
      const text = await readFile(this.#path, 'utf8');
      if (hashOf(text) === before.hash) return;
      await check(text);
      this.#text = text;
      this.#hash = hashOf(text);
      await serve();
      count('loaded');
      log.info({ hash: this.#hash }, 'another supergraph is served');
    } catch (error) {
      this.#text = before.text;
      this.#hash = before.hash;
      // Between two steps of whoever replaces it there may be no file.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      count('refused');
      log.error({ err: error }, 'the new supergraph is not usable: the one before is served on');
    }
  }

  async #look(): Promise<string> {
    const { mtimeMs, size, ino } = await stat(this.#path);
    return `${mtimeMs} ${size} ${ino}`;
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
