/** Closes a run with one plain line of counts, such as `812 passed, 0 failed`. */
class ClosingLine {
  onRunComplete(_contexts, results) {
    const failed =
      results.numFailedTests +
      results.testResults.filter((file) => file.testExecError !== undefined).length;
    const skipped = results.numPendingTests + results.numTodoTests;
    const tail = skipped > 0 ? `, ${skipped} skipped` : '';
    process.stdout.write(`${results.numPassedTests} passed, ${failed} failed${tail}\n`);
  }
}

// jest loads a reporter by its default export and by nothing else.
export default ClosingLine;
