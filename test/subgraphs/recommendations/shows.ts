import type { Transition } from '../../../domain/transition.ts';
import { foldTransition, type Viewing } from '../../../domain/viewing.ts';
import { candidatesOf } from '../../../subgraphs/recommendations/candidates.ts';
import type { TitleFacts } from '../../../subgraphs/recommendations/catalog-client.ts';
import { rankByRecency } from '../../../subgraphs/recommendations/rank.ts';
import { defaultRowPolicy } from '../../../subgraphs/recommendations/row-policy.ts';
import type { DeviceKind } from '../../../subgraphs/recommendations/schema.generated.ts';
import { noonMs } from '../../support/manual-clock.ts';

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

export const film = (durationMs: number | null = 100 * minuteMs): TitleFacts => ({
  kind: 'film',
  durationMs,
});

/** Episodes `<show>_1` … `<show>_n` of one series; `releasedMs` is when the last one came out. */
export function series(
  showId: string,
  options: { episodes: number; durationMs?: number; lastReleasedMs?: number },
): [string, TitleFacts][] {
  const { episodes, durationMs = 60 * minuteMs, lastReleasedMs = null } = options;
  const next = (number: number) =>
    number > episodes
      ? null
      : {
          id: `${showId}_${number}`,
          seasonNumber: 1,
          episodeNumber: number,
          availableFromMs: number === episodes ? lastReleasedMs : null,
        };
  return Array.from({ length: episodes }, (_, index) => [
    `${showId}_${index + 1}`,
    { kind: 'episode', durationMs, seriesId: showId, next: next(index + 2) },
  ]);
}

export function fold(transitions: readonly Transition[]): Viewing[] {
  const viewings = new Map<string, Viewing>();
  for (const one of transitions) {
    viewings.set(one.title, foldTransition(viewings.get(one.title) ?? null, one));
  }
  return [...viewings.values()];
}

export interface Scene {
  transitions: readonly Transition[];
  facts: Iterable<readonly [string, TitleFacts | null]>;
  nowMs?: number;
  deviceKind?: DeviceKind;
}

/** What may be in the row after what happened, by the pure rules alone. */
export function candidatesAfter({ transitions, facts, nowMs = noonMs, deviceKind }: Scene) {
  const question = { nowMs, deviceKind: deviceKind ?? null, policy: defaultRowPolicy };
  return candidatesOf({ viewings: fold(transitions), facts: new Map(facts) }, question);
}

/** The same, in the order of recency. */
export function rowOf(scene: Scene) {
  return rankByRecency(candidatesAfter(scene), defaultRowPolicy);
}

/** `kind playableId` of each card, in order. */
export function cardsOf(scene: Scene): string[] {
  return rowOf(scene).cards.map(({ kind, playableId }) => `${kind} ${playableId}`);
}
