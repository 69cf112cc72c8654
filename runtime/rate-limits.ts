import { PlatformError } from '../domain/errors.ts';
import type { RateKind, RateLimit, RateTake } from '../domain/rate-limit.ts';

/** Where buckets are kept; stores/rate-limiter.ts says what it promises. */
interface Limiter {
  take(take: RateTake): Promise<number>;
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
    const limit = this.#options.limits[kind] ?? null;
    if (limit === null) return;
    const waitMs = await this.#options.limiter.take({ kind, id, count, limit });
    if (waitMs === 0) return;
    this.#refused.set(kind, (this.#refused.get(kind) ?? 0) + 1);
    const message = `This ${kind} asks for too much: ${limit.perS} a second are allowed, ${limit.burst} at once.`;
    throw new PlatformError(message, { code: 'RATE_LIMITED', retryAfterMs: waitMs });
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
