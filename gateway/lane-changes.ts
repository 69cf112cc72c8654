import type { GatewayRuntime } from '@graphql-hive/gateway-runtime';
import type { Clock } from '../runtime/clock.ts';

/** How soon after a change that failed the lane looks whether the normal lane has a graph. */
const againMs = 1_000;

export interface LaneChangesParts {
  clock: Clock;
  /** From now on nothing is forwarded. */
  suspend(): void;
  /** The runtime serves the supergraph of now. */
  resume(): void;
}

/**
 * Keeps the lane away while the supergraph changes. After a change that failed it comes back with the first
 * graph that the runtime can serve: as a rule that of before, which whoever changes it has put back by then.
 */
export class LaneChanges {
  readonly #parts: LaneChangesParts;
  /** Another one with each change: an earlier one brings the lane back no more. */
  #latest = {};
  #cancel = () => {};

  constructor(parts: LaneChangesParts) {
    this.#parts = parts;
  }

  /** Errors: rejects as `change` does. */
  async during(
    gateway: Pick<GatewayRuntime, 'getSchema'>,
    change: () => Promise<void>,
  ): Promise<void> {
    this.close();
    const latest = this.#latest;
    this.#parts.suspend();
    // Changed once more, it is certainly what stands in the file that the runtime serves; if it is already, nothing happens.
    const attempt = async () => {
      await change();
      await gateway.getSchema();
      if (latest === this.#latest) this.#parts.resume();
    };
    const again = () => {
      if (latest !== this.#latest) return;
      this.#cancel = this.#parts.clock.after(againMs, () => void attempt().catch(again));
    };
    await attempt().catch((error: unknown) => {
      again();
      throw error;
    });
  }

  /** Whatever has failed is not tried again. */
  close(): void {
    this.#latest = {};
    this.#cancel();
  }
}
