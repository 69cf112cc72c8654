import { acknowledgementRules } from './acknowledgement-rules.ts';
import { handOverRules } from './hand-over-rules.ts';
import { heartbeatRules } from './heartbeat-rules.ts';
import { liveRules } from './live-rules.ts';
import { messageOf, type Verdict } from './report.ts';
import { resumeRules } from './resume-rules.ts';
import { type RuleCase, ruleOf } from './rule-case.ts';
import { type ServerAddress, ServerUnderTest } from './server-under-test.ts';
import { sessionRules } from './session-rules.ts';
import { takeBackRules } from './take-back-rules.ts';

/** Every rule that a server alone can be seen to keep. */
export const ruleCases: readonly RuleCase[] = [
  ...sessionRules,
  ...heartbeatRules,
  ...acknowledgementRules,
  ...resumeRules,
  ...liveRules,
  ...handOverRules,
  ...takeBackRules,
];

/** Cases under way at once: they share nothing but the profile, whose live sessions a server may cap. */
const casesAtOnce = 4;

/**
 * Drives a server with every case, each with titles of its own; verdicts come in the order of cases.
 *
 * Errors: none; whatever goes wrong is the verdict of its case.
 * Cost: a few hundred requests; leaves some 60 titles in the history of the profile.
 */
export async function checkServer(
  address: ServerAddress,
  onVerdict: (verdict: Verdict) => void = () => {},
): Promise<Verdict[]> {
  const server = new ServerUnderTest(address);
  const verdicts: Verdict[] = [];
  for (let from = 0; from < ruleCases.length; from += casesAtOnce) {
    const together = ruleCases.slice(from, from + casesAtOnce);
    const come = await Promise.all(together.map((rule) => verdictOf(rule, server)));
    verdicts.push(...come);
    come.forEach(onVerdict);
  }
  return verdicts;
}

async function verdictOf(rule: RuleCase, server: ServerUnderTest): Promise<Verdict> {
  const about = { rule: ruleOf(rule), title: rule.title };
  if (rule.needsOtherProfile && server.address.otherToken === undefined) {
    return { ...about, result: 'skip', problem: 'needs --other-token' };
  }
  try {
    await rule.run(server);
    return { ...about, result: 'pass', problem: null };
  } catch (error) {
    return { ...about, result: 'fail', problem: messageOf(error) };
  }
}
