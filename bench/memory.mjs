/** What executions that wait take up, whether executions that ended leave anything behind, and what an idle house does. */
import { quick } from './harness/options.mjs';
import { report } from './harness/report.mjs';
import { slope } from './harness/statistics.mjs';
import { closeAll, startSubject, startSubjects } from './harness/subject.mjs';

const INPUT_BYTES = 200;
const SAMPLES = 10;
/** Below the one reference of 8 bytes that the smallest leak would keep of each execution. */
const FLAT_BYTES = 4;

const plan = quick
  ? { queued: 1_000, finished: 3_000, retention: { maxCount: 500 }, windows: 1, idleMs: 300 }
  : { queued: 100_000, finished: 1_000_000, retention: {}, windows: 5, idleMs: 2_000 };

async function queuedRow() {
  const subject = await startSubject('queued', { maxQueueDepth: plan.queued * 2, inputBytes: INPUT_BYTES });
  const bytes = await subject.call('bytesEach', plan.queued);
  await subject.kill();
  return {
    what: `one of ${plan.queued.toLocaleString('en-US')} that wait, ${INPUT_BYTES} B of input`,
    unit: 'B',
    values: [bytes],
    atMost: 2_048,
  };
}

async function finishedRows() {
  const subject = await startSubject('finished', { retention: plan.retention });
  const totals = Array.from({ length: SAMPLES }, (_, i) => (plan.finished / SAMPLES) * (i + 1));
  const heaps = [];
  for (const total of totals) heaps.push(await subject.call('heapAfter', total));
  await subject.close();
  const count = plan.finished.toLocaleString('en-US');
  return [
    {
      what: `growth with each of ${count} that end`,
      unit: 'B',
      values: [slope(totals, heaps)],
      atMost: FLAT_BYTES,
    },
    {
      what: 'heap after each tenth of them',
      unit: 'MiB',
      values: heaps.map((bytes) => bytes / 1_048_576),
    },
  ];
}

/**
 * Beside an empty application, at the same time. What V8 does in the background wakes either now and then, in one window or
 * another; what the house would set itself wakes it in most.
 */
async function idleRows() {
  const apps = await startSubjects({ house: ['idle', { house: true }], empty: ['idle', { house: false }] });
  const windows = [];
  while (windows.length < plan.windows) {
    windows.push(
      await Promise.all([apps.house.call('watch', plan.idleMs), apps.empty.call('watch', plan.idleMs)]),
    );
  }
  await closeAll(apps);
  const beside = (key) => windows.map(([house, empty]) => house[key] - empty[key]);
  return [
    { what: 'timers set while idle, more than an empty app', unit: '', values: beside('timers'), atMost: 0 },
    {
      what: `turns of the event loop in ${plan.idleMs} ms, more than an empty app`,
      unit: '',
      values: beside('turns'),
      atMost: 0,
    },
  ];
}

report('Memory, and doing nothing', [await queuedRow(), ...(await finishedRows()), ...(await idleRows())], {
  quick,
});
