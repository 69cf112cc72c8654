/** What became of one rule; `problem` says what was expected and what came, or why it was not asked. */
export interface Verdict {
  rule: string;
  title: string;
  result: 'pass' | 'fail' | 'skip';
  problem: string | null;
}

/** A verdict for people: one line, and one more for its problem. */
export function lineOf({ rule, title, result, problem }: Verdict): string {
  const line = `${result}  ${rule.padEnd(7)}  ${title.replace(/ \([A-Z]+-\d+\)$/, '')}`;
  return problem === null ? line : `${line}\n      ${problem}`;
}

/** The last line, and the exit code: 0 when no rule was broken. */
export function summaryOf(verdicts: readonly Verdict[]): { line: string; exitCode: number } {
  const count = (result: Verdict['result']) =>
    verdicts.filter((verdict) => verdict.result === result).length;
  const failed = count('fail');
  return {
    line: `rules: ${count('pass')} passed, ${failed} failed, ${count('skip')} skipped`,
    exitCode: failed === 0 ? 0 : 1,
  };
}

/** `fetch failed` says nothing: its cause does. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${String(error.cause)}`;
}
