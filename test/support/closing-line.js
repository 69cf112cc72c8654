import { writeSync } from 'node:fs';

const stdout = 1;

/** Closes a run with what was not tested, by name, and one plain line such as `812 passed, 0 failed`. */
class ClosingLine {
  #isWholeRun;

  constructor(globalConfig) {
    // With -t everything else is skipped because somebody asked for that.
    this.#isWholeRun = !globalConfig.testNamePattern;
  }

  onRunComplete(_contexts, results) {
    const lines = [...(this.#isWholeRun ? notTested(results) : []), counts(results)];
    // jest writes a summary of its own after its reporters: this comes after that. And where jest is told
    // to exit it lets nobody write to its streams any more.
    process.once('exit', () => writeSync(stdout, `${lines.join('\n')}\n`));
  }
}

function notTested({ testResults }) {
  const names = new Set();
  for (const { testResults: cases } of testResults) {
    for (const { status, ancestorTitles, title } of cases) {
      if (status === 'pending' || status === 'todo') {
        names.add(`NOT TESTED: ${[...ancestorTitles, title].join(' › ')}`);
      }
    }
  }
  return names;
}

function counts(results) {
  const failed =
    results.numFailedTests +
    results.testResults.filter((file) => file.testExecError !== undefined).length;
  const skipped = results.numPendingTests + results.numTodoTests;
  const tail = skipped > 0 ? `, ${skipped} skipped` : '';
  return `${results.numPassedTests} passed, ${failed} failed${tail}`;
}

// jest loads a reporter by its default export and by nothing else.
export default ClosingLine;
