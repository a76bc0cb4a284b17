import { WorkflowDispatcher } from '../../dist/libs/dispatch/index.js';
import { heapBytes } from '../harness/heap.mjs';
import { createOrchestra, workflowOf } from '../harness/orchestra.mjs';

const WARM_UP = 500;
const AT_ONCE = 100;

/** Executions that wait, because the only slot is taken. */
export default async function queued({ maxQueueDepth, inputBytes }) {
  let gate = null;
  const app = await createOrchestra({
    work: () => gate,
    dispatch: { maxConcurrentWorkflows: 1, maxQueueDepth, defaultTimeoutMs: 3_600_000 },
  });
  const dispatcher = app.get(WorkflowDispatcher, { strict: false });

  // As requests would: each with a document and an input of its own.
  const submit = (n) => {
    const text = String(n).padEnd(inputBytes - JSON.stringify({ text: '' }).length, '.');
    return dispatcher.submit(workflowOf(1), { input: { text } });
  };
  for (let n = 0; n < WARM_UP; n++) await (await submit(n)).result();

  return {
    /** Submits so many. @returns the bytes that each of them takes up. */
    async bytesEach(count) {
      gate = new Promise(() => undefined);
      await submit(0);
      const before = await heapBytes();
      for (let n = 0; n < count; n += AT_ONCE) {
        await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => submit(n + i)));
      }
      const bytes = (await heapBytes()) - before;
      const { waiting } = await dispatcher.status();
      if (waiting !== count) throw new Error(`${waiting} of ${count} executions wait`);
      return bytes / count;
    },
  };
}
