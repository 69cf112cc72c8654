import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { ModelCard } from '../../model/card.ts';
import { interactionLogOf } from '../../model/interaction-log.ts';
import { meanMeasures, measuresOf } from '../../model/metrics.ts';
import { artifactText } from '../../model/seal.ts';
import { taskOf } from '../../model/task-from-plays.ts';
import { simulatedAccounts } from '../../model/viewers/accounts.ts';
import type { Artifact } from '../../subgraphs/recommendations/artifact.ts';
import { probabilities, readModels } from '../../subgraphs/recommendations/score.ts';

const text = readFileSync('model/continue-watching.v1.json', 'utf8');
const artifact = JSON.parse(text) as Artifact & { card: ModelCard };
const { ranking, visit } = readModels(artifact);

describe('the model that comes with the product', () => {
  it('is what npm run train writes, with both models', () => {
    expect(text).toBe(artifactText(artifact));
    expect(ranking.kind).toBe('linear');
    expect(visit).not.toBeNull();
  });

  it('says that its viewers were simulated, by name and card', () => {
    expect(ranking.name).toBe('linear-sim-1');
    expect(artifact.card.data.source).toBe('simulated viewers');
    expect(artifact.card.caution).toContain('Nothing is claimed about viewers.');
  });

  it('still fits the features and the viewers of this release', async () => {
    const lines = [...simulatedAccounts({ accounts: 8, days: 90, seed: 77 })].flat();
    const log = await interactionLogOf(
      (async function* () {
        yield Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      })(),
    );
    const { queries } = taskOf(log.accounts);
    const scored = queries.map(({ features, count, chosen, recencyRanks }) => {
      const utilities = ranking.utilities(features, count);
      const shares = probabilities(utilities, ranking.temperature);
      return {
        model: measuresOf(utilities, chosen),
        recency: measuresOf(
          Array.from(recencyRanks, (rank) => -rank),
          chosen,
        ),
        promised: Math.max(...shares),
        came: Number(utilities.indexOf(Math.max(...utilities)) === chosen),
      };
    });
    const model = meanMeasures(scored.map((each) => each.model));
    const recency = meanMeasures(scored.map((each) => each.recency));
    // No lift is claimed: features that changed their meaning would cost it tens of points.
    expect(model.hit1).toBeGreaterThan(recency.hit1 - 0.03);
    const mean = (of: 'promised' | 'came') =>
      scored.reduce((sum, each) => sum + each[of], 0) / scored.length;
    expect(Math.abs(mean('promised') - mean('came'))).toBeLessThan(0.1);
  });
});
