import type { CardLine, PlayLine, RowLine } from '../../domain/interaction.ts';
import { featureNames, visitFeatureNames } from '../../subgraphs/recommendations/features.ts';

export const startMs = Date.UTC(2026, 0, 5, 19);
export const minuteMs = 60_000;

export function playLine(show: string, atMin: number, changed: Partial<PlayLine> = {}): PlayLine {
  const startedAtMs = startMs + atMin * minuteMs;
  return {
    ...{ kind: 'play', v: 1, profile: 'p', account: 'acc', show, title: `${show}-1` },
    ...{ isFilm: false, deviceKind: 'TV', startedAtMs, endedAtMs: startedAtMs + 40 * minuteMs },
    ...{ watchedMs: 40 * minuteMs, positionMs: 40 * minuteMs, durationMs: 50 * minuteMs },
    ...{ hasNext: true, from: null, ...changed },
  };
}

/** Its first feature is the card's number, from 1; the others are unknown. */
function card(show: string, recencyPlace: number, scored = true): CardLine {
  const features = featureNames.map((_, index) => (index === 0 ? recencyPlace + 1 : null));
  return {
    ...{ show, title: `${show}-1`, kind: 'EPISODE', score: 0.5, utility: 1, recencyPlace },
    features: scored ? features : null,
  };
}

export function rowLine(rankingId: string, atMin: number, changed: Partial<RowLine> = {}): RowLine {
  return {
    ...{ kind: 'row', v: 1, atMs: startMs + atMin * minuteMs, rankingId, profile: 'p' },
    ...{ account: 'acc', deviceKind: 'TV', ranker: 'linear-1', modelHash: 'h', featureNames },
    ...{ propensity: 1, cards: [card('b', 1), card('a', 0), card('c', 2, false)] },
    visit: {
      featureNames: visitFeatureNames,
      features: visitFeatureNames.map((name) => (name === 'device_switch' ? 1 : Math.log(13))),
    },
    ...{ continuationProbability: 0.7, ...changed },
  };
}
