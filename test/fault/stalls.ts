import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'cassandra-driver';
import type { Redis } from 'ioredis';
import type { History, Span } from './history.ts';
import type { Target } from './players.ts';

/** Well beyond what a probe takes on a machine that has time for it (1 to 30 ms). */
const stallMs = 300;
const probeEveryMs = 250;
/** Of the timer that shows whether everything stood still at once, when there is nobody to answer late. */
const tickMs = 50;
/** What a stall leads to (an open breaker, a look for what is owed) is over by then. */
const aftermathMs = 4_000;

export interface Probe {
  name: string;
  /** What may be noticed when it is slow, and where; null: everywhere. */
  troubles: readonly Span['what'][];
  region: string | null;
  ask: () => Promise<unknown>;
}

/** Parts of a region, or of the world if it has but one. */
export function probesOf(parts: {
  region: string | null;
  redis: Redis;
  cassandra: Client;
  targets: readonly Target[];
}): Probe[] {
  const { region, redis, cassandra, targets } = parts;
  const where = region === null ? '' : ` of ${region}`;
  return [
    { name: `Redis${where}`, region, troubles: ['hot', 'apart'], ask: () => redis.ping() },
    {
      name: `Cassandra${where}`,
      region,
      troubles: ['durable'],
      ask: () => cassandra.execute('SELECT key FROM system.local'),
    },
    ...targets.map(({ name, url }): Probe => {
      const ask = async () => (await fetch(new URL('/health/live', url))).text();
      return { name: `process ${name}`, region, troubles: ['hot', 'apart', 'durable'], ask };
    }),
  ];
}

/**
 * Tells trouble that a scenario makes from trouble that the machine makes: while anything that is not
 * under test takes as long as a hung one, answers may say that something is wrong. That is written into
 * the history and printed; what must never be lost must not be lost then either.
 */
export class StallWatch {
  readonly #history: History;
  readonly #watching: Promise<void>[];
  readonly #longestMs = new Map<string, number>();
  #isEnded = false;

  constructor(history: History, probes: readonly Probe[]) {
    this.#history = history;
    this.#watching = [...probes.map((probe) => this.#watch(probe)), this.#watchMachine()];
  }

  /** Idempotent. */
  async end(): Promise<void> {
    if (this.#isEnded) return;
    this.#isEnded = true;
    await Promise.all(this.#watching);
    for (const [name, ms] of this.#longestMs) {
      process.stdout.write(`the machine stalled: ${name}, up to ${ms.toFixed(0)} ms\n`);
    }
  }

  async #watch({ name, troubles, region, ask }: Probe): Promise<void> {
    while (!this.#isEnded) {
      const fromMs = this.#history.nowMs();
      const hasAnswered = await ask().then(
        () => true,
        () => false,
      );
      const toMs = this.#history.nowMs();
      // Whoever does not answer at all is broken on purpose: that is the scenario's to declare.
      if (hasAnswered) this.#judge({ name, troubles, region }, { fromMs, toMs });
      await delay(probeEveryMs);
    }
  }

  /** A machine that stands still between two probes delays neither of them, but any timer. */
  async #watchMachine(): Promise<void> {
    const troubles = ['hot', 'apart', 'durable'] as const;
    while (!this.#isEnded) {
      const fromMs = this.#history.nowMs();
      await delay(tickMs);
      const toMs = this.#history.nowMs();
      this.#judge({ name: 'the machine', troubles, region: null }, { fromMs, toMs });
    }
  }

  #judge(
    { name, troubles, region }: Omit<Probe, 'ask'>,
    { fromMs, toMs }: { fromMs: number; toMs: number },
  ): void {
    if (toMs - fromMs <= stallMs) return;
    this.#longestMs.set(name, Math.max(toMs - fromMs, this.#longestMs.get(name) ?? 0));
    for (const what of troubles) {
      this.#history.trouble(what, { fromMs, toMs: toMs + aftermathMs, region });
    }
  }
}
