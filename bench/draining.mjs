/** How close the house comes to the time that the work itself takes: many executions on ten slots, and steps side by side. */
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowDispatcher } from '../dist/libs/dispatch/index.js';
import { quick } from './harness/options.mjs';
import { createOrchestra, workflowOf } from './harness/orchestra.mjs';
import { report } from './harness/report.mjs';
import { keepInFlight } from './harness/rounds.mjs';

const SLOTS = 10;
const WORK_MS = 50;
const STEPS = 5;

const plan = quick
  ? { rounds: 1, warmUpMs: 300, executions: 40 }
  : { rounds: 7, warmUpMs: 3_000, executions: 200 };

const app = await createOrchestra({
  work: ({ input }) => (input.ms > 0 ? sleep(input.ms, null) : null),
  concurrencyPerAgent: SLOTS * STEPS,
  dispatch: { maxConcurrentWorkflows: SLOTS },
});
const dispatcher = app.get(WorkflowDispatcher, { strict: false });

/** Runs `count` executions submitted at once. @returns how many times as long as `idealMs` that took. */
async function timesIdeal(count, workflow, idealMs) {
  const begun = performance.now();
  const run = async () => (await dispatcher.submit(workflow, { input: { ms: WORK_MS } })).result();
  const executions = await Promise.all(Array.from({ length: count }, run));
  if (executions.some(({ status }) => status !== 'completed'))
    throw new Error('an execution did not complete');
  return (performance.now() - begun) / idealMs;
}

const one = workflowOf(1, 'free');
const free = workflowOf(STEPS, 'free');
await keepInFlight(SLOTS, plan.warmUpMs, async () =>
  (await dispatcher.submit(one, { input: { ms: 0 } })).result(),
);

const drained = [];
const sideBySide = [];
for (let round = 0; round < plan.rounds; round++) {
  drained.push(await timesIdeal(plan.executions, one, (plan.executions / SLOTS) * WORK_MS));
  sideBySide.push(await timesIdeal(1, free, WORK_MS));
}
await app.close();

report(
  `Times the ideal (${WORK_MS} ms of work)`,
  [
    { what: `${plan.executions} executions on ${SLOTS} slots`, unit: 'x', values: drained, atMost: 1.1 },
    { what: `${STEPS} independent steps of one execution`, unit: 'x', values: sideBySide, atMost: 1.3 },
  ],
  { quick },
);
