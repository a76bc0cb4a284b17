/** How long an execution waits between its submit and its start: under a steady load, and in a burst on ten slots. */
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowDispatcher } from '../dist/libs/dispatch/index.js';
import { recordTimes } from './harness/event-times.mjs';
import { quick } from './harness/options.mjs';
import { createOrchestra, workflowOf } from './harness/orchestra.mjs';
import { paced } from './harness/pace.mjs';
import { report } from './harness/report.mjs';
import { keepInFlight } from './harness/rounds.mjs';
import { percentile } from './harness/statistics.mjs';

const SUBMITS_PER_SECOND = 500;
const LIMIT_MS = 5;
const SLOTS = 10;
const STEP_MS = 5;

const plan = quick
  ? { rounds: 1, warmUpMs: 300, steadyMs: 400, burst: 100 }
  : { rounds: 5, warmUpMs: 5_000, steadyMs: 4_000, burst: 1_000 };

const workflow = workflowOf(1);

/** Submits once. @returns its times, when it has completed. */
async function timed(dispatcher, times) {
  const submittedAt = performance.now();
  const handle = await dispatcher.submit(workflow);
  await handle.result();
  return { submittedAt, ...times.of(handle.executionId) };
}

/** Submits at fixed times, whether or not the ones before were answered. */
async function steady(dispatcher, times) {
  const count = (SUBMITS_PER_SECOND * plan.steadyMs) / 1_000;
  const ran = await paced(count, SUBMITS_PER_SECOND, async (dueAt) => ({
    dueAt,
    ...(await timed(dispatcher, times)),
  }));
  return {
    sinceSubmit: ran.map(({ submittedAt, startedAt }) => startedAt - submittedAt),
    sinceDue: ran.map(({ dueAt, startedAt }) => startedAt - dueAt),
  };
}

/** Submits many at once. @returns how long each waited though it was submitted and a slot was free. */
async function burst(dispatcher, times) {
  const ran = await Promise.all(Array.from({ length: plan.burst }, () => timed(dispatcher, times)));
  const endings = ran.map(({ completedAt }) => completedAt).sort((a, b) => a - b);
  const inOrder = ran.toSorted((a, b) => a.startedAt - b.startedAt);
  return inOrder.map(({ submittedAt, startedAt }, n) => {
    // The n-th to start has the slot of the (n - SLOTS)-th to end.
    const freeAt = n < SLOTS ? submittedAt : endings[n - SLOTS];
    return startedAt - Math.max(submittedAt, freeAt);
  });
}

/** @returns what the rounds of `load` gave, on an application of their own that is warm. */
async function rounds(work, load) {
  const app = await createOrchestra({
    work,
    concurrencyPerAgent: SLOTS,
    dispatch: { maxConcurrentWorkflows: SLOTS },
  });
  const dispatcher = app.get(WorkflowDispatcher, { strict: false });
  await keepInFlight(SLOTS * 2, plan.warmUpMs, async () => (await dispatcher.submit(workflow)).result());
  const results = [];
  while (results.length < plan.rounds) {
    const times = recordTimes(app);
    results.push(await load(dispatcher, times));
    times.stop();
  }
  await app.close();
  return results;
}

const percentiles = (what, waits, limits = {}) =>
  [0.5, 0.95, 0.99].map((p) => ({
    what: `${what}, p${p * 100}`,
    unit: 'ms',
    values: waits.map((values) => percentile(values, p)),
    ...limits[p],
  }));

const limits = { 0.95: { atMost: LIMIT_MS } };
const steadyRounds = await rounds(() => null, steady);
const burstRounds = await rounds(() => sleep(STEP_MS, null), burst);
report(
  `From submit to start (${SLOTS} slots)`,
  [
    ...percentiles(
      `${SUBMITS_PER_SECOND}/s, from submit to start`,
      steadyRounds.map(({ sinceSubmit }) => sinceSubmit),
      limits,
    ),
    ...percentiles(
      `${SUBMITS_PER_SECOND}/s, from when the submit was due`,
      steadyRounds.map(({ sinceDue }) => sinceDue),
    ),
    ...percentiles(
      `${plan.burst} at once, steps of ${STEP_MS} ms, from when a slot was free`,
      burstRounds,
      limits,
    ),
  ],
  { quick },
);
