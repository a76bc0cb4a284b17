import { WorkflowDispatcher } from '../../dist/libs/dispatch/index.js';
import { createOrchestra, workflowOf } from '../harness/orchestra.mjs';
import { keepInFlight } from '../harness/rounds.mjs';

/** Executions of a workflow of no-op steps, from submit to result. */
export default async function house({ steps, order, inFlight }) {
  const app = await createOrchestra({ work: ({ input }) => input });
  const dispatcher = app.get(WorkflowDispatcher, { strict: false });
  const workflow = workflowOf(steps, order);
  const once = async () => {
    const handle = await dispatcher.submit(workflow, { input: { text: 'hello' } });
    const { status } = await handle.result();
    if (status !== 'completed') throw new Error(`an execution is ${status}`);
  };
  return { round: (ms) => keepInFlight(inFlight, ms, once), close: () => app.close() };
}
