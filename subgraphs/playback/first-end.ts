import { aliveUntilMs, type Presence } from '../../domain/presence.ts';
import type { PlaybackDeps } from './deps.ts';

/**
 * A session that falls silent ends without a word from anyone: looks again when the first of these would. The answer
 * cancels that; undefined: there are none.
 */
export function afterFirstEnd(
  alive: readonly Presence[],
  { policy, clock }: Pick<PlaybackDeps, 'policy' | 'clock'>,
  look: () => void,
): (() => void) | undefined {
  if (alive.length === 0) return undefined;
  const endMs = Math.min(...alive.map((session) => aliveUntilMs(session, policy)));
  return clock.after(Math.max(0, endMs - clock.nowMs()), look);
}
