import type { Transition } from '../domain/transition.ts';
import { partitionOf, sessionVersion } from '../domain/version.ts';
import type { EventStream } from '../stores/event-stream.ts';
import type { TitlesSource } from '../subgraphs/catalog/titles.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const filmMs = 100 * minuteMs;
/** Entries appended in one go. */
const chunkLength = 1_000;

/** Films `mov_0` … of 100 minutes. */
export function films(count: number): TitlesSource {
  const movies = Array.from({ length: count }, (_, index) => ({
    ...{ id: `mov_${index}`, title: `Film ${index}`, durationMs: filmMs },
  }));
  return { movies, series: [] };
}

interface Sitting {
  profileId: string;
  title: string;
  startedAtMs: number;
  deviceKind: string;
}

/** What playback tells at one moment of a sitting. */
function moment(
  { profileId, title, startedAtMs, deviceKind }: Sitting,
  at: { kind: Transition['kind']; afterMs: number },
): Transition {
  const deviceId = `${profileId}-${deviceKind}`;
  const sessionId = `${title}-${startedAtMs}`;
  const occurredAtMs = startedAtMs + at.afterMs;
  return {
    ...{ kind: at.kind, profileId, title, occurredAtMs, status: 'IN_PROGRESS', sessionId },
    version: sessionVersion({ activityAtMs: occurredAtMs, deviceId, sessionId }),
    ...{ positionMs: at.afterMs, durationMs: filmMs },
    device: { id: deviceId, kind: deviceKind, name: 'A device' },
  };
}

/** A profile that has this many plays behind it, spread over as many titles, the last one an hour ago. */
export function profileHistory(of: {
  profileId: string;
  plays: number;
  titles: number;
  nowMs: number;
}): Transition[] {
  return Array.from({ length: of.plays }, (_, index) => {
    const sitting: Sitting = {
      profileId: of.profileId,
      title: `mov_${(index * 7) % of.titles}`,
      // A few hours apart, so that every title is younger than two months.
      startedAtMs: of.nowMs - (of.plays - index) * 2.5 * hourMs,
      deviceKind: index % 3 === 0 ? 'PHONE' : 'TV',
    };
    const lengthMs = (10 + (index % 50)) * minuteMs;
    return [
      moment(sitting, { kind: 'START', afterMs: 0 }),
      moment(sitting, { kind: 'PAUSE', afterMs: lengthMs }),
    ];
  }).flat();
}

/**
 * Appends an evening as the stream sees it: everybody plays at once, so that neighbours in a partition
 * are of different profiles; a progress event each quarter of a minute, a new title each half an hour.
 */
export async function appendEvening(
  events: EventStream,
  of: { profiles: number; entries: number; nowMs: number },
): Promise<void> {
  const waiting: Transition[][] = Array.from({ length: events.partitions }, () => []);
  const flush = async (partition: number) => {
    await events.append({ partition, transitions: waiting[partition]?.splice(0) ?? [] });
  };
  for (let index = 0; index < of.entries; index += 1) {
    const step = Math.floor(index / of.profiles);
    const profileId = `viewer-${index % of.profiles}`;
    const title = Math.floor(step / 120);
    const afterMs = (step % 120) * 15_000;
    const sitting: Sitting = {
      ...{ profileId, title: `mov_${title}`, deviceKind: 'TV' },
      startedAtMs: of.nowMs + title * 1_800_000,
    };
    const kind = afterMs === 0 ? 'START' : 'PROGRESS';
    const partition = partitionOf(profileId, events.partitions);
    waiting[partition]?.push(moment(sitting, { kind, afterMs }));
    if (waiting[partition]?.length === chunkLength) await flush(partition);
  }
  for (let partition = 0; partition < events.partitions; partition += 1) await flush(partition);
}
