import type { Clock } from '../runtime/clock.ts';
import type { TokenVerifier, Viewer } from '../runtime/identity.ts';

/** How much longer than a new request a live operation may rely on a key that the issuer has removed. */
const lookEveryMs = 60_000;

export interface TokenWatch {
  verifier: TokenVerifier;
  clock: Clock;
}

/**
 * Calls `end` once when the token of a live connection ends: at its expiry, or soon after its key was
 * removed. A token that was never good is not watched; while the issuer's keys cannot be fetched, it is
 * looked at again.
 *
 * The answer stops watching. Cost: one timer, and a look-up a minute.
 */
export async function watchToken(
  { verifier, clock }: TokenWatch,
  authorization: string | undefined | null,
  end: () => void,
): Promise<() => void> {
  let cancel = () => {};
  let isStopped = false;
  const waitFor = (viewer: Viewer) => {
    const leftMs = viewer.expiresAtMs - clock.nowMs();
    const isSoon = leftMs <= lookEveryMs;
    cancel = clock.after(isSoon ? leftMs : lookEveryMs, isSoon ? end : () => void look(end));
  };
  const look = async (lost: () => void) => {
    const verdict = await verdictOf(verifier, authorization);
    if (isStopped) return;
    if (verdict === 'unknown') cancel = clock.after(lookEveryMs, () => void look(lost));
    else if (verdict === 'bad') lost();
    else waitFor(verdict);
  };
  await look(() => {});
  return () => {
    isStopped = true;
    cancel();
  };
}

async function verdictOf(
  verifier: TokenVerifier,
  authorization: string | undefined | null,
): Promise<Viewer | 'bad' | 'unknown'> {
  try {
    return (await verifier.verify(authorization)) ?? 'bad';
  } catch (error) {
    return (error as { retryable?: boolean }).retryable === true ? 'unknown' : 'bad';
  }
}
