/** How many executions a second, submit to result, beside Mastra, LangGraph.js and two bare queues. */
import { profile, quick } from './harness/options.mjs';
import { profileRounds } from './harness/profile.mjs';
import { report } from './harness/report.mjs';
import { interleave, ratios } from './harness/rounds.mjs';
import { closeAll, startSubjects } from './harness/subject.mjs';

/** Submits under way at once; each waits for its result before the next. */
const IN_FLIGHT = 256;
/** As many as the house runs at once by default. */
const CONCURRENCY = 10;

const HOUSE = {
  'one step': ['house', { steps: 1, order: 'chain', inFlight: IN_FLIGHT }],
  'chain of five': ['house', { steps: 5, order: 'chain', inFlight: IN_FLIGHT }],
  'chain of five, outputs by expressions': ['house', { steps: 5, order: 'data', inFlight: IN_FLIGHT }],
};
const PEERS = {
  'Mastra, five steps': ['mastra', { steps: 5, inFlight: IN_FLIGHT }],
  'LangGraph.js, five nodes': ['langgraph', { steps: 5, inFlight: IN_FLIGHT }],
  'fastq, a job': ['fastq', { concurrency: CONCURRENCY, inFlight: IN_FLIGHT }],
  'async.queue, a job': ['async-queue', { concurrency: CONCURRENCY, inFlight: IN_FLIGHT }],
};

const plan = quick
  ? { rounds: 2, warmUpRounds: 1, roundMs: 100 }
  : { rounds: 7, warmUpRounds: 3, roundMs: 1_000 };

async function compare() {
  const subjects = await startSubjects({ ...HOUSE, ...PEERS });
  const results = await interleave(subjects, plan);
  await closeAll(subjects);
  const values = (what, key) => results[what].map((round) => round[key]);
  const limits = { 'one step': { atLeast: 30_000 }, 'chain of five': { atLeast: 10_000 } };
  const over = (what, peer, atLeast) => ({
    what: `${what} / ${peer}`,
    unit: 'x',
    values: ratios(values(what, 'perSecond'), values(peer, 'perSecond')),
    atLeast,
  });
  // What else runs on the machine lengthens the time of a round, and hardly the CPU time of its work.
  const cheaper = (what, peer) => ({
    what: 'the same by CPU time',
    unit: 'x',
    values: ratios(values(peer, 'cpuUs'), values(what, 'cpuUs')),
  });
  const names = Object.keys(results);
  report(
    `Executions a second (${IN_FLIGHT} in flight, ${CONCURRENCY} running at once)`,
    [
      ...names.map((what) => ({ what, unit: '/s', values: values(what, 'perSecond'), ...limits[what] })),
      over('chain of five', 'Mastra, five steps', 1.5),
      cheaper('chain of five', 'Mastra, five steps'),
      over('chain of five', 'LangGraph.js, five nodes', 30),
      cheaper('chain of five', 'LangGraph.js, five nodes'),
      over('one step', 'fastq, a job'),
      over('one step', 'async.queue, a job'),
      ...names.map((what) => ({ what: `${what}: CPU time`, unit: 'µs', values: values(what, 'cpuUs') })),
    ],
    { quick },
  );
}

await (profile ? profileRounds(HOUSE, plan) : compare());
