import { messageOf, type Verdict } from './report.ts';
import { subgraphRules } from './subgraph-rules.ts';
import {
  type SubgraphAddress,
  type SubgraphCase,
  SubgraphUnderTest,
} from './subgraph-under-test.ts';

/**
 * Puts a subgraph through everything that a gateway relies on; verdicts come in the order of the rules.
 *
 * Errors: throws when it does not say what it is, so that nothing can be asked; whatever else goes wrong is
 * a verdict.
 * Cost: a handful of requests for each @key; runs mutations only if they are tagged as idempotent.
 */
export async function checkSubgraph(
  address: SubgraphAddress,
  onVerdict: (verdict: Verdict) => void = () => {},
): Promise<Verdict[]> {
  const subgraph = await SubgraphUnderTest.open(address);
  const verdicts: Verdict[] = [];
  for (const rule of subgraphRules) {
    const verdict = await verdictOf(rule, subgraph);
    verdicts.push(verdict);
    onVerdict(verdict);
  }
  return verdicts;
}

async function verdictOf(
  { rule, title, skip, run }: SubgraphCase,
  subgraph: SubgraphUnderTest,
): Promise<Verdict> {
  const reason = skip?.(subgraph);
  if (reason !== undefined) return { rule, title, result: 'skip', problem: reason };
  try {
    await run(subgraph);
    return { rule, title, result: 'pass', problem: null };
  } catch (error) {
    return { rule, title, result: 'fail', problem: messageOf(error) };
  }
}
