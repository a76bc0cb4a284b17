/** What instances bring: executions of a step of 20 ms on 1, 2 and 4 of them, over one Redis. */
import { setTimeout as sleep } from 'node:timers/promises';
import { quick } from './harness/options.mjs';
import { hasRedis, startRedis } from './harness/redis.mjs';
import { report } from './harness/report.mjs';
import { startSubject } from './harness/subject.mjs';

const STEP_MS = 20;
const CONCURRENCY = 10;
const INSTANCES = quick ? [1, 2] : [1, 2, 4];
const PER_INSTANCE = quick ? 200 : 2_000;

/** Executions a second that so many instances end, of those that one of them was given. */
async function measure(instances) {
  const redis = await startRedis();
  const options = {
    url: redis.url,
    keyPrefix: 'scaling',
    concurrency: CONCURRENCY,
    steps: 1,
    order: 'chain',
  };
  const subjects = await Promise.all(
    Array.from({ length: instances }, () => startSubject('durable-house', { ...options, stepMs: STEP_MS })),
  );
  const count = PER_INSTANCE * instances;
  const begun = performance.now();
  await subjects[0].call('submit', count);
  for (;;) {
    const finished = await Promise.all(subjects.map((subject) => subject.call('finished')));
    if (finished.reduce((sum, one) => sum + one, 0) >= count) break;
    await sleep(10);
  }
  const perSecond = (count * 1_000) / (performance.now() - begun);
  await Promise.all(subjects.map((subject) => subject.close()));
  await redis.stop();
  return perSecond;
}

if (!hasRedis) {
  console.log('\nSkipped: scaling needs a redis-server to start.');
} else {
  const figures = [];
  for (const instances of INSTANCES) figures.push(await measure(instances));
  const slots = (CONCURRENCY * 1_000) / STEP_MS;
  report(
    `Instances on one Redis, steps of ${STEP_MS} ms, ${CONCURRENCY} executions at once in each (${slots}/s would be its limit)`,
    figures.flatMap((perSecond, at) => [
      { what: `${INSTANCES[at]} instances`, unit: '/s', values: [perSecond] },
      { what: `${INSTANCES[at]} instances / one`, unit: 'x', values: [perSecond / figures[0]] },
    ]),
    { quick },
  );
}
