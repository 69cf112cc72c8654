import { PlatformError } from '../domain/errors.ts';
import type { RateKind, RateLimit, RateTake } from '../domain/rate-limit.ts';
import { type AtOnce, after } from './at-once.ts';

/** Where buckets are kept; stores/rate-limiter.ts says what it promises. */
interface Limiter {
  take(take: RateTake): AtOnce<number>;
}

export interface RateLimitsOptions {
  limiter: Limiter;
  /** A kind that is not here, or null, is not counted. */
  limits: Partial<Record<RateKind, RateLimit | null>>;
  /** Of the counter; no two parts of a process have the same. */
  metricName: string;
}

/** The limits that one part of the product puts on its clients, and how often they refused. */
export class RateLimits {
  readonly #options: RateLimitsOptions;
  readonly #refused = new Map<RateKind, number>();

  constructor(options: RateLimitsOptions) {
    this.#options = options;
  }

  /**
   * Counts `count` more of this device, profile or address.
   *
   * Errors: PlatformError RATE_LIMITED with `retryAfterMs`; nothing was counted then.
   * Cost: a look-up; one round trip to a shared store for who asks for much.
   */
  async admit(kind: RateKind, id: string, count = 1): Promise<void> {
    const refusal = await this.refusal(kind, id, count);
    if (refusal !== null) throw refusal;
  }

  /** What `admit` throws; null: they were counted. At once, unless a shared store has to be asked. */
  refusal(kind: RateKind, id: string, count = 1): AtOnce<PlatformError | null> {
    const limit = this.#options.limits[kind] ?? null;
    if (limit === null) return null;
    const taken = this.#options.limiter.take({ kind, id, count, limit });
    return after(taken, (waitMs) => (waitMs === 0 ? null : this.#refuse(kind, { limit, waitMs })));
  }

  #refuse(kind: RateKind, { limit, waitMs }: { limit: RateLimit; waitMs: number }): PlatformError {
    this.#refused.set(kind, (this.#refused.get(kind) ?? 0) + 1);
    const message = `This ${kind} asks for too much: ${limit.perS} a second are allowed, ${limit.burst} at once.`;
    return new PlatformError(message, { code: 'RATE_LIMITED', retryAfterMs: waitMs });
  }

  /** Prometheus' text format; whose requests they were is nobody's business there. */
  metrics(): string {
    const { metricName, limits } = this.#options;
    const kinds = Object.keys(limits) as RateKind[];
    return [
      `# HELP ${metricName} Requests that were refused because there were too many of a kind.`,
      `# TYPE ${metricName} counter`,
      ...kinds.map((kind) => `${metricName}{kind="${kind}"} ${this.#refused.get(kind) ?? 0}`),
      '',
    ].join('\n');
  }
}
