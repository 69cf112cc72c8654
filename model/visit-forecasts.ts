import { visitFeatureNames } from '../subgraphs/recommendations/features.ts';
import { linearScores, UnscorableError } from '../subgraphs/recommendations/linear.ts';
import { sigmoid, type VisitModel } from '../subgraphs/recommendations/score.ts';
import { type Forecast, meanOf } from './metrics.ts';
import type { Split } from './split.ts';
import type { VisitExample } from './task.ts';
import { trainVisit } from './train-visit.ts';

/** One way to tell whether a visit continues something. */
export interface VisitForecasts {
  name: string;
  forecasts: Forecast[];
}

type Told = (visit: VisitExample) => number;

/** The running rate of the profile, a constant, and the logistic model, trained in each fold or given. */
export function visitForecasts(
  visits: readonly VisitExample[],
  { folds }: Split,
  given: VisitModel | null | undefined,
): VisitForecasts[] {
  const rateAt = visitFeatureNames.indexOf('prof_cont_rate');
  const told: VisitForecasts[] = ['constant', "profile's running rate", 'logistic'].map((name) => ({
    ...{ name, forecasts: [] },
  }));
  for (const { train, visits: tested } of folds) {
    const share = shareOf(train.visits.length > 0 ? train.visits : visits);
    const tellers: Told[] = [
      () => share,
      ({ features }) => features[rateAt] as number,
      given === undefined ? trainedTeller(train.visits) : givenTeller(given, share),
    ];
    for (const index of tested) {
      const visit = visits[index] as VisitExample;
      for (const [at, tell] of tellers.entries()) {
        told[at]?.forecasts.push({ probability: tell(visit), isTrue: visit.hasContinued });
      }
    }
  }
  return told.filter(({ name }) => name !== 'logistic' || given !== null);
}

function trainedTeller(examples: readonly VisitExample[]): Told {
  const { visit } = trainVisit(examples);
  const weights = {
    mean: Float64Array.from(visit.mean),
    sd: Float64Array.from(visit.sd),
    weight: Float64Array.from(visit.weight),
    missingWeight: Float64Array.from(visit.missingWeight),
  };
  return ({ features }) => sigmoid(visit.bias + (linearScores(weights, features, 1)[0] as number));
}

function givenTeller(model: VisitModel | null, share: number): Told {
  return ({ features }) => {
    if (model === null) return share;
    try {
      return model.probability(features);
    } catch (error) {
      if (error instanceof UnscorableError) return share;
      throw error;
    }
  };
}

function shareOf(visits: readonly VisitExample[]): number {
  return meanOf(visits.map(({ hasContinued }) => Number(hasContinued)));
}
