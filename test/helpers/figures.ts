/** Shows what a test of faults has measured, beside its name in the output of the run. */
export function tell(figures: object): void {
  const { currentTestName = '' } = expect.getState();
  process.stderr.write(`    ${currentTestName}: ${JSON.stringify(figures)}\n`);
}
