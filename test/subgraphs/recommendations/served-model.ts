import { sealArtifact } from '../../../model/seal.ts';
import type { Artifact, LinearPart } from '../../../subgraphs/recommendations/artifact.ts';
import { featureNames, visitFeatureNames } from '../../../subgraphs/recommendations/features.ts';

type Weights = Readonly<Record<string, number>>;

/** A linear model of the features that are served: these weights, on features as they are. */
export function servedModel(
  weights: Weights,
  { visit = {}, name = 'linear-7' }: { visit?: Weights; name?: string } = {},
): Artifact {
  return sealArtifact({
    ...{ version: 1, kind: 'linear', name, featureNames, visitFeatureNames, temperature: 1 },
    ranking: { linear: partOf(featureNames, weights), trees: null },
    visit: { ...partOf(visitFeatureNames, visit), bias: 0.25 },
    card: { made: 'for a test' },
  });
}

function partOf(names: readonly string[], weights: Weights): LinearPart {
  return {
    mean: names.map(() => 0),
    sd: names.map(() => 1),
    weight: names.map((name) => weights[name] ?? 0),
    missingWeight: names.map(() => 0),
  };
}
