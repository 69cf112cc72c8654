import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LoadAnswer, LoadOrder } from './load-client.ts';

/** The process that sends heartbeats. */
export class LoadProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, 'exit').then(() => {
      throw new Error('The load client ended.');
    });
    this.#ended.catch(() => {});
  }

  static start(): LoadProcess {
    const file = fileURLToPath(new URL('load-client.ts', import.meta.url));
    const child = spawn(process.execPath, [file], {
      env: {},
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    return new LoadProcess(child);
  }

  /** Errors: what failed over there, and its end. */
  async tell<Kind extends LoadAnswer['kind']>(
    order: LoadOrder,
    expected: Kind,
  ): Promise<LoadAnswer & { kind: Kind }> {
    const answered = once(this.#child, 'message');
    this.#child.send(order);
    const [answer] = (await Promise.race([answered, this.#ended])) as [LoadAnswer];
    if (answer.kind === 'failed') throw new Error(`The load failed: ${answer.message}`);
    if (answer.kind !== expected) throw new Error(`The load client answered ${answer.kind}.`);
    return answer as LoadAnswer & { kind: Kind };
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.disconnect();
    await this.#ended.catch(() => {});
  }
}
