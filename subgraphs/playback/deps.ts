import type { Policy } from '../../domain/policy.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Signer } from '../../runtime/identity.ts';
import type { Logger } from '../../runtime/log.ts';
import type { RateLimits } from '../../runtime/rate-limits.ts';
import type { HotStore } from '../../stores/hot-store.ts';
import type { Fences } from './fences.ts';
import type { ProfileReader } from './hydrate.ts';
import type { WritePath } from './write-path.ts';

/** Everything the operations of this subgraph work with; `main.ts` puts it together. */
export interface PlaybackDeps {
  hot: HotStore;
  reader: ProfileReader;
  writePath: WritePath;
  /** Of devices. */
  rates: Pick<RateLimits, 'admit'>;
  clock: Clock;
  policy: Policy;
  signer: Signer;
  /** Fresh randomness for a change by hand. */
  nonce: () => string;
  log: Logger;
  /** Which profiles were erased. Left out: none ever was. */
  fences?: Pick<Fences, 'of'>;
}
