import { describeAborting } from './aborting.suite.js';
import { describeAdding } from './adding.suite.js';
import { describeClosing } from './closing.suite.js';
import { describeKeeping } from './keeping.suite.js';
import { describeOrdering } from './ordering.suite.js';
import type { QueueDriverUnderTest } from './queue-driver-under-test.js';
import { describeRunning } from './running.suite.js';

/**
 * The one contract of all drivers, as tests: call it at the top of a spec, where the globals of Jest (or of a runner
 * that has the same) are defined. Uses real time, little of it, and nothing but the ports.
 */
export function describeQueueDriver(underTest: QueueDriverUnderTest): void {
  describe(`QueueDriver contract: ${underTest.name}`, () => {
    describeAdding(underTest);
    describeOrdering(underTest);
    describeRunning(underTest);
    describeAborting(underTest);
    describeKeeping(underTest);
    describeClosing(underTest);

    it(`says that it is ${underTest.durable ? '' : 'not '}durable`, async () => {
      const driver = await underTest.create('durability');
      expect(driver.durable).toBe(underTest.durable);
      await driver.close();
    });
  });
}
