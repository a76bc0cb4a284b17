import { describeCommits } from './commits.conformance.js';
import { describeFences } from './fences.conformance.js';
import { describeIndexes } from './indexes.conformance.js';
import { describeLifecycle } from './lifecycle.conformance.js';
import { describeLists } from './lists.conformance.js';
import { describeLogs } from './logs.conformance.js';
import { describeNamesAndValues } from './names-and-values.conformance.js';
import { useStore, type StateStoreUnderTest, type StoreContext } from './store-under-test.js';

/** The contract of `StateStore`: a driver is one when all of this passes, unchanged. Runs under Jest. */
export function describeStateStore(underTest: StateStoreUnderTest): void {
  const themes: [string, (context: StoreContext) => void][] = [
    ['commits', describeCommits],
    ['fences', describeFences],
    ['indexes', describeIndexes],
    ['logs', describeLogs],
    ['lists', describeLists],
    ['names and values', describeNamesAndValues],
    ['lifecycle', describeLifecycle],
  ];
  describe(`StateStore contract: ${underTest.name}`, () => {
    for (const [name, describeTheme] of themes) describe(name, () => describeTheme(useStore(underTest)));
  });
}
