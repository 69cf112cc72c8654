import type { Transition } from '../../domain/transition.ts';
import { partitionOf } from '../../domain/version.ts';
import type { EventStream, Offset } from '../../stores/event-stream.ts';

/** Entries read at a time: the stream has others to serve. */
const readLengthMax = 1_000;

/**
 * What the event stream still tells of one profile, after an offset (null: from its oldest entry).
 *
 * Errors: STATE_UNAVAILABLE. Cost: the entries of the profile's partition, up to a week of them.
 */
export async function leftInStream(
  events: EventStream,
  of: { profileId: string; after: Offset | null },
): Promise<Transition[]> {
  const partition = partitionOf(of.profileId, events.partitions);
  const found: Transition[] = [];
  for (let { after } = of; ; ) {
    const entries = await events.read({ partition, after, limit: readLengthMax });
    for (const { transition } of entries) {
      // What another release appended may be anything.
      if (transition?.profileId === of.profileId) found.push(transition);
    }
    after = entries.at(-1)?.offset ?? after;
    if (entries.length < readLengthMax) return found;
  }
}
