import { createStep, createWorkflow } from '@mastra/core/workflows';
import { z } from 'zod';
import { keepInFlight } from '../harness/rounds.mjs';

/** Runs of a bare workflow of Mastra: no storage, no instance of Mastra around it. */
export default async function mastra({ steps, inFlight }) {
  const schema = z.object({ text: z.string() });
  const shape = { inputSchema: schema, outputSchema: schema };
  let workflow = createWorkflow({ id: 'chain', ...shape });
  for (let i = 0; i < steps; i++) {
    const execute = async ({ inputData }) => inputData;
    workflow = workflow.then(createStep({ id: `s${i}`, ...shape, execute }));
  }
  workflow.commit();
  const once = async () => {
    const run = await workflow.createRunAsync();
    const { status } = await run.start({ inputData: { text: 'hello' } });
    if (status !== 'success') throw new Error(`a run is ${status}`);
  };
  return { round: (ms) => keepInFlight(inFlight, ms, once), close: () => undefined };
}
