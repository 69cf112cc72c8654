import type { Transition } from '../../../domain/transition.ts';
import type { TitlesSource } from '../../../subgraphs/catalog/titles.ts';
import { transition } from '../../support/transitions.ts';
import { minuteMs } from './shows.ts';

/** One sitting before one title, as playback tells of it: begun at its start, paused at its end. */
export function played(
  title: string,
  at: { startedAtMs: number; minutes?: number; deviceKind?: string; profileId?: string },
): Transition[] {
  const { startedAtMs, minutes = 20, deviceKind = 'TV', profileId = 'demo' } = at;
  const own = { title, deviceKind, profileId, durationMs: 100 * minuteMs };
  const sessionId = `${title}-${startedAtMs}`;
  const lengthMs = minutes * minuteMs;
  return [
    transition({ kind: 'START', ...own, sessionId, occurredAtMs: startedAtMs, positionMs: 0 }),
    transition({
      ...{ kind: 'PAUSE', ...own, sessionId },
      ...{ occurredAtMs: startedAtMs + lengthMs, positionMs: lengthMs },
    }),
  ];
}

/** A catalog of as many films of 100 minutes: `mov_0`, `mov_1`, … */
export function films(count: number): TitlesSource {
  const movies = Array.from({ length: count }, (_, index) => ({
    ...{ id: `mov_${index}`, title: `Film ${index}`, durationMs: 100 * minuteMs },
  }));
  return { movies, series: [] };
}
