/** Executions on the bullmq driver beside bare BullMQ, on one Redis in the same run: speed, latency, commands, memory. */
import { setTimeout as sleep } from 'node:timers/promises';
import { profile, quick } from './harness/options.mjs';
import { profileRounds } from './harness/profile.mjs';
import { hasRedis, startRedis } from './harness/redis.mjs';
import { report } from './harness/report.mjs';
import { interleave, ratios } from './harness/rounds.mjs';
import { percentile } from './harness/statistics.mjs';
import { closeAll, startSubject, startSubjects } from './harness/subject.mjs';

const IN_FLIGHT = 256;
const CHILDREN = 5;
const LATENCY_PER_SECOND = 200;

const plan = quick
  ? { rounds: 1, warmUpRounds: 1, roundMs: 200 }
  : { rounds: 5, warmUpRounds: 2, roundMs: 2_000 };
const latencySamples = quick ? 50 : 2_000;
const keptExecutions = quick ? 200 : 5_000;

const house = (url, concurrency, steps = 1, order = 'chain') => [
  'durable-house',
  {
    url,
    keyPrefix: `house-${concurrency}-${steps}-${order}`,
    concurrency,
    steps,
    order,
    inFlight: IN_FLIGHT,
  },
];

/** One contest on a server of its own. */
async function contest(contestants) {
  const redis = await startRedis();
  const subjects = await startSubjects(contestants(redis.url));
  const results = await interleave(subjects, plan);
  await closeAll(subjects);
  await redis.stop();
  return (what, key = 'perSecond') => results[what].map((round) => round[key]);
}

async function throughput(concurrency) {
  const values = await contest((url) => ({
    'BullMQ, a job': ['bullmq', { url, concurrency, inFlight: IN_FLIGHT }],
    'one step': house(url, concurrency),
  }));
  report(
    `Executions a second on Redis (${IN_FLIGHT} in flight, ${concurrency} running at once)`,
    [
      { what: 'BullMQ, a job', unit: '/s', values: values('BullMQ, a job') },
      { what: 'one step', unit: '/s', values: values('one step') },
      {
        what: 'one step / BullMQ, a job',
        unit: 'x',
        values: ratios(values('one step'), values('BullMQ, a job')),
        ...(concurrency === 1 ? {} : { atLeast: 0.4 }),
      },
      { what: 'BullMQ, a job: CPU time', unit: 'µs', values: values('BullMQ, a job', 'cpuUs') },
      { what: 'one step: CPU time', unit: 'µs', values: values('one step', 'cpuUs') },
    ],
    { quick },
  );
}

async function flows() {
  const options = { concurrency: 10, children: CHILDREN, inFlight: IN_FLIGHT };
  const values = await contest((url) => ({
    flow: ['bullmq-flow', { url, ...options }],
    free: house(url, 10, CHILDREN, 'free'),
    chain: house(url, 10, CHILDREN, 'chain'),
  }));
  const over = (what) => ratios(values(what), values('flow'));
  report(
    'Five steps beside a flow of BullMQ with a parent and five children (10 at once)',
    [
      { what: 'a flow', unit: '/s', values: values('flow') },
      { what: 'five steps at once', unit: '/s', values: values('free') },
      { what: 'five steps, a chain', unit: '/s', values: values('chain') },
      { what: 'five steps at once / a flow', unit: 'x', values: over('free'), atLeast: 2 },
      { what: 'five steps, a chain / a flow', unit: 'x', values: over('chain'), atLeast: 2 },
    ],
    { quick },
  );
}

/** From submit, or add, to start: at fixed times, whether or not those before were answered. */
async function latency() {
  const redis = await startRedis();
  const subjects = await startSubjects({
    raw: ['bullmq', { url: redis.url, concurrency: 10, inFlight: IN_FLIGHT }],
    ours: house(redis.url, 10),
  });
  const waits = { raw: [], ours: [] };
  for (let round = -plan.warmUpRounds; round < plan.rounds; round++) {
    for (const name of ['raw', 'ours']) {
      const ofRound = await subjects[name].call('waits', latencySamples / plan.rounds, LATENCY_PER_SECOND);
      if (round >= 0) waits[name].push(ofRound);
    }
  }
  await closeAll(subjects);
  await redis.stop();
  const at = (name, p) => waits[name].map((values) => percentile(values, p));
  report(
    `From submit to start at ${LATENCY_PER_SECOND}/s`,
    [
      { what: 'BullMQ, add to start, p50', unit: 'ms', values: at('raw', 0.5) },
      { what: 'BullMQ, add to start, p95', unit: 'ms', values: at('raw', 0.95) },
      { what: 'submit to start, p50', unit: 'ms', values: at('ours', 0.5) },
      { what: 'submit to start, p95', unit: 'ms', values: at('ours', 0.95) },
      { what: 'p95 / p95', unit: 'x', values: ratios(at('ours', 0.95), at('raw', 0.95)), atMost: 1.5 },
    ],
    { quick },
  );
}

/** What one execution costs the server. */
async function costs() {
  const redis = await startRedis();
  const subject = await startSubject(...house(redis.url, 10));
  await subject.call('submit', 500);
  await sleep(500);
  const [finished, commands, bytes] = [
    await subject.call('finished'),
    await subject.call('commands'),
    await redis.usedBytes(),
  ];
  await subject.call('submit', keptExecutions);
  while ((await subject.call('finished')) < finished + keptExecutions) await sleep(20);
  const later = await subject.call('commands');
  const sent = Object.entries(later).map(([name, count]) => [
    name,
    (count - (commands[name] ?? 0)) / keptExecutions,
  ]);
  const usedBytes = await redis.usedBytes();
  await subject.close();
  await redis.stop();
  report(
    'What one execution of one step costs Redis',
    [
      { what: 'commands in all', unit: '', values: [sent.reduce((sum, [, count]) => sum + count, 0)] },
      ...sent
        .filter(([, count]) => count >= 0.05)
        .map(([name, count]) => ({ what: `of them ${name}`, unit: '', values: [count] })),
      { what: 'kept of one that has finished', unit: 'B', values: [(usedBytes - bytes) / keptExecutions] },
    ],
    { quick },
  );
}

if (!hasRedis) {
  console.log('\nSkipped: durable needs a redis-server to start.');
} else if (profile) {
  const redis = await startRedis();
  await profileRounds({ 'one step, 10 at once': house(redis.url, 10) }, plan);
  await redis.stop();
} else {
  for (const concurrency of quick ? [10] : [1, 10, 100]) await throughput(concurrency);
  await flows();
  await latency();
  await costs();
}
