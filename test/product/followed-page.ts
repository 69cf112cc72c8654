import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { endWith } from '../support/end-with.ts';
import { until } from '../support/until.ts';

/** What a page tells its reader to do, or to see. */
export type Step =
  | { kind: 'save'; path: string; text: string }
  | { kind: 'run'; text: string }
  | { kind: 'see'; text: string }
  | { kind: 'answer'; text: string };

const kinds = { sh: 'run', text: 'see', json: 'answer' } as const;

/** Every fenced block of a page in its order: a file is one below "Save as `path`:". */
export function stepsOf(page: string): Step[] {
  const fences = page.matchAll(/(?:^Save as `([^`]+)`:\n\n)?^```(\w+)\n(.*?)^```$/gms);
  return [...fences].flatMap(([, path, language = '', text = '']): Step[] => {
    if (path !== undefined) return [{ kind: 'save', path, text }];
    const kind = kinds[language as keyof typeof kinds];
    return kind === undefined ? [] : [{ kind, text }];
  });
}

/** Longest that a reader waits for a command, or for what it says. */
const patienceMs = 120_000;

/** A reader: one shell in one folder, in which the commands of a page run as they stand there. */
export class Reader {
  readonly #folder: string;
  readonly #shell: ChildProcess;
  readonly #ended: Promise<unknown>;
  #output = '';
  /** Where the output of the last commands begins. */
  #from = 0;
  #commands = 0;

  constructor(folder: string, env: Record<string, string>) {
    this.#folder = folder;
    // A group of its own: what the page starts in the background ends with it, whatever happens.
    this.#shell = spawn('sh', ['-e'], { cwd: folder, env, detached: true });
    this.#ended = once(this.#shell, 'exit');
    if (this.#shell.pid !== undefined) endWith(process.pid, this.#shell.pid);
    for (const stream of [this.#shell.stdout, this.#shell.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#output += chunk;
      });
    }
    this.#shell.stdin?.write("trap 'kill $(jobs -p) 2>/dev/null' EXIT\n");
  }

  /** What the last commands, and what runs in the background, wrote since these began. */
  get output(): string {
    return this.#output.slice(this.#from);
  }

  async save(path: string, text: string): Promise<void> {
    const file = join(this.#folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }

  /** Errors: rejects when a command fails. */
  async run(commands: string): Promise<void> {
    this.#commands += 1;
    const file = `step-${this.#commands}.sh`;
    const done = `done with ${file}`;
    await this.save(file, commands);
    this.#from = this.#output.length;
    this.#shell.stdin?.write(`. ./${file}\nprintf '\\n%s\\n' '${done}'\n`);
    await this.sees(done);
  }

  /** Errors: rejects when it does not come to be written. */
  async sees(text: string): Promise<void> {
    const isThere = () => {
      if (this.#shell.exitCode !== null) throw new Error(`A command failed:\n${this.output}`);
      return this.output.includes(text);
    };
    await until(isThere, { what: text, deadlineMs: patienceMs }).catch((cause: unknown) => {
      throw new Error(`Expected ${JSON.stringify(text)} in:\n${this.output}`, { cause });
    });
  }

  async leave(): Promise<void> {
    this.#shell.stdin?.end();
    const { pid } = this.#shell;
    if (pid !== undefined && this.#shell.exitCode === null) await this.#ended;
    try {
      if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    } catch {
      // Nobody of the group is left, which is as it should be.
    }
  }
}
