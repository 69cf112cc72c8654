import { featuresOf, visitFeaturesOf } from './features.ts';
import { History } from './history.ts';
import { createOnlineCorrection } from './online.ts';
import { type Models, probabilities, scoredMax } from './score.ts';

const hourMs = 3_600_000;
const playsEach = 4;
/** By then the machine has compiled what it runs. */
const rounds = 60;

/**
 * Scores some made-up rows, so that the first real one does not take longer than it may.
 *
 * Errors: what the model throws: one that cannot score this cannot score anything.
 */
export function warmUp({ ranking, visit }: Models): void {
  const history = new History();
  const ids = Array.from({ length: scoredMax }, (_, index) => `show-${index}`);
  for (let turn = 0; turn < playsEach * scoredMax; turn += 1) {
    const startedAtMs = turn * hourMs;
    history.add({
      ...{ showId: ids[turn % scoredMax] as string, title: `title-${turn}`, startedAtMs },
      ...{ endedAtMs: startedAtMs + hourMs / 2, watchedMs: hourMs / 2 },
      ...{ deviceKind: turn % 3 === 0 ? 'TV' : 'PHONE', progress: (turn % 10) / 10 },
    });
  }
  const shows = ids.map((showId, index) => ({
    ...{
      showId,
      isFilm: index % 2 === 0,
      lastActiveMs: index * hourMs,
      progress: index / scoredMax,
    },
    ...{ remainingMin: index, hasNext: index % 3 === 0, hasNew: false, watchedBy: null },
  }));
  const correction = createOnlineCorrection(ranking);
  const state = correction.empty();
  for (let round = 0; round < rounds; round += 1) {
    const nowMs = (playsEach * scoredMax + round) * hourMs;
    const question = { nowMs, deviceKind: 'TV', history, shows };
    const features = featuresOf(question);
    const utilities = ranking.utilities(features, scoredMax);
    const corrected = correction.correct({ features, count: scoredMax, utilities }, state);
    probabilities(corrected, ranking.temperature);
    ranking.contributions(features, round % scoredMax);
    visit?.probability(visitFeaturesOf(question));
  }
}
