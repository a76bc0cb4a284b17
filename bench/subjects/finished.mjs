import { WorkflowDispatcher } from '../../dist/libs/dispatch/index.js';
import { heapBytes } from '../harness/heap.mjs';
import { createOrchestra, workflowOf } from '../harness/orchestra.mjs';

const IN_FLIGHT = 256;

/** Executions that end, of which the latest are kept. */
export default async function finished({ retention }) {
  const app = await createOrchestra({ dispatch: { retention } });
  const dispatcher = app.get(WorkflowDispatcher, { strict: false });
  let submitted = 0;
  return {
    /** Runs executions until there were so many. @returns the bytes in use then. */
    async heapAfter(total) {
      const loop = async () => {
        while (submitted < total) {
          submitted++;
          await (await dispatcher.submit(workflowOf(1), { input: { n: submitted } })).result();
        }
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, loop));
      return heapBytes();
    },
    close: () => app.close(),
  };
}
