import { activityTimeMs } from '../../domain/version.ts';
import type { AcceptedEntry, AcceptedStream, ReadPoint } from '../../stores/accepted-stream.ts';
import type { Erasing } from '../../stores/erasures.ts';

/** Entries read at a time: the stream has others to serve. */
const readLengthMax = 1_000;

/**
 * How many entries of what a region accepted still tell other regions something of a profile that is not
 * newer than its fence. An entry that only says that it was erased tells nothing.
 *
 * Errors: STATE_UNAVAILABLE. Cost: all entries of the partition, as many as the stream keeps.
 */
export async function leftInAccepted(
  accepted: AcceptedStream,
  { partition, ...erasing }: Erasing & { partition: number },
): Promise<number> {
  let [count, from]: [number, ReadPoint | null] = [0, null];
  for (;;) {
    const { entries } = await accepted.read({ partition, from, limit: readLengthMax });
    count += entries.filter((entry) => tellsOf(entry, erasing)).length;
    const last = entries.at(-1);
    if (last === undefined || entries.length < readLengthMax) return count;
    from = { offset: last.offset, isSeen: false };
  }
}

function tellsOf(entry: AcceptedEntry, { profileId, fence }: Erasing): boolean {
  if ('refusal' in entry || entry.change.profileId !== profileId) return false;
  const { writes, sessions } = entry.change;
  return (
    writes.some(({ playhead, visibility }) =>
      [playhead, visibility].some((register) => register !== null && register.version < fence),
    ) || sessions.some(({ lastHeartbeatAtMs }) => lastHeartbeatAtMs <= activityTimeMs(fence))
  );
}
